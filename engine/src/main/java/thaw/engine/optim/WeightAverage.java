package thaw.engine.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.engine.nn.Module;

/**
 * A moving average of a module's weights (Polyak and Juditsky 1992): after each step
 * {@code average ← decay·average + (1 − decay)·weight}, for all parameters and buffers, including batch norm's statistics,
 * like timm's {@code ModelEma} and torchvision's. Not thread-safe.
 */
public final class WeightAverage implements AutoCloseable {

    private static final String UPDATES = "updates";

    private final Share decay;
    private final List<Entry> entries = new ArrayList<>();
    private long updates;
    private boolean swapped;

    /** The factor of the old average in each update. */
    @FunctionalInterface
    public interface Share {
        /** @param step from 1 */
        double at(long step);
    }

    /**
     * A constant factor, for an exponential moving average. The average is initialised with the weights, which would dominate a
     * short training; with timm's warm-up, step t = 1, 2, … therefore uses {@code min(decay, 1 − t^(−2/3))}, and the first
     * step copies the weights.
     *
     * @param decay  at least 0 and below 1; timm's is 0.9998, for about 5000 steps; a short fine-tuning needs about 0.99
     * @param warmup whether the first steps use a lower decay
     */
    public record Decay(double decay, boolean warmup) implements Share {

        private static final double WARMUP_POWER = 2.0 / 3;

        /** @throws IllegalArgumentException if {@code decay} is out of range */
        public Decay {
            if (!(decay >= 0 && decay < 1)) {
                throw new IllegalArgumentException("weight average: decay must be at least 0 and below 1, such as 0.99, got "
                        + decay);
            }
        }

        @Override
        public double at(long step) {
            return warmup ? Math.min(decay, 1 - Math.pow(step, -WARMUP_POWER)) : decay;
        }
    }

    /**
     * Polynomial decay (Shamir and Zhang 2013, section 4): {@code 1 − (gamma + 1)/(gamma + t)} at step t. The first step copies
     * the weights; after many, the average covers about the last {@code 1/(gamma + 1)} of all steps, however many there are.
     *
     * @param gamma at least 0; 0 gives the mean of all steps, 8 is usual (Ivgi et al. 2023)
     */
    public record PolynomialDecay(double gamma) implements Share {

        /** @throws IllegalArgumentException if {@code gamma} is below 0 */
        public PolynomialDecay {
            if (!(gamma >= 0 && Double.isFinite(gamma))) {
                throw new IllegalArgumentException("weight average: gamma must be at least 0, such as 8, got " + gamma);
            }
        }

        @Override
        public double at(long step) {
            return 1 - (gamma + 1) / (gamma + step);
        }
    }

    /** A tensor of the module and its average. */
    private record Entry(String name, Tensor weight, Tensor average) {
    }

    /** A swap of the module's weights for their average; closing it restores the weights. */
    public interface Swap extends AutoCloseable {
        @Override
        void close();
    }

    /** An average of the module's weights from now on. */
    public WeightAverage(Module module, Share decay) {
        this.decay = decay;
        Map<String, Tensor> tensors = new LinkedHashMap<>(module.namedParameters());
        tensors.putAll(module.namedBuffers());
        tensors.forEach((name, t) -> entries.add(new Entry(name, t, copy(t))));
    }

    private static Tensor copy(Tensor t) {
        return t.device().wrap(t.device().backend().copy(t.array())).unscoped();
    }

    /** Adds the present weights to the average. */
    public void update() {
        requireOwnWeights("update");
        double share = 1 - decay.at(updates + 1);
        entries.forEach(e -> e.weight.device().backend().lerp(e.average.array(), e.weight.array(), share));
        updates++;
    }

    /** The number of updates. */
    public long updates() {
        return updates;
    }

    /** Replaces the module's weights by the average until the result is closed; for evaluation, without training meanwhile. */
    public Swap swap() {
        requireOwnWeights("swap");
        exchange();
        swapped = true;
        return () -> {
            if (swapped) {
                exchange();
                swapped = false;
            }
        };
    }

    private void exchange() {
        for (Entry e : entries) {
            try (Tensor weight = copy(e.weight)) {
                e.weight.copyFrom(e.average);
                e.average.copyFrom(weight);
            }
        }
    }

    /** Copies the average to the module's weights permanently. */
    public void copyToModule() {
        requireOwnWeights("copyToModule");
        entries.forEach(e -> e.weight.copyFrom(e.average));
    }

    private void requireOwnWeights(String what) {
        if (swapped) {
            throw new IllegalStateException("weight average: " + what + " while the module is swapped for its average;"
                    + " close the swap first");
        }
    }

    /** The average under the module's names, and the number of updates. */
    public Weights stateDict() {
        requireOwnWeights("stateDict");
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        entries.forEach(e -> tensors.put(e.name, StoredTensor.of(e.weight.shape(), e.average.toFloats())));
        return Weights.of(tensors, Map.of(UPDATES, String.valueOf(updates)));
    }

    /**
     * Restores the state of {@link #stateDict()}; if it does not match, nothing is changed.
     *
     * @throws IllegalArgumentException if a tensor is missing or of another shape, or it is not a weight average's
     *     state
     */
    public void loadStateDict(Weights saved) {
        requireOwnWeights("loadStateDict");
        String count = saved.metadata().get(UPDATES);
        if (count == null) {
            throw new IllegalArgumentException("weight average: the loaded state has no \"" + UPDATES + "\" in its metadata; it"
                    + " is not a weight average's state");
        }
        for (Entry e : entries) {
            StoredTensor tensor = saved.get(e.name);
            if (tensor == null || !tensor.shape().equals(e.weight.shape())) {
                throw new IllegalArgumentException("weight average: the loaded state has "
                        + (tensor == null ? "no " + e.name : e.name + " of " + tensor.shape()) + ", the module's is "
                        + e.weight.shape() + "; it is of another architecture");
            }
        }
        entries.forEach(e -> e.average.set(saved.get(e.name).toFloats()));
        updates = Long.parseLong(count);
    }

    /** Releases the memory; the module keeps its present weights. */
    @Override
    public void close() {
        entries.forEach(e -> e.average.close());
    }
}
