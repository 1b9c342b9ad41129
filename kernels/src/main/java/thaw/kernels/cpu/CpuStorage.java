package thaw.kernels.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import thaw.kernels.Storage;

/**
 * A pooled array of floats, and beside it what was derived from its contents: weights that convolutions have rearranged
 * for their inner loops, which stay valid until the contents {@linkplain #changed() change}.
 */
final class CpuStorage extends Storage {

    private record Derived(Object key, int version, float[] data) {
    }

    /** That a key was asked about while the contents had this version. */
    private record Asked(Object key, int version) {
    }

    private final BufferPool pool;
    private final float[] data;
    private final List<Derived> derived = new ArrayList<>(0);
    private final List<Asked> asked = new ArrayList<>(0);

    CpuStorage(BufferPool pool, int length) {
        this.pool = pool;
        this.data = pool.take(length);
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
        int version = version();
        release(version);
        for (Derived d : derived) {
            if (d.key.equals(key)) {
                return d.data;
            }
        }
        float[] made = make.get();
        derived.add(new Derived(key, version, made));
        return made;
    }

    /**
     * Whether this was asked before about this key and the present state of the contents: whoever derives what is large, and
     * needed once for each state in training, asks first, and keeps it by {@link #derive} if so only.
     */
    synchronized boolean isReused(Object key) {
        Asked now = new Asked(key, version());
        if (asked.contains(now)) {
            return true;
        }
        asked.removeIf(a -> a.version != now.version || a.key.equals(key));
        asked.add(now);
        release(now.version);
        return false;
    }

    /** Gives back what was derived from other states of the contents. */
    private void release(int version) {
        derived.removeIf(d -> {
            if (d.version != version) {
                pool.give(d.data);
            }
            return d.version != version;
        });
    }

    @Override
    protected synchronized void recycle() {
        derived.forEach(d -> pool.give(d.data));
        derived.clear();
        pool.give(data);
    }
}
