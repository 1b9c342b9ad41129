package thaw.kernels;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reference-counted memory behind one or several {@link Array}s. It returns to its backend when the last owner
 * {@linkplain #release releases} it. Memory that is never released is garbage-collected on backends that use the Java
 * heap, but not reused. Retaining and releasing are thread-safe.
 */
public abstract class Storage {

    private final AtomicInteger owners = new AtomicInteger(1);
    private volatile int version;

    /**
     * Adds an owner.
     *
     * @throws IllegalStateException if the memory has been released
     */
    public final void retain() {
        if (owners.getAndUpdate(n -> n > 0 ? n + 1 : n) == 0) {
            throw released();
        }
    }

    /**
     * Removes an owner; the last one returns the memory to the backend.
     *
     * @throws IllegalStateException if the memory has been released
     */
    public final void release() {
        int before = owners.getAndUpdate(n -> n > 0 ? n - 1 : n);
        if (before == 0) {
            throw released();
        }
        if (before == 1) {
            recycle();
        }
    }

    /** Whether there is exactly one owner; then the memory may be overwritten in place. */
    public final boolean isExclusive() {
        return owners.get() == 1;
    }

    /** @throws IllegalStateException if the memory has been released */
    public final void requireAlive() {
        if (owners.get() == 0) {
            throw released();
        }
    }

    /** The number of in-place changes; data derived from the contents is stale when it has advanced. */
    public final int version() {
        return version;
    }

    /** Records an in-place change; must be called for every change of the contents after they were first written. */
    public final void changed() {
        version++;
        outdate();
    }

    /** Drops data derived from the contents; called by {@link #changed}. */
    protected void outdate() {
    }

    /** Returns the memory to the backend; called once. */
    protected abstract void recycle();

    private static IllegalStateException released() {
        return new IllegalStateException("this tensor's memory returned to the pool when its scope closed;"
                + " use it inside the scope, or keep it with scope.keep(tensor)");
    }
}
