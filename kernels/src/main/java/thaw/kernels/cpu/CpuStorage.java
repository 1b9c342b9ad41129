package thaw.kernels.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import thaw.kernels.Storage;

/**
 * A pooled array of floats, and beside it what was derived from its contents: weights that convolutions have rearranged
 * for their inner loops, which stay valid until the contents {@linkplain #changed() change}.
 */
final class CpuStorage extends Storage {

    private record Derived(Object key, float[] data) {
    }

    private final BufferPool pool;
    private final float[] data;
    private final List<Derived> derived = new ArrayList<>(0);

    /** Keys that were asked about since the contents last changed. */
    private final List<Object> asked = new ArrayList<>(0);

    CpuStorage(BufferPool pool, int length) {
        this.pool = pool;
        this.data = pool.takeFitting(length);
    }

    float[] data() {
        requireAlive();
        return data;
    }

    /**
     * What {@code make} computes from the contents, computed once for each key and state of the contents.
     *
     * @param make gives an array from the pool, which this storage gives back
     */
    synchronized float[] derive(Object key, Supplier<float[]> make) {
        requireAlive();
        for (Derived d : derived) {
            if (d.key.equals(key)) {
                return d.data;
            }
        }
        float[] made = make.get();
        derived.add(new Derived(key, made));
        return made;
    }

    /**
     * Whether this was asked before about this key and the present state of the contents. Training uses each state of a weight
     * once, inference many times: whoever derives something large asks first, and has it kept by {@link #derive} only if so.
     */
    synchronized boolean isReused(Object key) {
        return asked.contains(key) || !asked.add(key);
    }

    /**
     * Has {@code use} work on what {@code make} computes from the contents, which is kept if it {@linkplain #isReused is asked
     * for again} and else given back to the pool at once: in training, rearranged weights would lie beside the weights until the
     * next update.
     */
    void useDerived(Object key, Supplier<float[]> make, Consumer<float[]> use) {
        if (isReused(key)) {
            use.accept(derive(key, make));
            return;
        }
        float[] made = make.get();
        try {
            use.accept(made);
        } finally {
            pool.give(made);
        }
    }

    @Override
    protected synchronized void outdate() {
        derived.forEach(d -> pool.give(d.data));
        derived.clear();
        asked.clear();
    }

    @Override
    protected synchronized void recycle() {
        outdate();
        pool.give(data);
    }
}
