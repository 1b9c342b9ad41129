package thaw.finetune.train;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.ParamGroup;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/** Formats {@link Learner#summary}. */
final class LearnerSummary {

    private LearnerSummary() {
    }

    static String of(Network net, FrozenGroups freezing, FitSettings settings) {
        StringBuilder text = new StringBuilder();
        List<LayerGroup> groups = freezing.groups();
        long trained = 0;
        for (int i = 0; i < groups.size(); i++) {
            boolean trainable = i >= freezing.first();
            trained += trainable ? groups.get(i).parameterCount() : 0;
            text.append(String.format(Locale.ROOT, "%-10s %,12d parameters  %s%n", groups.get(i).name(),
                    groups.get(i).parameterCount(), trainable ? "trained" : "frozen"));
        }
        text.append(String.format(Locale.ROOT, "%,d of %,d parameters are trained", trained, net.parameterCount()));
        if (freezing.first() > 0) {
            text.append(String.format(Locale.ROOT, "%nbatch norm of frozen groups %s (%s)",
                    settings.frozenBatchNorm().description(), settings.frozenBatchNorm().label()));
        }
        try (Optimizer optimizer = settings.optimizer(groups, Collections.nCopies(groups.size(), 0.0))) {
            text.append(System.lineSeparator()).append(optimizer.name());
            optimizer.groups().get(0).options().forEach((option, value) ->
                    text.append(option.equals(ParamGroup.LR) ? "" : ", " + option + " " + value));
        }
        return text.toString();
    }
}
