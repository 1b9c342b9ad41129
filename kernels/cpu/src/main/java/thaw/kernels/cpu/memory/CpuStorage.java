package thaw.kernels.cpu.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import thaw.kernels.Storage;

/**
 * A pooled array of floats, with data derived from its contents: weights that convolutions have rearranged for their inner
 * loops, which stay valid until the contents {@linkplain #changed() change}.
 */
public final class CpuStorage extends Storage {

    private record Derived(Object key, float[] data) {
    }

    private final BufferPool pool;
    private final float[] data;
    private final List<Derived> derived = new ArrayList<>(0);

    /** Keys passed to {@link #isReused} since the contents last changed. */
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
     * The result of {@code make}, computed once for each key and state of the contents.
     *
     * @param make returns an array from the pool, which this storage gives back
     */
    public synchronized float[] derive(Object key, Supplier<float[]> make) {
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
     * Whether this is at least the second query for this key and the present contents. Training uses each state of a
     * weight once, inference many times; a large derived array is therefore kept by {@link #derive} only if this returns
     * true.
     */
    public synchronized boolean isReused(Object key) {
        return asked.contains(key) || !asked.add(key);
    }

    /**
     * Runs {@code use} on the result of {@code make}, which is kept if it {@linkplain #isReused is reused}, and otherwise
     * given back to the pool at once: in training, rearranged weights would occupy memory beside the weights until the
     * next update.
     */
    public void useDerived(Object key, Supplier<float[]> make, Consumer<float[]> use) {
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
