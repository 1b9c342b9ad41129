package thaw.kernels.cpu;

import java.util.ArrayDeque;
import java.util.List;
import java.util.stream.Stream;

/**
 * Arrays of floats that are used again instead of being left to the garbage collector. Lengths are rounded up to one of
 * 32 steps an octave, so that at most a thirty-second is wasted, and nothing of activations of 7·2ᵏ rows and columns. Where no
 * array of that length is idle, an operator's working memory may be up to half as long again: tensors, which stay, get what fits
 * ({@link #takeFitting}).
 *
 * <p>What is in use and what lies idle together never exceed twice what was once in use at a time: past that, the lengths
 * that nobody has asked for or given back the longest go.
 */
final class BufferPool {

    private static final int LOG_STEPS = 5;
    private static final int STEPS_OF_AN_OCTAVE = 1 << LOG_STEPS;

    /** How many steps longer an array may be than asked for: half an octave's, which is half as long again at most. */
    private static final int STEPS_TOO_LONG = STEPS_OF_AN_OCTAVE / 2;
    private static final int LENGTHS = Integer.SIZE * STEPS_OF_AN_OCTAVE;

    /** By {@link #place}: neither taking nor giving back makes an object. */
    private final List<ArrayDeque<float[]>> idle = Stream.generate(ArrayDeque<float[]>::new).limit(LENGTHS).toList();
    private final long[] lastUse = new long[LENGTHS];
    private long uses;
    private long idleFloats;
    private long usedFloats;
    private long mostUsedFloats;

    /** An array of at least this length, holding whatever its last user left there. */
    float[] take(int length) {
        return take(length, STEPS_TOO_LONG);
    }

    /** As {@link #take}, of this length rounded up and no longer: for what is kept. */
    float[] takeFitting(int length) {
        return take(length, 0);
    }

    private float[] take(int length, int stepsTooLong) {
        int rounded = roundUp(length);
        synchronized (this) {
            float[] free = idle(place(rounded), stepsTooLong);
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

    synchronized void give(float[] buffer) {
        usedFloats -= buffer.length;
        idleFloats += buffer.length;
        lastUse[place(buffer.length)] = uses++;
        idle.get(place(buffer.length)).push(buffer);
    }

    /** The shortest idle array that will do, or null. */
    private float[] idle(int shortest, int stepsTooLong) {
        for (int i = shortest; i <= Math.min(shortest + stepsTooLong, LENGTHS - 1); i++) {
            if (!idle.get(i).isEmpty()) {
                lastUse[i] = uses++;
                return idle.get(i).pop();
            }
        }
        return null;
    }

    private void dropOldest() {
        int oldest = -1;
        for (int i = 0; i < LENGTHS; i++) {
            if (!idle.get(i).isEmpty() && (oldest < 0 || lastUse[i] < lastUse[oldest])) {
                oldest = i;
            }
        }
        ArrayDeque<float[]> gone = idle.get(oldest);
        idleFloats -= (long) gone.size() * gone.peek().length;
        gone.clear();
    }

    synchronized long usedBytes() {
        return usedFloats * Float.BYTES;
    }

    synchronized long idleBytes() {
        return idleFloats * Float.BYTES;
    }

    /** Lets go of everything idle. */
    synchronized void clear() {
        idle.forEach(ArrayDeque::clear);
        idleFloats = 0;
    }

    /** A place in the lists for each length that {@link #roundUp} gives. */
    static int place(int rounded) {
        int octave = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(rounded - 1);
        return octave * STEPS_OF_AN_OCTAVE + (rounded - 1 >>> octave - LOG_STEPS) % STEPS_OF_AN_OCTAVE;
    }

    static int roundUp(int length) {
        int n = Math.max(64, length);
        int step = Integer.highestOneBit(n) / STEPS_OF_AN_OCTAVE;
        return (int) Math.min(Integer.MAX_VALUE - 8, ((long) n + step - 1) / step * step);
    }
}
