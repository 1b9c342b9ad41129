package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Element types of stored tensors, by their names in safetensors. Declared in the order in which the format's reference
 * implementation sorts them, from the smallest alignment to the largest, so that {@link Safetensors#write} lays out
 * tensors in the same order.
 */
public enum DType {
    /** A byte that is 0 or 1. */
    BOOL(1, false),
    /** Unsigned integers of 8 bits. */
    U8(1, false),
    /** Signed integers of 8 bits. */
    I8(1, false),
    /** Signed integers of 16 bits. */
    I16(2, false),
    /** Unsigned integers of 16 bits. */
    U16(2, false),
    /** IEEE 754's half precision. */
    F16(2, true),
    /** bfloat16: the upper half of single precision. */
    BF16(2, true),
    /** Signed integers of 32 bits. */
    I32(4, false),
    /** Unsigned integers of 32 bits. */
    U32(4, false),
    /** IEEE 754's single precision. */
    F32(4, true),
    /** IEEE 754's double precision. */
    F64(8, true),
    /** Signed integers of 64 bits. */
    I64(8, false),
    /** Unsigned integers of 64 bits. */
    U64(8, false);

    /** Halfway between the largest binary16 and the power of two above it. */
    private static final float FLOAT16_INFINITE = 65_520;

    /** The types by PyTorch's names. */
    private static final Map<String, DType> TORCH = Map.ofEntries(
            Map.entry("bool", BOOL), Map.entry("uint8", U8), Map.entry("int8", I8), Map.entry("int16", I16),
            Map.entry("short", I16), Map.entry("uint16", U16), Map.entry("float16", F16), Map.entry("half", F16),
            Map.entry("bfloat16", BF16), Map.entry("int32", I32), Map.entry("int", I32), Map.entry("uint32", U32),
            Map.entry("float32", F32), Map.entry("float", F32), Map.entry("float64", F64), Map.entry("double", F64),
            Map.entry("int64", I64), Map.entry("long", I64), Map.entry("uint64", U64));

    /** The longs checked per chunk, so that a chunk stays in the first-level cache. */
    private static final int CHECKED_TOGETHER = 1024;

    private final int size;
    private final boolean floating;

    DType(int size, boolean floating) {
        this.size = size;
        this.floating = floating;
    }

    /** Bytes per element. */
    public int size() {
        return size;
    }

    /** Whether elements are floating-point numbers; the other types are integers and {@link #BOOL}. */
    public boolean isFloating() {
        return floating;
    }

    /** The type of {@code torch.name}, or null if there is none. */
    static @Nullable DType ofTorch(String name) {
        return TORCH.get(name);
    }

    /** Converts elements to floats; F64 and wide integers are rounded to the nearest float. */
    void read(ByteBuffer from, float[] into) {
        int n = into.length;
        switch (this) {
            case F32 -> from.asFloatBuffer().get(into, 0, n);
            case F16 -> {
                for (int i = 0; i < n; i++) {
                    into[i] = float16(from.getShort(2 * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < n; i++) {
                    into[i] = bfloat16(from.getShort(2 * i));
                }
            }
            case F64 -> {
                for (int i = 0; i < n; i++) {
                    into[i] = (float) from.getDouble(8 * i);
                }
            }
            case U64 -> {
                for (int i = 0; i < n; i++) {
                    into[i] = (float) unsigned(from.getLong(8 * i));
                }
            }
            default -> {
                for (int i = 0; i < n; i++) {
                    into[i] = integer(from, i);
                }
            }
        }
    }

    /** Converts elements to doubles; exact except for 64-bit integers beyond 2^53. */
    void read(ByteBuffer from, double[] into) {
        for (int i = 0; i < into.length; i++) {
            into[i] = switch (this) {
                case F64 -> from.getDouble(8 * i);
                case F32 -> from.getFloat(4 * i);
                case F16 -> float16(from.getShort(2 * i));
                case BF16 -> bfloat16(from.getShort(2 * i));
                case U64 -> unsigned(from.getLong(8 * i));
                default -> integer(from, i);
            };
        }
    }

    /**
     * Whether all elements are finite as floats; F64 elements beyond the range of float are not. With {@code bits} an
     * element without its sign bit and {@code largest} the largest finite value of {@code bits}, the sum
     * {@code bits + (2^(width-1) - 1 - largest)} carries into the sign bit exactly if the element is not finite. All elements
     * of a long are tested by one addition: 25 million floats take 30 ms in a new process.
     */
    boolean isFinite(ByteBuffer from) {
        return switch (this) {
            case F16 -> isFinite(from, 0x7fff_7fff_7fff_7fffL, 0x0400_0400_0400_0400L);
            case BF16 -> isFinite(from, 0x7fff_7fff_7fff_7fffL, 0x0080_0080_0080_0080L);
            case F32 -> isFinite(from, 0x7fff_ffff_7fff_ffffL, 0x0080_0000_0080_0000L);
            // Doubles from halfway between the largest float and 2^128 upwards are rounded to infinity.
            case F64 -> isFinite(from, Long.MAX_VALUE, Long.MIN_VALUE - Double.doubleToRawLongBits(0x1.ffffffp127));
            default -> true;
        };
    }

    /**
     * @param magnitude mask of all bits in a long except the elements' sign bits
     * @param missing   for each element, the addend that carries the least non-finite magnitude into the sign bit
     */
    private boolean isFinite(ByteBuffer from, long magnitude, long missing) {
        LongBuffer longs = from.asLongBuffer();
        long[] part = new long[Math.min(CHECKED_TOGETHER, longs.remaining())];
        long carried = 0;
        while (longs.hasRemaining()) {
            int n = Math.min(part.length, longs.remaining());
            longs.get(part, 0, n);
            for (int i = 0; i < n; i++) {
                carried |= (part[i] & magnitude) + missing;
            }
        }
        // The remaining elements, fewer than fill a long, are padded with zeros.
        long rest = 0;
        for (int at = from.limit() - 1; at >= from.limit() / Long.BYTES * Long.BYTES; at--) {
            rest = rest << Byte.SIZE | from.get(at) & 0xff;
        }
        carried |= (rest & magnitude) + missing;
        return (carried & ~magnitude) == 0;
    }

    /** One element of an integer type or BOOL; U64 as its 64 bits. */
    long integer(ByteBuffer from, int i) {
        return switch (this) {
            case BOOL -> from.get(i) == 0 ? 0 : 1;
            case U8 -> from.get(i) & 0xff;
            case I8 -> from.get(i);
            case I16 -> from.getShort(2 * i);
            case U16 -> from.getShort(2 * i) & 0xffff;
            case I32 -> from.getInt(4 * i);
            case U32 -> from.getInt(4 * i) & 0xffff_ffffL;
            case I64, U64 -> from.getLong(8 * i);
            case F16, BF16, F32, F64 -> throw new IllegalStateException(this + " is not an integer type");
        };
    }

    private static double unsigned(long bits) {
        // The lowest bit is kept by OR: it only decides ties, and halving must not turn a value just above a tie into a tie.
        return bits >= 0 ? bits : 2.0 * (bits >>> 1 | bits & 1);
    }

    /** Converts IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
    private static float float16(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = bits >>> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        return switch (exponent) {
            case 0 -> (sign == 0 ? 0x1p-24f : -0x1p-24f) * fraction;
            case 0x1f -> Float.intBitsToFloat(sign | 0x7f80_0000 | fraction << 13);
            default -> Float.intBitsToFloat(sign | exponent - 15 + 127 << 23 | fraction << 13);
        };
    }

    /** The nearest binary16, of two equally near ones the even one; infinite from 65,520. */
    static short toFloat16(float value) {
        int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
        float magnitude = Math.abs(value);
        if (!(magnitude < FLOAT16_INFINITE)) {
            return (short) (sign | (Float.isNaN(value) ? 0x7e00 : 0x7c00));
        }
        if (magnitude < 0x1p-14f) {
            return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
        }
        int bits = Float.floatToRawIntBits(magnitude);
        return (short) (sign | bits + 0xfff + (bits >>> 13 & 1) - (127 - 15 << 23) >>> 13);
    }

    /** Converts bfloat16, the upper half of a float. */
    private static float bfloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}
