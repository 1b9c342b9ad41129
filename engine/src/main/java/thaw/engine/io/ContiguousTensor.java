package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import thaw.kernels.Shape;

/** A tensor whose elements lie in row-major order, little-endian, without gaps. */
record ContiguousTensor(DType dtype, Shape shape, ByteBuffer content) implements StoredTensor {

    /** Room for {@code count} elements, which must be the shape's number. */
    static ByteBuffer allocate(DType dtype, Shape shape, int count) {
        if (count != shape.size()) {
            throw new IllegalArgumentException("a tensor of shape " + shape + " has " + shape.size()
                    + " elements, given " + count);
        }
        long bytes = (long) count * dtype.size();
        if (bytes > FileBytes.LARGEST_SLICE) {
            throw new IllegalArgumentException(dtype + " " + shape + " takes " + bytes + " bytes; a stored tensor may have "
                    + FileBytes.LARGEST_SLICE);
        }
        return ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A view of its own each time, since a buffer's position is state. */
    @Override
    public ByteBuffer bytes() {
        return content.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public String toString() {
        return dtype + " " + shape;
    }
}
