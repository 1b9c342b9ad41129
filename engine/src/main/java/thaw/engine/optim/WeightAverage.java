package thaw.engine.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.engine.nn.Module;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/**
 * An exponential moving average of a module's weights (Polyak and Juditsky 1992): after each step
 * {@code average ← decay·average + (1 − decay)·weight}, of all parameters and buffers, batch norm's statistics among them, as
 * timm's {@code ModelEma} and torchvision's. It starts as the weights themselves, which a short training remembers for long; so with
 * warm-up, timm's, step t = 1, 2, … has {@code min(decay, 1 − t^(−2/3))}: the first one takes the weights as they are.
 */
public final class WeightAverage implements AutoCloseable {

    private static final double WARMUP_POWER = 2.0 / 3;
    private static final String UPDATES = "updates";

    private final double decay;
    private final boolean warmup;
    private final List<Entry> entries = new ArrayList<>();
    private long updates;
    private boolean swapped;

    /** A tensor of the module and its average. */
    private record Entry(String name, Tensor weight, Array average) {
        Backend backend() {
            return weight.device().backend();
        }
    }

    /** Gives the module its own weights back when it is closed. */
    public interface Swap extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * @param decay how much of the average outlives a step, 0 to 1; timm's is 0.9998, for some 5000 steps; a short fine-tuning
     *              wants 0.99 or so
     */
    public WeightAverage(Module module, double decay, boolean warmup) {
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException("weight average: decay must be at least 0 and below 1, got " + decay);
        }
        this.decay = decay;
        this.warmup = warmup;
        Map<String, Tensor> tensors = new LinkedHashMap<>(module.namedParameters());
        tensors.putAll(module.namedBuffers());
        tensors.forEach((name, t) -> entries.add(new Entry(name, t, t.device().backend().copy(t.array()))));
    }

    /** The share of the old average in the next update. */
    public double nextDecay() {
        return warmup ? Math.min(decay, 1 - Math.pow(updates + 1, -WARMUP_POWER)) : decay;
    }

    /** Takes the weights in as they are now. */
    public void update() {
        requireOwnWeights("update");
        double share = 1 - nextDecay();
        entries.forEach(e -> e.backend().lerp(e.average, e.weight.array(), share));
        updates++;
    }

    /** How often it was updated. */
    public long updates() {
        return updates;
    }

    /** Has the module be the average until the result is closed; for evaluation, with no training meanwhile. */
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
            Array weight = e.backend().copy(e.weight.array());
            e.backend().assign(e.weight.array(), e.average);
            e.backend().assign(e.average, weight);
            weight.release();
        }
    }

    /** Makes the average the module's weights for good. */
    public void copyToModule() {
        requireOwnWeights("copyToModule");
        entries.forEach(e -> e.backend().assign(e.weight.array(), e.average));
    }

    private void requireOwnWeights(String what) {
        if (swapped) {
            throw new IllegalStateException("weight average: " + what + " while the module is swapped for its average;"
                    + " close the swap first");
        }
    }

    /** The average under the module's names, and how often it was updated. */
    public Weights stateDict() {
        requireOwnWeights("stateDict");
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (Entry e : entries) {
            float[] values = new float[e.weight.shape().size()];
            e.backend().read(e.average, values);
            tensors.put(e.name, StoredTensor.of(e.weight.shape(), values));
        }
        return Weights.of(tensors, Map.of(UPDATES, String.valueOf(updates)));
    }

    /**
     * Goes on where {@link #stateDict()} was taken; nothing is changed if it doesn't fit.
     *
     * @throws IllegalArgumentException if a tensor is missing or of another shape, or it's no average's state
     */
    public void loadStateDict(Weights saved) {
        requireOwnWeights("loadStateDict");
        String count = saved.metadata().get(UPDATES);
        if (count == null) {
            throw new IllegalArgumentException("weight average: the loaded state has no \"" + UPDATES + "\" in its metadata; it"
                    + " is no average's state");
        }
        for (Entry e : entries) {
            StoredTensor tensor = saved.get(e.name);
            if (tensor == null || !tensor.shape().equals(e.weight.shape())) {
                throw new IllegalArgumentException("weight average: the loaded state has "
                        + (tensor == null ? "no " + e.name : e.name + " of " + tensor.shape()) + ", the module's is "
                        + e.weight.shape() + "; it is of another architecture");
            }
        }
        entries.forEach(e -> e.backend().write(e.average, saved.get(e.name).toFloats()));
        updates = Long.parseLong(count);
    }

    /** Gives the memory back; the module keeps the weights that it has. */
    @Override
    public void close() {
        entries.forEach(e -> e.average.release());
        entries.clear();
    }
}
