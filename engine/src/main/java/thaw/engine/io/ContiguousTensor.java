package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import thaw.kernels.Shape;

/** A tensor in row-major order, little-endian, without gaps. */
record ContiguousTensor(DType dtype, Shape shape, ByteBuffer content) implements StoredTensor {

    /**
     * A little-endian buffer for a tensor's elements.
     *
     * @throws IllegalArgumentException if {@code count} is not the shape's number of elements, or the tensor exceeds 1 GiB
     */
    static ByteBuffer allocate(DType dtype, Shape shape, int count) {
        if (count != shape.size()) {
            throw new IllegalArgumentException("shape " + shape + " has " + shape.size() + " elements, but the number given"
                    + " is " + count);
        }
        long bytes = (long) count * dtype.size();
        if (bytes > FileBytes.LARGEST_SLICE) {
            throw new IllegalArgumentException(dtype + " " + shape + " takes " + bytes + " bytes; a stored tensor may have up"
                    + " to " + FileBytes.LARGEST_SLICE);
        }
        return ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A new view on each call, because a buffer's position is mutable. */
    @Override
    public ByteBuffer bytes() {
        return content.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public String toString() {
        return dtype + " " + shape;
    }
}
