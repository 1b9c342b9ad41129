package thaw.kernels;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The memory behind one or several {@link Array}s, counted by its owners: it goes back to its backend when the last
 * owner {@linkplain #release lets go}. Memory that is never released is not lost on a backend that lives on the Java
 * heap, but isn't reused either.
 */
public abstract class Storage {

    private final AtomicInteger owners = new AtomicInteger(1);
    private volatile int version;

    /** One more owner. */
    public final void retain() {
        if (owners.getAndUpdate(n -> n > 0 ? n + 1 : n) == 0) {
            throw released();
        }
    }

    /** One owner fewer; the last one gives the memory back. */
    public final void release() {
        int before = owners.getAndUpdate(n -> n > 0 ? n - 1 : n);
        if (before == 0) {
            throw released();
        }
        if (before == 1) {
            recycle();
        }
    }

    /** Whether one owner only holds this memory, so that it may be overwritten without anybody noticing. */
    public final boolean isExclusive() {
        return owners.get() == 1;
    }

    /** @throws IllegalStateException if the memory has been given back */
    public final void requireAlive() {
        if (owners.get() == 0) {
            throw released();
        }
    }

    /** Counts the changes made in place, so that what is derived from the contents knows when it is out of date. */
    public final int version() {
        return version;
    }

    /** To be called by whoever changes the contents after they were first written. */
    public final void changed() {
        version++;
        outdate();
    }

    /** Lets go of what was derived from the contents; called when they have changed. */
    protected void outdate() {
    }

    /** Gives the memory back to the backend; called once. */
    protected abstract void recycle();

    private static IllegalStateException released() {
        return new IllegalStateException("this tensor's memory went back to the pool when its scope closed;"
                + " use it inside the scope, or hand it on with scope.keep(tensor)");
    }
}
