package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jocl.cl_mem;
import thaw.kernels.Storage;

/**
 * A pooled buffer, with data derived from its contents: transformed weights and images, masks of a ReLU, which stay valid until
 * the contents {@linkplain #changed() change}. The buffer of a {@link MaskedGradient} is taken, and its contents are computed, when it
 * is first read.
 */
final class OpenClStorage extends Storage {

    private record Derived(Object key, Object state, int version, OpenClArray array) {
    }

    /** A key passed to {@link #isReused} while the contents had this version. */
    private record Asked(Object key, int version) {
    }

    private final BufferPool pool;
    private BufferPool.Buffer buffer;
    private MaskedGradient pending;
    private float[] uploaded;
    private int uploadedVersion;
    private final List<Derived> derived = new ArrayList<>(0);
    private final List<Asked> asked = new ArrayList<>(0);

    OpenClStorage(BufferPool pool, int floats) {
        this.pool = pool;
        this.buffer = pool.take((long) floats * Float.BYTES);
    }

    /** Memory for a gradient, which is computed when it is first read. */
    OpenClStorage(BufferPool pool, MaskedGradient pending) {
        this.pool = pool;
        this.pending = pending;
    }

    synchronized cl_mem memory() {
        requireAlive();
        if (pending != null) {
            OpenClArray gradient = pending.gradient();
            try (MaskedGradient masked = replace()) {
                masked.write().accept(new OpenClArray(gradient.shape(), this));
            }
        }
        return buffer.memory();
    }

    /** The gradient that this memory has yet to hold; null if there is none. */
    synchronized MaskedGradient pending() {
        return pending;
    }

    /** Takes memory for other contents than the pending gradient, which the caller then owns. */
    synchronized MaskedGradient replace() {
        buffer = pool.take((long) pending.gradient().size() * Float.BYTES);
        MaskedGradient masked = pending;
        pending = null;
        return masked;
    }

    boolean isFrom(BufferPool other) {
        return pool == other;
    }

    /** Remembers the values that the host has just written here. */
    void uploaded(float[] values) {
        uploaded = values;
        uploadedVersion = version();
    }

    /** The values that the host wrote here, if they were remembered and nothing has changed since; else null. */
    float[] uploaded() {
        return uploadedVersion == version() ? uploaded : null;
    }

    /**
     * The result of {@code make}, computed once for each key and state of the contents.
     *
     * @param state of what else the result depends on; another state replaces the key's result
     * @param make  returns an array, which this storage releases
     */
    synchronized OpenClArray derive(Object key, Object state, Supplier<OpenClArray> make) {
        requireAlive();
        int version = version();
        release(version);
        for (Derived d : derived) {
            if (d.key.equals(key) && d.state.equals(state)) {
                return d.array;
            }
        }
        OpenClArray made = make.get();
        drop(key);
        derived.add(new Derived(key, state, version, made));
        return made;
    }

    private void drop(Object key) {
        derived.removeIf(d -> {
            if (d.key.equals(key)) {
                d.array.release();
            }
            return d.key.equals(key);
        });
    }

    /** The result that {@link #derive} keeps for this key and the present contents; owned by this storage. */
    synchronized Optional<OpenClArray> derived(Object key) {
        return derived.stream().filter(d -> d.key.equals(key) && d.version == version()).map(Derived::array).findFirst();
    }

    /** Keeps a result under a key, in place of an earlier one, until it is {@linkplain #take taken}, or the contents change. */
    synchronized void keep(Object key, OpenClArray result) {
        drop(key);
        derived.add(new Derived(key, key, version(), result));
    }

    /** The kept result of this key for the present contents, which the caller then owns. */
    synchronized Optional<OpenClArray> take(Object key) {
        Optional<OpenClArray> kept = derived(key);
        kept.ifPresent(array -> derived.removeIf(d -> d.array == array));
        return kept;
    }

    /**
     * Whether this is at least the second query for this key and the present contents. Training uses each state of a
     * weight once; a large derived array is therefore kept by {@link #derive} only if this returns true.
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

    /** Releases data derived from other states of the contents. */
    private void release(int version) {
        derived.removeIf(d -> {
            if (d.version != version) {
                d.array.release();
            }
            return d.version != version;
        });
    }

    @Override
    protected synchronized void recycle() {
        derived.forEach(d -> d.array.release());
        derived.clear();
        if (pending != null) {
            pending.close();
        } else {
            pool.give(buffer);
        }
    }
}
