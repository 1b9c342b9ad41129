package thaw.finetune.train;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.ParamGroup;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.TrainingPhase;
import thaw.resnet.Granularity;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/** The split of a network's layer groups into the first ones, which are frozen, and the last ones, which are trained. */
final class FrozenGroups {

    private final Network net;
    private Granularity granularity = Granularity.COARSE;
    private int n;
    /** The names of the groups that are trained among those from n on; empty for all. */
    private List<String> only = List.of();
    /** The rates of the running phase; empty outside of one. */
    private List<Double> rates = List.of();

    FrozenGroups(Network net) {
        this.net = net;
    }

    Granularity granularity() {
        return granularity;
    }

    void granularity(Granularity granularity) {
        this.granularity = granularity;
    }

    List<LayerGroup> groups() {
        return net.groups(granularity);
    }

    List<String> names() {
        return groups().stream().map(LayerGroup::name).toList();
    }

    /** Makes the groups of Python's slice {@code groups[n:]} trainable, and freezes the others. */
    void to(int n, FrozenBatchNorm batchNorm) {
        this.n = n;
        only = List.of();
        rates = List.of();
        requireGradients(batchNorm);
    }

    /** Makes the groups of these names trainable, and freezes the others. */
    void only(List<String> trained, FrozenBatchNorm batchNorm) {
        LearningRates.of(1).only(trained).forGroups(names());
        n = IntStream.range(0, names().size()).filter(i -> trained.contains(names().get(i))).findFirst().orElse(0);
        only = trained;
        requireGradients(batchNorm);
    }

    /** The names given to {@link #only(List, FrozenBatchNorm)}; empty for all groups from {@link #first} on. */
    List<String> only() {
        return only;
    }

    /** Like {@link #to(int, FrozenBatchNorm)}; groups whose rate is 0 are frozen too, until {@link #endPhase}. */
    void to(int n, LearningRates of, FrozenBatchNorm batchNorm) {
        this.n = n;
        only = of.only();
        rates = of.forGroups(names());
        requireGradients(batchNorm);
    }

    /** Makes groups trainable again that were frozen by a rate of 0. */
    void endPhase(FrozenBatchNorm batchNorm) {
        rates = List.of();
        requireGradients(batchNorm);
    }

    /** Unfreezes one more group, if the phase is gradual. */
    void thaw(TrainingPhase phase, FrozenBatchNorm batchNorm) {
        if (phase.gradual() && first() > 0) {
            to(first() - 1, phase.rates(), batchNorm);
        }
    }

    private boolean hasRateZero(int group) {
        return group < rates.size() && rates.get(group) == 0;
    }

    boolean isTrainable(int group) {
        return group >= first() && (only.isEmpty() || only.contains(names().get(group)));
    }

    /** The index of the first trainable group; the number of groups if all are frozen. */
    int first() {
        int count = groups().size();
        return n < 0 ? Math.max(0, count + n) : Math.min(n, count);
    }

    void requireGradients(FrozenBatchNorm batchNorm) {
        List<LayerGroup> groups = groups();
        for (int i = 0; i < groups.size(); i++) {
            LayerGroup group = groups.get(i);
            group.requiresGrad(isTrainable(i) && !hasRateZero(i));
            if (batchNorm == FrozenBatchNorm.TRAIN && !hasRateZero(i)) {
                group.batchNormParameters().forEach(p -> p.requiresGrad(true));
            }
        }
    }

    /** Puts the network into training mode; with {@link FrozenBatchNorm#EVAL}, frozen groups into evaluation mode. */
    void trainingModes(FrozenBatchNorm batchNorm) {
        net.train();
        List<LayerGroup> groups = groups();
        for (int i = 0; i < groups.size(); i++) {
            if (!isTrainable(i) || hasRateZero(i)) {
                groups.get(i).train(batchNorm != FrozenBatchNorm.EVAL);
            }
        }
    }

    /** @throws IllegalArgumentException if all groups are frozen */
    void requireTrainable() {
        if (first() == groups().size() || IntStream.range(first(), groups().size()).allMatch(this::hasRateZero)) {
            throw new IllegalArgumentException("all layer groups are frozen: " + names()
                    + (first() == groups().size() ? "" : ", because their rates are 0")
                    + "; call unfreeze(), or freezeTo(-1) to train the head");
        }
    }

    /** The text of {@link Learner#summary}. */
    String summary(FitSettings settings) {
        StringBuilder text = new StringBuilder();
        List<LayerGroup> groups = groups();
        long trained = 0;
        for (int i = 0; i < groups.size(); i++) {
            boolean trainable = isTrainable(i);
            trained += trainable ? groups.get(i).parameterCount() : 0;
            text.append(String.format(Locale.ROOT, "%-10s %,12d parameters  %s%n", groups.get(i).name(),
                    groups.get(i).parameterCount(), trainable ? "trained" : "frozen"));
        }
        text.append(String.format(Locale.ROOT, "%,d of %,d parameters are trained", trained, net.parameterCount()));
        if (first() > 0 || !only.isEmpty()) {
            text.append(String.format(Locale.ROOT, "%nbatch norm of frozen groups %s (%s)",
                    settings.frozenBatchNorm().description(), settings.frozenBatchNorm().label()));
        }
        try (Optimizer optimizer = TrainingLoop.optimizer(settings.optimizer(), groups, Collections.nCopies(groups.size(), 0.0))) {
            text.append(System.lineSeparator()).append(optimizer.name());
            optimizer.groups().get(0).options()
                    .forEach((option, value) -> text.append(option.equals(ParamGroup.LR) ? "" : ", " + option + " " + value));
        }
        return text.toString();
    }
}
