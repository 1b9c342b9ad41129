package thaw.kernels.opencl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jocl.Pointer;
import org.jocl.cl_event;
import org.jocl.cl_mem;

/**
 * Copies between Java's heap and the device, through memory outside the heap that the garbage collector does not move.
 *
 * <p>Writing does not wait for the device: the values are copied to a separate buffer and uploaded in queue order; arrays
 * of {@value #LARGE} floats and more by {@link PinnedUploads}. At most {@value #WAITING} uploads of either kind wait, which
 * also keeps a thread from running more than a few batches ahead of the device.
 * Reading waits for all earlier commands, since they compute the values. Thread-safe.
 */
final class Transfers implements AutoCloseable {

    static final int WAITING = 8;
    /** Floats from which on the bus takes longer than the two commands of a pinned upload. */
    private static final int LARGE = 1 << 20;
    /** Floats in the largest copy; longer arrays are copied in several parts. */
    static final int LARGEST = 1 << 22;
    private static final int SMALLEST = 1 << 10;

    private record Upload(FloatBuffer from, cl_event event) {
    }

    private final CommandQueue queue;
    private final PinnedUploads pinned;
    private final ArrayDeque<Upload> waiting = new ArrayDeque<>();
    private final ArrayDeque<FloatBuffer> idle = new ArrayDeque<>();

    Transfers(CommandQueue queue) {
        this.queue = queue;
        pinned = new PinnedUploads(queue);
    }

    synchronized void write(float[] values, cl_mem to) {
        if (values.length >= LARGE) {
            pinned.write(values, to);
            return;
        }
        for (int start = 0; start < values.length; start += LARGEST) {
            int length = Math.min(LARGEST, values.length - start);
            FloatBuffer aside = take(length);
            aside.put(values, start, length).rewind();
            cl_event event = queue.write(Pointer.to(aside), to, (long) start * Float.BYTES, (long) length * Float.BYTES);
            waiting.add(new Upload(aside, event));
        }
    }

    void read(cl_mem from, float[] into) {
        for (int start = 0; start < into.length; start += LARGEST) {
            int length = Math.min(LARGEST, into.length - start);
            FloatBuffer aside = take(length);
            queue.read(from, (long) start * Float.BYTES, (long) length * Float.BYTES, Pointer.to(aside));
            aside.get(into, start, length);
            give(aside);
        }
    }

    private synchronized FloatBuffer take(int length) {
        while (!waiting.isEmpty() && (waiting.size() >= WAITING || queue.hasHappened(waiting.peek().event))) {
            settleOldest();
        }
        for (Iterator<FloatBuffer> each = idle.iterator(); each.hasNext();) {
            FloatBuffer buffer = each.next();
            if (buffer.capacity() >= length) {
                each.remove();
                return buffer.rewind();
            }
        }
        int capacity = Math.max(SMALLEST, Integer.highestOneBit(2 * length - 1));
        return ByteBuffer.allocateDirect(capacity * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    private synchronized void give(FloatBuffer buffer) {
        buffer.rewind();
        idle.addLast(buffer);
        if (idle.size() > WAITING) {
            idle.removeFirst();
        }
    }

    private void settleOldest() {
        Upload oldest = waiting.remove();
        queue.await(oldest.event);
        queue.release(oldest.event);
        give(oldest.from);
    }

    /** Waits until all uploads have completed. */
    synchronized void settle() {
        while (!waiting.isEmpty()) {
            settleOldest();
        }
        pinned.settle();
    }

    @Override
    public synchronized void close() {
        settle();
        idle.clear();
        pinned.close();
    }
}
