package thaw.finetune.train;

import java.util.List;
import java.util.Locale;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/** Formats {@link Learner#summary}. */
final class LearnerSummary {

    private LearnerSummary() {
    }

    static String of(Network net, Freezing freezing, FitSettings settings) {
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
        return text.append(String.format(Locale.ROOT, "%n%s, momentum %s, weight decay %s%s",
                settings.optimizer() == OptimizerKind.SGD ? "SGD" : "AdamW", settings.momentum(), settings.weightDecay(),
                settings.decayBiasAndNorm() ? "" : " except for biases and norms")).toString();
    }
}
