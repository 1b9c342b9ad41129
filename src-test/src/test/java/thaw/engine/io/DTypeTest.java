package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import thaw.kernels.Shape;

class DTypeTest {

    private static StoredTensor shorts(DType dtype, int... bits) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * bits.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int b : bits) {
            bytes.putShort((short) b);
        }
        return StoredTensor.ofBytes(dtype, Shape.of(bits.length), bytes.array());
    }

    /** All 65536 float16 values by their definition, (-1)^s · 2^(e-15) · (1 + f/1024), and 2^-14 · f/1024 if e is 0. */
    @Test
    void everyFloat16() {
        int[] all = new int[1 << 16];
        for (int i = 0; i < all.length; i++) {
            all[i] = i;
        }
        float[] values = shorts(DType.F16, all).toFloats();
        double[] doubles = shorts(DType.F16, all).toDoubles();
        for (int i = 0; i < all.length; i++) {
            int e = i >> 10 & 31;
            int f = i & 1023;
            double magnitude = e == 0 ? Math.scalb(f / 1024.0, -14) : Math.scalb(1 + f / 1024.0, e - 15);
            double expected = Math.copySign(magnitude, i >= 1 << 15 ? -1 : 1);
            if (e == 31) {
                expected = f == 0 ? Math.copySign(Double.POSITIVE_INFINITY, expected) : Double.NaN;
            }
            assertEquals(expected, values[i], "bits " + i);
            assertEquals(expected, doubles[i], "bits " + i);
        }
    }

    /** All 16-bit values, alone, at every position in a long and after the last whole long. */
    @Test
    void everyHalfThatIsNotFiniteIsFound() {
        for (DType dtype : new DType[] {DType.F16, DType.BF16}) {
            for (int bits = 0; bits < 1 << 16; bits++) {
                boolean finite = Float.isFinite(shorts(dtype, bits).toFloats()[0]);
                int[] eleven = new int[11];
                eleven[bits % 11] = bits;
                assertEquals(finite, shorts(dtype, eleven).isFinite(), dtype + " " + bits);
                assertEquals(finite, shorts(dtype, bits).isFinite(), dtype + " " + bits);
            }
        }
    }

    @Test
    void floatsAndDoublesThatAreNotFiniteAreFound() {
        double halfway = 0x1.ffffffp127;
        double[] finite = {0, -0.0, 1, -1, Float.MIN_VALUE, Float.MAX_VALUE, -Float.MAX_VALUE, Double.MIN_VALUE,
            Math.nextDown(halfway), -Math.nextDown(halfway)};
        double[] others = {Double.NaN, -Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, halfway, -halfway, 1e300,
            Double.longBitsToDouble(0x7ff0000000000001L), Double.longBitsToDouble(-1)};
        for (int length = 1; length < 6; length++) {
            for (int at = 0; at < length; at++) {
                for (double value : finite) {
                    assertTrue(of(length, at, value, DType.F64).isFinite() && of(length, at, value, DType.F32).isFinite(), "" + value);
                }
                for (double value : others) {
                    assertFalse(of(length, at, value, DType.F64).isFinite() || of(length, at, value, DType.F32).isFinite(), "" + value);
                }
            }
        }
        double[] many = new double[5000];
        many[4999] = Double.NaN;
        assertFalse(StoredTensor.ofDoubles(Shape.of(5000), many).isFinite());
        assertTrue(StoredTensor.ofLongs(Shape.of(2), new long[] {-1, Long.MAX_VALUE}).isFinite());
        assertTrue(StoredTensor.of(Shape.of(0), new float[0]).isFinite());
    }

    private static StoredTensor of(int length, int at, double value, DType dtype) {
        double[] values = new double[length];
        values[at] = value;
        float[] floats = new float[length];
        floats[at] = (float) value;
        return dtype == DType.F64 ? StoredTensor.ofDoubles(Shape.of(length), values) : StoredTensor.of(Shape.of(length), floats);
    }

    /** Each binary16 is its own nearest, and of any other float no binary16 is nearer; a tie goes to the even one. */
    @Test
    void nearestFloat16() {
        double[] all = new double[0x7c00];
        for (int bits = 0; bits < all.length; bits++) {
            all[bits] = half((short) bits);
            assertEquals((short) bits, DType.toFloat16((float) all[bits]));
            assertEquals((short) (bits | 0x8000), DType.toFloat16((float) -all[bits]));
            if (bits > 0) {
                float middle = (float) ((all[bits - 1] + all[bits]) / 2);
                assertEquals((short) (bits - bits % 2), DType.toFloat16(middle), "tie at " + middle);
                assertEquals((short) (bits - 1), DType.toFloat16(Math.nextDown(middle)));
                assertEquals((short) bits, DType.toFloat16(Math.nextUp(middle)));
            }
        }
        assertEquals((short) 0x7bff, DType.toFloat16(Math.nextDown(65_520f)));
        assertEquals((short) 0x7c00, DType.toFloat16(65_520f));
        assertEquals((short) 0xfc00, DType.toFloat16(Float.NEGATIVE_INFINITY));
        assertTrue(Double.isNaN(half(DType.toFloat16(Float.NaN))));
    }

    private static double half(short bits) {
        return StoredTensor.ofBytes(DType.F16, Shape.of(1), new byte[] {(byte) bits, (byte) (bits >> 8)}).toDoubles()[0];
    }

    @Test
    void float16OfTensors() {
        StoredTensor floats = StoredTensor.of(Shape.of(2, 2), new float[] {1, -0.1f, 65504, 1e-8f});
        StoredTensor halves = floats.toFloat16();
        assertEquals(DType.F16, halves.dtype());
        assertEquals(Shape.of(2, 2), halves.shape());
        assertArrayEquals(new double[] {1, -0.0999755859375, 65504, 0}, halves.toDoubles());
        StoredTensor numbers = StoredTensor.ofLongs(Shape.of(1), new long[] {7});
        assertSame(numbers, numbers.toFloat16());
        assertTrue(assertThrows(ArithmeticException.class, () -> StoredTensor.of(Shape.of(2), new float[] {0, 1e5f}).toFloat16())
                .getMessage().contains("element 1 is 100000"));
    }

    /** A bfloat16 is the float whose lower half is zero. */
    @Test
    void everyBfloat16() {
        int[] all = new int[1 << 16];
        for (int i = 0; i < all.length; i++) {
            all[i] = i;
        }
        float[] values = shorts(DType.BF16, all).toFloats();
        for (int i = 0; i < all.length; i++) {
            float expected = Float.intBitsToFloat(i << 16);
            assertEquals(expected, values[i]);
        }
    }

    @Test
    void unsignedLongsAreRoundedToTheNearest() {
        Random random = new Random(5);
        long[] bits = random.longs(2000).toArray();
        bits[0] = -1;
        bits[1] = Long.MIN_VALUE;
        bits[2] = Long.MIN_VALUE + 1024;
        bits[3] = Long.MIN_VALUE + 1025;
        ByteBuffer bytes = ByteBuffer.allocate(8 * bits.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(bits);
        StoredTensor tensor = StoredTensor.ofBytes(DType.U64, Shape.of(bits.length), bytes.array());
        double[] doubles = tensor.toDoubles();
        for (int i = 0; i < bits.length; i++) {
            assertEquals(new BigDecimal(new BigInteger(Long.toUnsignedString(bits[i]))).doubleValue(), doubles[i]);
        }
        assertThrows(ArithmeticException.class, tensor::toLongs);
        byte[] largest = {0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, 127};
        assertArrayEquals(new long[] {0, Long.MAX_VALUE}, StoredTensor.ofBytes(DType.U64, Shape.of(2), largest).toLongs());
    }

    @Test
    void integersAreSignedAsTheirTypeSays() {
        byte[] ones = {-1, -1, -1, -1, -1, -1, -1, -1};
        long[] expected = {1, 255, -1, -1, 65535, -1, 4294967295L, -1};
        DType[] types = {DType.BOOL, DType.U8, DType.I8, DType.I16, DType.U16, DType.I32, DType.U32, DType.I64};
        for (int i = 0; i < types.length; i++) {
            int n = 8 / types[i].size();
            StoredTensor tensor = StoredTensor.ofBytes(types[i], Shape.of(n), ones);
            assertEquals(expected[i], tensor.toLongs()[n - 1], types[i].name());
            assertEquals(expected[i], tensor.toDoubles()[n - 1], types[i].name());
            assertEquals((float) expected[i], tensor.toFloats()[n - 1], types[i].name());
        }
    }

    @Test
    void valuesComeBackAsTheyWereGiven() {
        float[] floats = {1.5f, -0.0f, Float.NaN, Float.MIN_VALUE};
        StoredTensor f32 = StoredTensor.of(Shape.of(2, 2), floats);
        assertArrayEquals(floats, f32.toFloats());
        assertArrayEquals(new double[] {1.5, -0.0, Double.NaN, Float.MIN_VALUE}, f32.toDoubles());
        double[] doubles = {0.1, 1e300};
        assertArrayEquals(doubles, StoredTensor.ofDoubles(Shape.of(2), doubles).toDoubles());
        assertArrayEquals(new float[] {0.1f, Float.POSITIVE_INFINITY}, StoredTensor.ofDoubles(Shape.of(2), doubles).toFloats());
        long[] longs = {Long.MIN_VALUE, 3};
        assertArrayEquals(longs, StoredTensor.ofLongs(Shape.of(2), longs).toLongs());
    }

    @Test
    void wrongNumbersOfElementsAreNamed() {
        StoredTensor tensor = StoredTensor.of(Shape.of(3), new float[3]);
        assertThrows(IllegalArgumentException.class, () -> StoredTensor.of(Shape.of(3), new float[2]));
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> StoredTensor.ofBytes(DType.F16, Shape.of(3), new byte[5])).getMessage()
                        .contains("takes 6 bytes, but the number given is 5"));
        assertTrue(assertThrows(IllegalStateException.class, tensor::toLongs).getMessage().contains("F32"));
    }
}
