package thaw.kernels.cpu;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Arrays of floats that are used again instead of being left to the garbage collector. Lengths are rounded up to one of
 * eight steps an octave, so that at most an eighth is wasted and batches of similar size share arrays.
 *
 * <p>What is in use and what lies idle together never exceed twice what was once in use at a time: past that, the lengths
 * that nobody has asked for or given back the longest go.
 */
final class BufferPool {

    /** By length; iterated from the one that was used the longest ago. */
    private final Map<Integer, ArrayDeque<float[]>> idle = new LinkedHashMap<>(16, 0.75f, true);
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
        idle.computeIfAbsent(buffer.length, n -> new ArrayDeque<>()).push(buffer);
    }

    private void dropOldest() {
        Iterator<Map.Entry<Integer, ArrayDeque<float[]>>> oldest = idle.entrySet().iterator();
        Map.Entry<Integer, ArrayDeque<float[]>> gone = oldest.next();
        idleFloats -= (long) gone.getValue().size() * gone.getKey();
        oldest.remove();
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
        idleFloats = 0;
    }

    static int roundUp(int length) {
        int n = Math.max(64, length);
        int step = Integer.highestOneBit(n) >> 3;
        return (int) Math.min(Integer.MAX_VALUE - 8, ((long) n + step - 1) / step * step);
    }
}
