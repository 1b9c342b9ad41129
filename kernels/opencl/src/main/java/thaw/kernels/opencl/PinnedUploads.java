package thaw.kernels.opencl;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.stream.IntStream;
import org.jocl.Pointer;
import org.jocl.cl_event;
import org.jocl.cl_mem;

/**
 * Uploads of long arrays while kernels run. The values are copied to pinned memory, which the device reads at the full rate
 * of its bus, and from there to a staging buffer on the device, by a queue of their own; a copy within the device, in the
 * order of the kernels, takes them to their place. Not thread-safe.
 */
final class PinnedUploads implements AutoCloseable {

    /** Floats that one thread copies from the heap; longer parts are copied by several. */
    private static final int PIECE = 1 << 18;

    /** Pinned memory, and as much on the device; they may be used again when the copy from there has happened. */
    private static final class Slot {
        private final int capacity;
        private final CommandQueue.Pinned pinned;
        private final FloatBuffer floats;
        private final cl_mem staging;
        private cl_event copied;

        Slot(CommandQueue queue, int capacity) {
            this.capacity = capacity;
            long bytes = (long) capacity * Float.BYTES;
            pinned = queue.pin(bytes);
            floats = pinned.bytes().order(ByteOrder.nativeOrder()).asFloatBuffer();
            staging = queue.createStaging(bytes);
        }
    }

    private final CommandQueue queue;
    /** In the order of their use. */
    private final ArrayDeque<Slot> slots = new ArrayDeque<>();

    PinnedUploads(CommandQueue queue) {
        this.queue = queue;
    }

    void write(float[] values, cl_mem to) {
        for (int start = 0; start < values.length; start += Transfers.LARGEST) {
            int length = Math.min(Transfers.LARGEST, values.length - start);
            long bytes = (long) length * Float.BYTES;
            Slot slot = take(length);
            copy(values, start, length, slot.floats);
            queue.upload(Pointer.to(slot.pinned.bytes()), slot.staging, bytes);
            slot.copied = queue.copy(slot.staging, to, (long) start * Float.BYTES, bytes);
            slots.add(slot);
        }
    }

    private static void copy(float[] values, int start, int length, FloatBuffer to) {
        int pieces = (length + PIECE - 1) / PIECE;
        IntStream each = IntStream.range(0, pieces);
        (pieces > 1 ? each.parallel() : each).forEach(piece -> to.put(piece * PIECE, values, start + piece * PIECE,
                Math.min(PIECE, length - piece * PIECE)));
    }

    /** A slot that is not in use, removed from the list: an old one, a new one, or the oldest when it is free. */
    private Slot take(int length) {
        for (Slot slot : slots) {
            if (slot.capacity >= length && (slot.copied == null || queue.hasHappened(slot.copied))) {
                slots.remove(slot);
                return settled(slot);
            }
        }
        int capacity = Integer.highestOneBit(2 * length - 1);
        if (slots.size() < Transfers.WAITING) {
            return new Slot(queue, capacity);
        }
        Slot oldest = settled(slots.remove());
        if (oldest.capacity >= length) {
            return oldest;
        }
        release(oldest);
        return new Slot(queue, capacity);
    }

    private Slot settled(Slot slot) {
        if (slot.copied != null) {
            queue.await(slot.copied);
            queue.release(slot.copied);
            slot.copied = null;
        }
        return slot;
    }

    private void release(Slot slot) {
        queue.unpin(slot.pinned);
        queue.releaseStaging(slot.staging);
    }

    /** Waits until all written values are in their places. */
    void settle() {
        slots.forEach(this::settled);
    }

    @Override
    public void close() {
        settle();
        slots.forEach(this::release);
        slots.clear();
    }
}
