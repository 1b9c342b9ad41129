package thaw.kernels.cpu.memory;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A pool of float arrays, which are reused instead of being left to the garbage collector. Lengths are rounded up: short
 * ones to one of 32 steps per octave, so that at most 1/32 is wasted; from half a MiB on to whole MiB less the array's
 * header, because the G1 collector allocates such an array in whole regions of at least 1 MiB and the rest of the last
 * region is lost.
 *
 * <p>If no array of the rounded length is idle, an operator's working memory may be up to half as long again. Tensors live
 * longer and get an exact fit ({@link #takeFitting}).
 *
 * <p>The memory in use and the idle memory together never exceed twice the highest use so far; beyond that, the lengths
 * that have not been taken or given back for the longest time are dropped.
 *
 * <p>An array that is never given back, because an error ended its operator or its owner was forgotten, counts as in use
 * until the garbage collector finds it. Thread-safe.
 */
public final class BufferPool {

    private static final int LOG_STEPS = 5;
    private static final int STEPS_OF_AN_OCTAVE = 1 << LOG_STEPS;

    private static final int REGION = 1 << 20;
    private static final int HEADER = 16;

    /** The longest array that shares a region with others. */
    private static final int SHORT = (REGION / 2 - HEADER) / Float.BYTES;
    private static final int SHORT_LENGTHS = (Integer.SIZE - Integer.numberOfLeadingZeros(SHORT)) * STEPS_OF_AN_OCTAVE;

    /** The longest possible Java array. */
    private static final int LONGEST = Integer.MAX_VALUE - 8;
    private static final int LENGTHS = SHORT_LENGTHS + regions(Integer.MAX_VALUE) + 1;

    /** The share of the heap that {@link #hasRoomToKeep} leaves free. */
    private static final int FREE_SHARE = 3;

    /** An array that this pool allocated and has not dropped. */
    private static final class Allocated extends WeakReference<float[]> {

        private final int length;

        Allocated(float[] array, ReferenceQueue<float[]> collected) {
            super(array, collected);
            length = array.length;
        }
    }

    private final Set<Allocated> allocated = new HashSet<>();
    private final ReferenceQueue<float[]> collected = new ReferenceQueue<>();

    /** The idle buffers by {@link #place}; null until a length's first array. After that neither take nor give allocates. */
    private final List<IdleBuffers> idle = new ArrayList<>(Collections.nCopies(LENGTHS, null));
    private final long[] lastUse = new long[LENGTHS];
    private long uses;
    private long idleFloats;
    private long usedFloats;
    private long mostUsedFloats;

    /**
     * An array of at least this length, with arbitrary contents. To be returned by {@link #give(float[])}.
     *
     * @throws OutOfMemoryError with the bytes in use and requested, if the heap is too small
     */
    public float[] take(int length) {
        return take(length, length / 2);
    }

    /** Like {@link #take}, but of exactly the rounded length: for arrays that live long. */
    public float[] takeFitting(int length) {
        return take(length, 0);
    }

    private float[] take(int length, int tooLong) {
        int rounded = roundUp(length);
        synchronized (this) {
            discountCollected();
            float[] free = idle(place(rounded), place(roundUp((int) Math.min(LONGEST, (long) length + tooLong))));
            usedFloats += free == null ? rounded : free.length;
            mostUsedFloats = Math.max(mostUsedFloats, usedFloats);
            if (free != null) {
                idleFloats -= free.length;
                return free;
            }
            while (idleFloats > 0 && idleFloats + usedFloats > 2 * mostUsedFloats) {
                dropOldest();
            }
        }
        float[] made = allocate(rounded);
        synchronized (this) {
            allocated.add(new Allocated(made, collected));
        }
        return made;
    }

    private float[] allocate(int length) {
        try {
            return new float[length];
        } catch (OutOfMemoryError full) {
            clear();
            try {
                return new float[length];
            } catch (OutOfMemoryError still) {
                long used;
                synchronized (this) {
                    usedFloats -= length;
                    used = usedFloats;
                }
                throw new OutOfMemoryError("tensors of " + used * 4 / (1 << 20) + " MiB are in use and "
                        + length * 4L / (1 << 20) + " MiB more do not fit into the heap of "
                        + Runtime.getRuntime().maxMemory() / (1 << 20)
                        + " MiB; use a smaller batch or image, or raise the heap limit with -Xmx");
            }
        }
    }

    /** Subtracts arrays that were collected while they counted as in use. */
    private void discountCollected() {
        for (Reference<?> lost = collected.poll(); lost != null; lost = collected.poll()) {
            if (allocated.remove(lost)) {
                usedFloats -= ((Allocated) lost).length;
            }
        }
    }

    /**
     * Whether an array that only saves time may be kept: if a third of the largest possible heap stays free beside it, for
     * the application and for the operators' working memory. Garbage that is not collected yet counts as used.
     */
    public static boolean hasRoomToKeep(int length) {
        Runtime heap = Runtime.getRuntime();
        long free = heap.maxMemory() - heap.totalMemory() + heap.freeMemory();
        return free - (long) length * Float.BYTES >= heap.maxMemory() / FREE_SHARE;
    }

    public void give(float[] buffer) {
        give(buffer, Thread.currentThread());
    }

    /** @param user the thread in whose core's cache the buffer is */
    public synchronized void give(float[] buffer, Thread user) {
        usedFloats -= buffer.length;
        idleFloats += buffer.length;
        int place = place(buffer.length);
        lastUse[place] = uses++;
        if (idle.get(place) == null) {
            idle.set(place, new IdleBuffers());
        }
        idle.get(place).push(buffer, user.getId());
    }

    /** The shortest idle array between two places, or null. */
    private float[] idle(int shortest, int longest) {
        for (int i = shortest; i <= longest; i++) {
            if (isIdle(i)) {
                lastUse[i] = uses++;
                return idle.get(i).pop(Thread.currentThread().getId());
            }
        }
        return null;
    }

    private boolean isIdle(int place) {
        return idle.get(place) != null && idle.get(place).count() > 0;
    }

    private void dropOldest() {
        int oldest = -1;
        for (int i = 0; i < LENGTHS; i++) {
            if (isIdle(i) && (oldest < 0 || lastUse[i] < lastUse[oldest])) {
                oldest = i;
            }
        }
        idleFloats -= idle.get(oldest).floats();
        forget(idle.get(oldest));
        idle.set(oldest, null);
    }

    private void forget(IdleBuffers dropped) {
        allocated.removeIf(dropped::holds);
    }

    /** The bytes of the arrays that are not given back, except those that the garbage collector found. */
    public synchronized long usedBytes() {
        discountCollected();
        return usedFloats * Float.BYTES;
    }

    public synchronized long idleBytes() {
        return idleFloats * Float.BYTES;
    }

    /** Drops all idle arrays. */
    public synchronized void clear() {
        for (IdleBuffers dropped : idle) {
            if (dropped != null) {
                forget(dropped);
            }
        }
        Collections.fill(idle, null);
        idleFloats = 0;
    }

    /** The index into the lists for a length that {@link #roundUp} returned. */
    static int place(int rounded) {
        if (rounded > SHORT) {
            return SHORT_LENGTHS + regions(rounded);
        }
        int octave = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(rounded - 1);
        return octave * STEPS_OF_AN_OCTAVE + (rounded - 1 >>> octave - LOG_STEPS) % STEPS_OF_AN_OCTAVE;
    }

    static int roundUp(int length) {
        int n = Math.max(64, length);
        int step = Integer.highestOneBit(n) / STEPS_OF_AN_OCTAVE;
        int rounded = (int) Math.min(LONGEST, ((long) n + step - 1) / step * step);
        return rounded <= SHORT ? rounded : (int) Math.min(LONGEST, (regions(length) * (long) REGION - HEADER) / Float.BYTES);
    }

    /** The number of G1 regions of 1 MiB that an array of this length takes. */
    private static int regions(int length) {
        return (int) ((length * (long) Float.BYTES + HEADER + REGION - 1) / REGION);
    }

    /**
     * Idle buffers of one length. A thread gets back the one that it used last, which is in its core's cache. Writing to a
     * buffer in another core's cache costs a message and an answer per cache line, 0.3 µs if the cores share no cache.
     */
    private static final class IdleBuffers {

        private static final int FEW = 4;

        private float[][] buffers = new float[FEW][];
        private long[] users = new long[FEW];
        private int count;

        int count() {
            return count;
        }

        boolean holds(Allocated array) {
            for (int i = 0; i < count; i++) {
                if (array.refersTo(buffers[i])) {
                    return true;
                }
            }
            return false;
        }

        long floats() {
            return count == 0 ? 0 : (long) count * buffers[0].length;
        }

        void push(float[] buffer, long user) {
            if (count == buffers.length) {
                buffers = Arrays.copyOf(buffers, 2 * count);
                users = Arrays.copyOf(users, 2 * count);
            }
            buffers[count] = buffer;
            users[count] = user;
            count++;
        }

        /** The buffer that this thread gave back last, or else the one idle for longest, which is in no cache. */
        float[] pop(long user) {
            int at = count - 1;
            while (at > 0 && users[at] != user) {
                at--;
            }
            float[] buffer = buffers[at];
            count--;
            System.arraycopy(buffers, at + 1, buffers, at, count - at);
            System.arraycopy(users, at + 1, users, at, count - at);
            buffers[count] = null;
            return buffer;
        }
    }
}
