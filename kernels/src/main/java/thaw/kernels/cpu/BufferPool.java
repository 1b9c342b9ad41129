package thaw.kernels.cpu;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Arrays of floats that are used again instead of being left to the garbage collector. Lengths are rounded up: short ones to one
 * of 32 steps an octave, so that at most a thirty-second is wasted; from half a MiB on to whole MiB less the array's header,
 * since the G1 collector gives such an array whole regions, of 1 MiB at the least, and what it leaves of the last one is lost.
 *
 * <p>Where no array of that length is idle, an operator's working memory may be up to half as long again: tensors, which stay,
 * get what fits ({@link #takeFitting}).
 *
 * <p>What is in use and what lies idle together never exceed twice what was once in use at a time: past that, the lengths
 * that nobody has asked for or given back the longest go.
 */
final class BufferPool {

    private static final int LOG_STEPS = 5;
    private static final int STEPS_OF_AN_OCTAVE = 1 << LOG_STEPS;

    private static final int REGION = 1 << 20;
    private static final int HEADER = 16;

    /** The longest array that shares a region with others. */
    private static final int SHORT = (REGION / 2 - HEADER) / Float.BYTES;
    private static final int SHORT_LENGTHS = (Integer.SIZE - Integer.numberOfLeadingZeros(SHORT)) * STEPS_OF_AN_OCTAVE;

    /** As long as an array can be. */
    private static final int LONGEST = Integer.MAX_VALUE - 8;
    private static final int LENGTHS = SHORT_LENGTHS + regions(Integer.MAX_VALUE) + 1;

    /** By {@link #place}, null before that length's first array: from then on, neither taking nor giving back makes an object. */
    private final List<IdleBuffers> idle = new ArrayList<>(Collections.nCopies(LENGTHS, null));
    private final long[] lastUse = new long[LENGTHS];
    private long uses;
    private long idleFloats;
    private long usedFloats;
    private long mostUsedFloats;

    /** An array of at least this length, holding whatever its last user left there. */
    float[] take(int length) {
        return take(length, length / 2);
    }

    /** As {@link #take}, of this length rounded up and no longer: for what is kept. */
    float[] takeFitting(int length) {
        return take(length, 0);
    }

    private float[] take(int length, int tooLong) {
        int rounded = roundUp(length);
        synchronized (this) {
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
        try {
            return new float[rounded];
        } catch (OutOfMemoryError full) {
            clear();
            try {
                return new float[rounded];
            } catch (OutOfMemoryError still) {
                long used;
                synchronized (this) {
                    usedFloats -= rounded;
                    used = usedFloats;
                }
                throw new OutOfMemoryError("tensors of " + used * 4 / (1 << 20) + " MiB are in use and "
                        + rounded * 4L / (1 << 20) + " MiB more do not fit into the heap of "
                        + Runtime.getRuntime().maxMemory() / (1 << 20)
                        + " MiB; use a smaller batch or image, or give Java more with -Xmx");
            }
        }
    }

    void give(float[] buffer) {
        give(buffer, Thread.currentThread());
    }

    /** @param user whose core's cache holds it */
    synchronized void give(float[] buffer, Thread user) {
        usedFloats -= buffer.length;
        idleFloats += buffer.length;
        int place = place(buffer.length);
        lastUse[place] = uses++;
        if (idle.get(place) == null) {
            idle.set(place, new IdleBuffers());
        }
        idle.get(place).push(buffer, user.getId());
    }

    /** The shortest idle array that will do, or null. */
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
        idle.set(oldest, null);
    }

    synchronized long usedBytes() {
        return usedFloats * Float.BYTES;
    }

    synchronized long idleBytes() {
        return idleFloats * Float.BYTES;
    }

    /** Lets go of everything idle. */
    synchronized void clear() {
        Collections.fill(idle, null);
        idleFloats = 0;
    }

    /** A place in the lists for each length that {@link #roundUp} gives. */
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

    /** How many regions an array of this length takes. */
    private static int regions(int length) {
        return (int) ((length * (long) Float.BYTES + HEADER + REGION - 1) / REGION);
    }
}
