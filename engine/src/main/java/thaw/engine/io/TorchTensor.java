package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import thaw.kernels.Shape;

/**
 * A tensor of a PyTorch checkpoint: a view of a storage, in which element {@code [i, j, …]} is at
 * {@code offset + i·stride[0] + j·stride[1] + …}.
 */
final class TorchTensor implements StoredTensor {

    /**
     * The most elements of a tensor that is larger than its storage. With strides of 0, a few bytes can represent any number
     * of elements; genuine checkpoints hardly ever contain expanded tensors, and a crafted file must not exhaust the memory.
     */
    private static final long LARGEST_EXPANDED = 1 << 24;

    /** PyTorch's own limit on a tensor's rank. */
    private static final int LARGEST_RANK = 64;

    private final TorchStorage storage;
    private final DType dtype;
    private final Shape shape;
    private final long[] strides;
    private final long offset;
    /** The number of elements from the first to the last that the view covers; 0 if it is empty. */
    private final long extent;

    private TorchTensor(TorchStorage storage, DType dtype, Shape shape, long[] strides, long offset, long extent) {
        this.storage = storage;
        this.dtype = dtype;
        this.shape = shape;
        this.strides = strides;
        this.offset = offset;
        this.extent = extent;
    }

    /**
     * A view of a storage, checked against the storage's length.
     *
     * @return a tensor, or an {@link UnreadTensor} if it is too large
     * @throws WeightFileException if the view is malformed or leaves the storage
     */
    static StoredTensor of(TorchStorage storage, DType dtype, long offset, long[] size, long[] strides)
            throws WeightFileException {
        if (size.length != strides.length || size.length > LARGEST_RANK || offset < 0
                || Arrays.stream(size).anyMatch(d -> d < 0) || Arrays.stream(strides).anyMatch(s -> s < 0)) {
            throw refused(offset, size, strides, " is impossible: equal numbers of sizes and strides (at most " + LARGEST_RANK
                    + "), none of them negative, are expected");
        }
        long available = storage.byteLength() / dtype.size();
        long elements;
        long extent;
        try {
            elements = elements(size);
            long last = offset;
            for (int i = 0; i < size.length && elements > 0; i++) {
                last = Math.addExact(last, Math.multiplyExact(size[i] - 1, strides[i]));
            }
            if (elements > 0 && last >= available) {
                throw refused(offset, size, strides, " reaches element " + last + " of storage "
                        + WeightFileException.quote(storage.key()) + ", which has " + available
                        + "; the file is damaged or crafted");
            }
            extent = elements == 0 ? 0 : last - offset + 1;
        } catch (ArithmeticException overflow) {
            throw refused(offset, size, strides, " exceeds the numeric range; the file is damaged or crafted");
        }
        Shape shape = shape(size);
        if (shape == null || Math.max(extent, elements) > FileBytes.LARGEST_SLICE / dtype.size()) {
            long most = Math.max(extent, elements);
            return UnreadTensor.because(() -> "of size " + Arrays.toString(size) + " and type " + dtype + " takes "
                    + most * dtype.size() + " bytes; Thaw reads tensors of up to " + FileBytes.LARGEST_SLICE, dtype, shape);
        }
        if (elements > available && elements > LARGEST_EXPANDED) {
            return UnreadTensor.because(() -> "has " + elements + " elements, but its storage only "
                    + available + "; such an expanded tensor is not read: save it with .contiguous(), or leave it out",
                    dtype, shape);
        }
        return new TorchTensor(storage, dtype, shape, strides, offset, extent);
    }

    private static WeightFileException refused(long offset, long[] size, long[] strides, String why) {
        return new WeightFileException("a tensor of size " + Arrays.toString(size) + ", strides " + Arrays.toString(strides)
                + " and offset " + offset + why);
    }

    private static long elements(long[] size) {
        long elements = 1;
        for (long d : size) {
            if (d == 0) {
                return 0;
            }
            elements = Math.multiplyExact(elements, d);
        }
        return Math.multiplyExact(elements, Long.BYTES) / Long.BYTES;
    }

    /** The shape, or null if its dimensions or its number of elements exceed those of {@link Shape}. */
    static Shape shape(long[] size) {
        try {
            return Shape.of(Arrays.stream(size).mapToInt(Math::toIntExact).toArray());
        } catch (ArithmeticException | IllegalArgumentException outOfRange) {
            return null;
        }
    }

    @Override
    public DType dtype() {
        return dtype;
    }

    @Override
    public Shape shape() {
        return shape;
    }

    @Override
    public ByteBuffer bytes() {
        int size = dtype.size();
        if (extent == 0) {
            return ByteBuffer.allocate(0).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
        ByteBuffer from = storage.slice(offset * size, extent * size);
        if (isContiguous() && (storage.order() == ByteOrder.LITTLE_ENDIAN || size == 1)) {
            return from.order(ByteOrder.LITTLE_ENDIAN);
        }
        ByteBuffer to = ByteBuffer.allocate(shape.size() * size).order(ByteOrder.LITTLE_ENDIAN);
        gather(from, to);
        return to.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether the view is row-major without gaps; the stride of a dimension of size 1 is irrelevant. */
    private boolean isContiguous() {
        long expected = 1;
        for (int i = shape.rank() - 1; i >= 0; i--) {
            if (shape.dim(i) != 1 && strides[i] != expected) {
                return false;
            }
            expected *= shape.dim(i);
        }
        return true;
    }

    /** Copies the elements in row-major order; the buffers' byte orders convert big-endian values. */
    private void gather(ByteBuffer from, ByteBuffer to) {
        int size = dtype.size();
        int[] index = new int[shape.rank()];
        long at = 0;
        while (to.hasRemaining()) {
            int p = (int) (at * size);
            switch (size) {
                case 1 -> to.put(from.get(p));
                case 2 -> to.putShort(from.getShort(p));
                case 4 -> to.putInt(from.getInt(p));
                default -> to.putLong(from.getLong(p));
            }
            for (int i = index.length - 1; i >= 0; i--) {
                at += strides[i];
                if (++index[i] < shape.dim(i)) {
                    break;
                }
                at -= strides[i] * index[i];
                index[i] = 0;
            }
        }
    }

    @Override
    public String toString() {
        return dtype + " " + shape;
    }
}
