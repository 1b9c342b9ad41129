package thaw.kernels.cpu.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Storage;

/**
 * A pooled array of floats, with data derived from its contents: weights that convolutions have rearranged for their inner
 * loops, which stay valid until the contents {@linkplain #changed() change}.
 */
public final class CpuStorage extends Storage {

    private record Derived(Object key, float[] data) {
    }

    private final BufferPool pool;
    /** Null once released, so that an array or tensor still referenced keeps nothing from being collected. */
    private float @Nullable [] data;
    private final List<Derived> derived = new ArrayList<>(0);

    /** Keys passed to {@link #kept} since the contents last changed. */
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
     * Data derived from the contents, kept until these change; null if they are not kept: at the first query for this key
     * and the present contents, and while the heap has {@linkplain BufferPool#hasRoomToKeep no room}. Training uses each
     * state of a weight once, inference many times. Deriving takes time in proportion to the length, so whatever is kept
     * saves about the same time per byte, and those that are used first are kept first.
     *
     * @param length the number of floats that {@code make} takes from the pool
     * @param make   returns an array from the pool, which this storage gives back
     */
    public synchronized float @Nullable [] kept(Object key, int length, Supplier<float[]> make) {
        requireAlive();
        for (Derived d : derived) {
            if (d.key.equals(key)) {
                return d.data;
            }
        }
        if (!isReused(key) || !BufferPool.hasRoomToKeep(length)) {
            return null;
        }
        try {
            float[] made = make.get();
            derived.add(new Derived(key, made));
            return made;
        } catch (OutOfMemoryError full) {
            return null;
        }
    }

    private boolean isReused(Object key) {
        return asked.contains(key) || !asked.add(key);
    }

    /** Runs {@code use} on the result of {@code make}, which is {@linkplain #kept kept} or given back to the pool at once. */
    public void useDerived(Object key, int length, Supplier<float[]> make, Consumer<float[]> use) {
        float[] kept = kept(key, length, make);
        if (kept != null) {
            use.accept(kept);
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
        data = null;
    }
}
