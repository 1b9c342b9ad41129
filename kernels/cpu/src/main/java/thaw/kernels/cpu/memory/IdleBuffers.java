package thaw.kernels.cpu.memory;

import java.util.Arrays;

/**
 * Idle buffers of one length. A thread gets back the one that it used last, which is in its core's cache. Writing to a
 * buffer in another core's cache costs a message and an answer per cache line, 0.3 µs if the cores share no cache.
 */
final class IdleBuffers {

    private static final int FEW = 4;

    private float[][] buffers = new float[FEW][];
    private long[] users = new long[FEW];
    private int count;

    int count() {
        return count;
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
