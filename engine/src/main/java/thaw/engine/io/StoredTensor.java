package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import thaw.kernels.Shape;

/**
 * A tensor as it lies in a file, or is to lie in one: bytes, the type of the elements, and a shape. Numbers are converted
 * when they're asked for, and in a new array each time. Immutable; safe from many threads.
 *
 * <p>One that is of no known type, too large, or made by code that is not run is still in {@link Weights}; its methods then
 * throw an {@link java.io.UncheckedIOException} that says so, {@link #dtype} and {@link #shape} only where they can't be
 * told.
 */
public interface StoredTensor {

    DType dtype();

    Shape shape();

    /** Whether {@link #shape} can be told. */
    default boolean hasShape() {
        return true;
    }

    /**
     * The elements in row-major order without gaps, little-endian, from position 0: what safetensors stores. Read-only.
     * A view of the file where the tensor lies so in it; a copy where it's strided, or of the other byte order.
     */
    ByteBuffer bytes();

    /**
     * The elements, row-major, as floats: float16, bfloat16 and small integers exactly, wider types rounded to the
     * nearest, BOOL as 0 and 1.
     */
    default float[] toFloats() {
        float[] values = new float[shape().size()];
        dtype().read(bytes(), values);
        return values;
    }

    /** As {@link #toFloats()}, without a copy where the elements are floats. Read-only. */
    default FloatBuffer floats() {
        return dtype() == DType.F32 ? bytes().asFloatBuffer() : FloatBuffer.wrap(toFloats()).asReadOnlyBuffer();
    }

    /**
     * As {@link #toFloats()}, into an array that is there already.
     *
     * @throws IllegalArgumentException if the array's length isn't the number of elements
     */
    default void read(float[] into) {
        if (into.length != shape().size()) {
            throw new IllegalArgumentException("read: the tensor has " + shape().size() + " elements (" + dtype() + " "
                    + shape() + "), the array " + into.length);
        }
        dtype().read(bytes(), into);
    }

    /** Whether all elements are finite as floats, so that {@link #toFloats()} gives no NaN and no infinity. */
    default boolean isFinite() {
        return dtype().isFinite(bytes());
    }

    /** The elements, row-major, as doubles; exact but for 64-bit integers beyond 2^53. */
    default double[] toDoubles() {
        double[] values = new double[shape().size()];
        dtype().read(bytes(), values);
        return values;
    }

    /**
     * The elements of a tensor of integers or BOOL, row-major.
     *
     * @throws IllegalStateException if the elements are floating-point numbers
     * @throws ArithmeticException if an unsigned 64-bit element is beyond 2^63 - 1
     */
    default long[] toLongs() {
        if (dtype().isFloating()) {
            throw new IllegalStateException("toLongs: the tensor is " + dtype() + " " + shape()
                    + ", not one of integers; use toDoubles()");
        }
        ByteBuffer from = bytes();
        long[] values = new long[shape().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = dtype().integer(from, i);
            if (dtype() == DType.U64 && values[i] < 0) {
                throw new ArithmeticException("toLongs: element " + i + " is " + Long.toUnsignedString(values[i])
                        + ", which no long holds; use toDoubles()");
            }
        }
        return values;
    }

    /** An F32 tensor of these values, row-major; they're copied. */
    static StoredTensor of(Shape shape, float[] values) {
        ByteBuffer bytes = ContiguousTensor.allocate(DType.F32, shape, values.length);
        bytes.asFloatBuffer().put(values);
        return new ContiguousTensor(DType.F32, shape, bytes);
    }

    /** An F64 tensor of these values, row-major; they're copied. */
    static StoredTensor ofDoubles(Shape shape, double[] values) {
        ByteBuffer bytes = ContiguousTensor.allocate(DType.F64, shape, values.length);
        bytes.asDoubleBuffer().put(values);
        return new ContiguousTensor(DType.F64, shape, bytes);
    }

    /** An I64 tensor of these values, row-major; they're copied. */
    static StoredTensor ofLongs(Shape shape, long[] values) {
        ByteBuffer bytes = ContiguousTensor.allocate(DType.I64, shape, values.length);
        bytes.asLongBuffer().put(values);
        return new ContiguousTensor(DType.I64, shape, bytes);
    }

    /**
     * A tensor of any type from its bytes, as {@link #bytes()} gives them; they're copied.
     *
     * @throws IllegalArgumentException if there are not as many as the shape needs
     */
    static StoredTensor ofBytes(DType dtype, Shape shape, byte[] bytes) {
        if (bytes.length != (long) shape.size() * dtype.size()) {
            throw new IllegalArgumentException(dtype + " " + shape + " takes " + (long) shape.size() * dtype.size()
                    + " bytes, given " + bytes.length);
        }
        return new ContiguousTensor(dtype, shape, ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN));
    }
}
