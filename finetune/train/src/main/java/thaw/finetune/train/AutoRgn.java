package thaw.finetune.train;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.RelativeGradientNorm;
import thaw.finetune.data.Batch;
import thaw.finetune.data.Batches;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.LearningRates.Rule;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/**
 * Sets each parameter's share of the learning rate at the start of an epoch (Lee et al. 2023, Auto-RGN): its
 * {@linkplain RelativeGradientNorm relative gradient norm} w over the epoch's first batches, divided by the largest. The
 * parameters of batch norm, which the norms leave out, have the mean of their group. By layer group, w is that mean for all.
 *
 * <p>{@link Rule#AUTO} divides by the mean w of the tensors outside the last group instead, and limits a share to
 * {@value #MOST}: the pretrained tensors then have the rate on average, whatever their number, and a rate that suits one rule
 * suits the other. The last group, a new head with the gradients of its random weights, has the share 1.
 */
final class AutoRgn {

    static final int BATCHES = 5;
    static final double MOST = 2;

    private final Network net;
    private final List<LayerGroup> groups;
    private final Optimizer optimizer;
    private final Rule rule;

    AutoRgn(Network net, List<LayerGroup> groups, Optimizer optimizer, LearningRates rates) {
        this.net = net;
        this.groups = groups;
        this.optimizer = optimizer;
        this.rule = rates.rule();
    }

    /**
     * Computes gradients of the first batches without an update, then sets the shares. Statistics of batch norm and the
     * random numbers of dropout are as without it. Gradients that are not finite change no share: the loss of the next
     * step reports them.
     *
     * @param backward computes the gradients of a batch in place of all earlier ones
     * @return the mean share of each trainable group in words, from the group of index {@code first}
     */
    String choose(Batches batches, Consumer<Batch> backward, int first) {
        Map<String, StoredTensor> before = net.stateDict();
        long random = net.device().generator().state();
        RelativeGradientNorm rgn = new RelativeGradientNorm();
        for (int i = 0; i < BATCHES && batches.hasNext(); i++) {
            backward.accept(batches.next());
            groups.forEach(group -> rgn.add(outsideBatchNorm(group)));
        }
        net.restore(before);
        net.device().generator().seed(random);
        double unit = unit(rgn);
        if (unit > 0 && Double.isFinite(unit)) {
            groups.forEach(group -> set(group, rgn, unit));
        }
        return IntStream.range(first, groups.size()).mapToObj(i -> String.format(Locale.ROOT, "%s %.2g", groups.get(i).name(),
                optimizer.meanStepSize(i) / optimizer.groups().get(i).lr())).collect(Collectors.joining(", "));
    }

    /** The norm of a parameter with the share 1. */
    private double unit(RelativeGradientNorm rgn) {
        return switch (rule) {
            case AUTO ->
                rgn.mean(groups.subList(0, groups.size() - 1).stream().flatMap(group -> outsideBatchNorm(group).stream()).toList());
            case AUTO_RGN_GROUPS -> groups.stream().mapToDouble(group -> rgn.mean(outsideBatchNorm(group))).max().orElse(0);
            default -> groups.stream().flatMap(group -> outsideBatchNorm(group).stream()).mapToDouble(rgn::of).max().orElse(0);
        };
    }

    private void set(LayerGroup group, RelativeGradientNorm rgn, double unit) {
        List<Tensor> weights = outsideBatchNorm(group);
        boolean head = rule == Rule.AUTO && group == groups.get(groups.size() - 1);
        if (head || weights.stream().allMatch(p -> p.grad() == null)) {
            return; // a head with share 1, or a frozen group, of which batch norm alone may be trained
        }
        double mean = rgn.mean(weights) / unit;
        for (Tensor p : group.parameters()) {
            boolean own = rule != Rule.AUTO_RGN_GROUPS && weights.stream().anyMatch(w -> w == p);
            if (p.grad() != null) {
                optimizer.lrScale(p, Math.min(MOST, own ? rgn.of(p) / unit : mean));
            }
        }
    }

    private static List<Tensor> outsideBatchNorm(LayerGroup group) {
        Set<Tensor> norm = Collections.newSetFromMap(new IdentityHashMap<>());
        norm.addAll(group.batchNormParameters());
        return group.parameters().stream().filter(p -> !norm.contains(p)).toList();
    }
}
