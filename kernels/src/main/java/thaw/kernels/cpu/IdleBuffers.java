package thaw.kernels.cpu;

import java.util.Arrays;

/**
 * Buffers of one length that nobody uses. A thread gets back what it used last: that is in its core's cache. Of a buffer in
 * another core's, each line takes a message and an answer to be written to, and 0.3 µs where the cores have no cache in common.
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

    /** What this thread gave back last, or else what has lain here the longest, and is in no cache. */
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
