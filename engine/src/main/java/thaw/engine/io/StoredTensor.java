package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import thaw.kernels.Shape;

/**
 * A tensor in a file, or one to be written to a file: bytes, an element type and a shape. Values are converted on each
 * access, into a new array. Immutable and thread-safe.
 *
 * <p>A tensor of an unsupported type, one that is too large, and one that only unknown code could make are listed in
 * {@link Weights} too; their methods throw an {@link java.io.UncheckedIOException} with the reason, {@link #dtype} and
 * {@link #shape} only if these are unknown.
 */
public interface StoredTensor {

    /** The type of the elements. */
    DType dtype();

    /** The dimensions, outermost first. */
    Shape shape();

    /** Whether {@link #shape} can be told. */
    default boolean hasShape() {
        return true;
    }

    /**
     * The elements in row-major order without gaps, little-endian, from position 0: the content of a safetensors file.
     * Read-only; a view of the file if its layout is the same, otherwise (strided or big-endian) a copy.
     */
    ByteBuffer bytes();

    /**
     * The elements as floats, row-major. The conversion is exact for float16, bfloat16 and small integers; wider types are
     * rounded to the nearest float, BOOL becomes 0 or 1.
     */
    default float[] toFloats() {
        ByteBuffer from = bytes();
        float[] values = new float[shape().size()];
        dtype().read(from, values);
        return values;
    }

    /** Like {@link #toFloats()}, without a copy if the dtype is F32. Read-only. */
    default FloatBuffer floats() {
        return dtype() == DType.F32 ? bytes().asFloatBuffer() : FloatBuffer.wrap(toFloats()).asReadOnlyBuffer();
    }

    /** Whether all elements are finite as floats, so that {@link #toFloats()} contains no NaN and no infinity. */
    default boolean isFinite() {
        return dtype().isFinite(bytes());
    }

    /** The elements as doubles, row-major; exact except for 64-bit integers beyond 2^53. */
    default double[] toDoubles() {
        ByteBuffer from = bytes();
        double[] values = new double[shape().size()];
        dtype().read(from, values);
        return values;
    }

    /**
     * The elements of an integer or BOOL tensor, row-major.
     *
     * @throws IllegalStateException if the elements are floating-point numbers
     * @throws ArithmeticException if an unsigned 64-bit element exceeds 2^63 - 1
     */
    default long[] toLongs() {
        ByteBuffer from = bytes();
        if (dtype().isFloating()) {
            throw new IllegalStateException("toLongs: the tensor is " + dtype() + " " + shape()
                    + ", which is not an integer type; use toDoubles()");
        }
        long[] values = new long[shape().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = dtype().integer(from, i);
            if (dtype() == DType.U64 && values[i] < 0) {
                throw new ArithmeticException("toLongs: element " + i + " is " + Long.toUnsignedString(values[i])
                        + ", which exceeds the range of long; use toDoubles()");
            }
        }
        return values;
    }

    /**
     * This tensor in float16, in half the bytes of F32, each value rounded to the nearest. Tensors of integers, float16 and bfloat16 are
     * returned unchanged.
     *
     * @throws ArithmeticException if a finite value is beyond float16's range, 65,504
     */
    default StoredTensor toFloat16() {
        if (dtype() != DType.F32 && dtype() != DType.F64) {
            return this;
        }
        float[] values = toFloats();
        ByteBuffer bytes = ContiguousTensor.allocate(DType.F16, shape(), values.length);
        for (int i = 0; i < values.length; i++) {
            short half = DType.toFloat16(values[i]);
            if ((half & 0x7fff) == 0x7c00 && Float.isFinite(values[i])) {
                throw new ArithmeticException("toFloat16: element " + i + " is " + values[i] + "; float16 reaches to 65504");
            }
            bytes.putShort(2 * i, half);
        }
        return new ContiguousTensor(DType.F16, shape(), bytes);
    }

    /** An F32 tensor of these values, row-major; the array is copied. */
    static StoredTensor of(Shape shape, float[] values) {
        ByteBuffer bytes = ContiguousTensor.allocate(DType.F32, shape, values.length);
        bytes.asFloatBuffer().put(values);
        return new ContiguousTensor(DType.F32, shape, bytes);
    }

    /** An F64 tensor of these values, row-major; the array is copied. */
    static StoredTensor ofDoubles(Shape shape, double[] values) {
        ByteBuffer bytes = ContiguousTensor.allocate(DType.F64, shape, values.length);
        bytes.asDoubleBuffer().put(values);
        return new ContiguousTensor(DType.F64, shape, bytes);
    }

    /** An I64 tensor of these values, row-major; the array is copied. */
    static StoredTensor ofLongs(Shape shape, long[] values) {
        ByteBuffer bytes = ContiguousTensor.allocate(DType.I64, shape, values.length);
        bytes.asLongBuffer().put(values);
        return new ContiguousTensor(DType.I64, shape, bytes);
    }

    /**
     * A tensor of any type from its bytes, in the layout of {@link #bytes()}; the array is copied.
     *
     * @throws IllegalArgumentException if the number of bytes is not that of the shape and dtype
     */
    static StoredTensor ofBytes(DType dtype, Shape shape, byte[] bytes) {
        if (bytes.length != (long) shape.size() * dtype.size()) {
            throw new IllegalArgumentException(dtype + " " + shape + " takes " + (long) shape.size() * dtype.size()
                    + " bytes, but the number given is " + bytes.length);
        }
        return new ContiguousTensor(dtype, shape, ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN));
    }
}
