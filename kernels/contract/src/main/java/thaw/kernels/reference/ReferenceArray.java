package thaw.kernels.reference;

import java.util.concurrent.atomic.AtomicLong;

import thaw.kernels.Array;
import thaw.kernels.Shape;
import thaw.kernels.Storage;

/** An array of doubles in row-major order. */
final class ReferenceArray extends Array {

    final double[] data;
    private final Memory memory;

    /** @param inUse the bytes of all arrays that have an owner; this array adds its own */
    ReferenceArray(Shape shape, double[] data, AtomicLong inUse) {
        super(shape);
        this.data = data;
        this.memory = new Memory(data.length * (long) Double.BYTES, inUse);
    }

    private ReferenceArray(Shape shape, ReferenceArray shared) {
        super(shape);
        this.data = shared.data;
        this.memory = shared.memory;
        memory.retain();
    }

    /** The same memory under another shape, with one more owner. */
    ReferenceArray view(Shape shape) {
        return new ReferenceArray(shape, this);
    }

    int dim(int i) {
        return shape().dim(i);
    }

    /** The index in {@link #data} of element {@code [a, b, c, d]} of an array of rank 4. */
    int index(int a, int b, int c, int d) {
        return ((a * dim(1) + b) * dim(2) + c) * dim(3) + d;
    }

    @Override
    public Storage storage() {
        return memory;
    }

    boolean isCountedBy(AtomicLong inUse) {
        return memory.inUse == inUse;
    }

    /** Counts the bytes in use; the garbage collector frees the memory itself. */
    private static final class Memory extends Storage {

        private final long bytes;
        private final AtomicLong inUse;

        Memory(long bytes, AtomicLong inUse) {
            this.bytes = bytes;
            this.inUse = inUse;
            inUse.addAndGet(bytes);
        }

        @Override
        protected void recycle() {
            inUse.addAndGet(-bytes);
        }
    }
}
