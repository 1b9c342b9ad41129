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

    private final BufferPool pool;
    private final float[] data;
    private final List<Derived> derived = new ArrayList<>(0);

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
        for (int i = 0; i < derived.size(); i++) {
            Derived d = derived.get(i);
            if (d.version != version) {
                pool.give(d.data);
                derived.remove(i--);
            } else if (d.key.equals(key)) {
                return d.data;
            }
        }
        float[] made = make.get();
        derived.add(new Derived(key, version, made));
        return made;
    }

    @Override
    protected synchronized void recycle() {
        derived.forEach(d -> pool.give(d.data));
        derived.clear();
        pool.give(data);
    }
}
