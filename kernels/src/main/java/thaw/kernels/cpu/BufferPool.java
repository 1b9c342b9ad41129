package thaw.kernels.cpu;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Arrays of floats that are used again instead of being left to the garbage collector. Lengths are rounded up to one of
 * eight steps an octave, so that at most an eighth is wasted and batches of similar size share arrays.
 *
 * <p>What lies idle never exceeds what was once in use at a time: past that, the lengths that have been idle longest go.
 */
final class BufferPool {

    private final Map<Integer, ArrayDeque<float[]>> idle = new HashMap<>();
    private final ArrayDeque<Integer> oldestFirst = new ArrayDeque<>();
    private long idleFloats;
    private long usedFloats;
    private long mostUsedFloats;

    /** An array of at least this length, holding whatever its last user left there. */
    float[] take(int length) {
        int rounded = roundUp(length);
        synchronized (this) {
            usedFloats += rounded;
            mostUsedFloats = Math.max(mostUsedFloats, usedFloats);
            ArrayDeque<float[]> free = idle.get(rounded);
            if (free != null && !free.isEmpty()) {
                idleFloats -= rounded;
                return free.pop();
            }
            while (idleFloats > 0 && idleFloats + usedFloats > 2 * mostUsedFloats) {
                dropOldest();
            }
        }
        try {
            return new float[rounded];
        } catch (OutOfMemoryError full) {
            synchronized (this) {
                idle.clear();
                oldestFirst.clear();
                idleFloats = 0;
            }
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
        ArrayDeque<float[]> free = idle.computeIfAbsent(buffer.length, n -> {
            oldestFirst.add(n);
            return new ArrayDeque<>();
        });
        free.push(buffer);
    }

    private void dropOldest() {
        Integer length = oldestFirst.poll();
        ArrayDeque<float[]> gone = idle.remove(length);
        idleFloats -= (long) gone.size() * length;
    }

    synchronized long usedBytes() {
        return usedFloats * Float.BYTES;
    }

    synchronized long idleBytes() {
        return idleFloats * Float.BYTES;
    }

    /** Lets go of everything idle. */
    synchronized void clear() {
        idle.clear();
        oldestFirst.clear();
        idleFloats = 0;
    }

    static int roundUp(int length) {
        int n = Math.max(64, length);
        int step = Integer.highestOneBit(n) >> 3;
        return (int) Math.min(Integer.MAX_VALUE - 8, ((long) n + step - 1) / step * step);
    }
}
