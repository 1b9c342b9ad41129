package thaw.finetune.train;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
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
 * <p>{@link Rule#AUTO} needs no rate for the tensors outside the last group, whose mean w is w̄:
 *
 * <pre>
 * rate = STEP · ρ² / w̄ · min(MOST, w/w̄),      ρ = min(1, loss/loss of a guess)
 * </pre>
 *
 * Without momentum a step changes a tensor of mean w by STEP·ρ² of its norm: the less the features explain the new labels, the
 * further they are to move, and large gradients, such as those through a head that has been trained before, make no larger
 * steps. The last group, the head, has the share 1.
 */
final class AutoRgn {

    static final int BATCHES = 5;
    static final double MOST = 2;
    /** Chosen with the exponent of ρ on training images of corrupted, relabelled and synthetic images and of photographs of pets. */
    static final double STEP = 8e-3;

    private final Learner learn;
    private final List<LayerGroup> groups;
    private final Optimizer optimizer;
    private final LearningRates rates;

    AutoRgn(Learner learn, LearningRates rates, Optimizer optimizer) {
        this.learn = learn;
        this.groups = learn.groups();
        this.rates = rates;
        this.optimizer = optimizer;
    }

    /**
     * Computes gradients of the first batches without an update, sets the shares, and tells listeners the means of the trainable
     * groups. Statistics of batch norm and the random numbers of dropout are as without it. Gradients that are not finite change
     * no share: the loss of the next step reports them.
     *
     * @param number   of the epoch, for listeners
     * @param backward computes the gradients of a batch in place of all earlier ones, and its loss
     */
    void choose(Batches epoch, int number, ToDoubleFunction<Batch> backward) {
        Network net = learn.net();
        Map<String, StoredTensor> before = net.stateDict();
        long random = net.device().generator().state();
        RelativeGradientNorm rgn = new RelativeGradientNorm();
        double loss = 0;
        int seen = 0;
        for (; seen < BATCHES && epoch.hasNext(); seen++) {
            loss += backward.applyAsDouble(epoch.next());
            rgn.add(outsideBatchNorm(groups));
        }
        net.restore(before);
        net.device().generator().seed(random);
        double unit = unit(rgn);
        double ofUnit = rates.rule() == Rule.AUTO ? STEP * Math.pow(uncertainty(loss / seen), 2) / (LearningRates.AUTO_RATE * unit) : 1;
        if (unit > 0 && Double.isFinite(unit) && Double.isFinite(ofUnit)) {
            groups.forEach(group -> set(group, rgn, unit, ofUnit));
        }
        String chosen = IntStream.range(learn.freezing.first(), groups.size()).mapToObj(i -> String.format(Locale.ROOT, "%s %.2g",
                groups.get(i).name(), optimizer.meanStepSize(i) / optimizer.groups().get(i).lr())).collect(Collectors.joining(", "));
        learn.tell(listener -> listener.onNote(rates + ", epoch " + number + ": mean shares of the rate: " + chosen));
    }

    /** ρ: a loss relative to that of equal probabilities, 1 at most. */
    private double uncertainty(double loss) {
        return Math.min(1, loss / Math.log(learn.data().labels().multiLabel() ? 2 : learn.net().classes()));
    }

    /** The norm of a parameter with the share 1. */
    private double unit(RelativeGradientNorm rgn) {
        return switch (rates.rule()) {
            case AUTO ->
                rgn.mean(outsideBatchNorm(groups.subList(0, groups.size() - 1)));
            case AUTO_RGN_GROUPS -> groups.stream().mapToDouble(group -> rgn.mean(outsideBatchNorm(List.of(group)))).max().orElse(0);
            default -> outsideBatchNorm(groups).stream().mapToDouble(rgn::of).max().orElse(0);
        };
    }

    /** @param ofUnit the share of a parameter with the norm {@code unit} */
    private void set(LayerGroup group, RelativeGradientNorm rgn, double unit, double ofUnit) {
        List<Tensor> weights = outsideBatchNorm(List.of(group));
        boolean head = rates.rule() == Rule.AUTO && group == groups.get(groups.size() - 1);
        if (head || weights.stream().allMatch(p -> p.grad() == null)) {
            return; // a head with share 1, or a frozen group, of which batch norm alone may be trained
        }
        double mean = rgn.mean(weights) / unit;
        for (Tensor p : group.parameters()) {
            boolean own = rates.rule() != Rule.AUTO_RGN_GROUPS && weights.stream().anyMatch(w -> w == p);
            if (p.grad() != null) {
                optimizer.lrScale(p, ofUnit * Math.min(MOST, own ? rgn.of(p) / unit : mean));
            }
        }
    }

    private static List<Tensor> outsideBatchNorm(List<LayerGroup> of) {
        Set<Tensor> norm = Collections.newSetFromMap(new IdentityHashMap<>());
        of.forEach(group -> norm.addAll(group.batchNormParameters()));
        return of.stream().flatMap(group -> group.parameters().stream()).filter(p -> !norm.contains(p)).toList();
    }
}
