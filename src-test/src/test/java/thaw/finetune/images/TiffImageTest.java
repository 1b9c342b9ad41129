package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TiffImageTest {
    private static final int WIDTH = 37;
    private static final int HEIGHT = 5;

    /** Black and white are 0 and 255 at any depth, and grey levels are proportional. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 6, 8, 10, 12, 14, 16, 24, 32})
    void grayOfAnyDepth(int bits) {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            byte[] rising = new TiffFile(WIDTH, HEIGHT, 1, bits, order).bytes(i -> sample(i, bits));
            byte[] falling = new TiffFile(WIDTH, HEIGHT, 1, bits, order).with(TiffFile.PHOTOMETRIC, 3, 0)
                    .bytes(i -> ~sample(i, bits) & (int) largest(bits));
            RgbImage image = ImageDecoder.decode(rising, bits + " bits");
            assertEquals(image, ImageDecoder.decode(falling, bits + " bits, white is 0"));
            for (int i = 0; i < WIDTH * HEIGHT; i++) {
                assertEquals(255.0 * (sample(i, bits) & largest(bits)) / largest(bits), image.sample(i % WIDTH, i / WIDTH, 1), 1,
                        order + ", sample " + i);
            }
            assertEquals(0, image.sample(0, 0, 0));
            assertEquals(255, image.sample(WIDTH - 1, HEIGHT - 1, 0));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 10, 12, 14, 16, 24, 32})
    void colorsOfAnyDepth(int bits) {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            byte[] file = new TiffFile(WIDTH, HEIGHT, 3, bits, order).bytes(i -> sample(i / 3 * 7 * (i % 3 + 1), bits));
            RgbImage image = ImageDecoder.decode(file, bits + " bits");
            for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) {
                long stored = sample(i / 3 * 7 * (i % 3 + 1), bits) & largest(bits);
                assertEquals(255.0 * stored / largest(bits), image.sample(i / 3 % WIDTH, i / 3 / WIDTH, i % 3), 1);
            }
        }
    }

    /** A ramp from 0 at index 0 to the largest sample, which repeats. */
    private static int sample(int index, int bits) {
        return (int) Math.round((double) largest(bits) * (index % (WIDTH * HEIGHT)) / (WIDTH * HEIGHT - 1));
    }

    private static long largest(int bits) {
        return (1L << bits) - 1;
    }

    /** Associated alpha as in Pillow 12.3: {@code 255 c / alpha} rounded down, black if alpha is 0; high bytes of 16 bits. */
    @ParameterizedTest
    @ValueSource(ints = {8, 16})
    void associatedAlphaIsDivided(int bits) {
        int[] pixels = {125, 10, 10, 128, 7, 200, 90, 255, 9, 8, 7, 0, 100, 50, 3, 60};
        byte[] file = new TiffFile(4, 1, 4, bits, ByteOrder.LITTLE_ENDIAN).with(TiffFile.EXTRA_SAMPLES, 3, 1)
                .bytes(i -> pixels[i] << bits - 8);
        byte[] expected = {(byte) 249, 19, 19, 7, (byte) 200, 90, 0, 0, 0, (byte) 255, (byte) 212, 12};
        assertArrayEquals(expected, ImageDecoder.decode(file, "associated").rgb());
        byte[] unassociated = new TiffFile(4, 1, 4, bits, ByteOrder.LITTLE_ENDIAN).with(TiffFile.EXTRA_SAMPLES, 3, 2)
                .bytes(i -> pixels[i] << bits - 8);
        assertArrayEquals(new byte[] {125, 10, 10, 7, (byte) 200, 90, 9, 8, 7, 100, 50, 3},
                ImageDecoder.decode(unassociated, "unassociated").rgb());
    }

    /** The tag's types in files: SHORT (3), LONG (4) and SLONG (9); like Pillow, a BYTE (1) is ignored. */
    @ParameterizedTest
    @CsvSource({"3, 2, 5", "4, 2, 5", "9, 2, 5", "1, 5, 2"})
    void orientationInTypesOfIntegers(int type, int width, int height) {
        RgbImage image = ImageDecoder.decode(new TiffFile(5, 2, 1, 8, ByteOrder.LITTLE_ENDIAN)
                .with(TiffFile.ORIENTATION, type, 6).bytes(i -> i), "turned");
        assertEquals(width, image.width());
        assertEquals(height, image.height());
    }

    @ParameterizedTest
    @CsvSource({"34925, LZMA", "50000, Zstandard", "50001, WebP", "34712, JPEG 2000", "34887, LERC", "12345, 12345"})
    void compressionThatIsNotReadIsNamed(int compression, String name) {
        assertMessage(new TiffFile(2, 2, 1, 8, ByteOrder.LITTLE_ENDIAN).with(TiffFile.COMPRESSION, 3, compression),
                "a.tif: TIFF compression " + name + " is not supported; save it with LZW or Deflate");
    }

    @ParameterizedTest
    @CsvSource({"1, 16, 2, signed samples", "1, 32, 2, signed samples", "3, 4, 1, BitsPerSample [4; 4; 4]",
        "1, 24, 3, floating-point samples"})
    void samplesThatAreNotReadAreNamed(int samples, int bits, int format, String part) {
        assertMessage(new TiffFile(2, 2, samples, bits, ByteOrder.LITTLE_ENDIAN).with(TiffFile.SAMPLE_FORMAT, 3, format),
                part.replace(';', ','), "save it with unsigned samples of 8 or 16 bits");
    }

    /** A field of all of a large file's bytes is not unpacked to numbers of eight bytes each. */
    @Test
    void ofManyValuesTheFirstAreRead() {
        long[] many = new long[100];
        Arrays.fill(many, 6);
        byte[] file = new TiffFile(5, 2, 1, 8, ByteOrder.LITTLE_ENDIAN).with(TiffFile.ORIENTATION, 3, many).bytes(i -> i);
        assertEquals(64, TiffDirectory.first(file).orElseThrow().values(TiffFile.ORIENTATION).length);
        assertEquals(2, ImageDecoder.decode(file, "many.tif").width());
    }

    @Test
    void floatingPointIsFromZeroToOne() {
        float[] sound = {0, 0.25f, 0.5f, 1, 1.02f, -0.01f};
        RgbImage image = ImageDecoder.decode(floats(sound), "float");
        assertArrayEquals(new int[] {0, 64, 128, 255, 255, 0}, IntStream.range(0, 6).map(x -> image.sample(x, 0, 0)).toArray());
        assertTrue(assertThrows(ImageReadException.class, () -> ImageDecoder.decode(floats(0, 100, 200, 255), "a.tif")).getMessage()
                .contains("samples from 0 to 1"));
    }

    private static byte[] floats(float... samples) {
        return new TiffFile(samples.length, 1, 1, 32, ByteOrder.LITTLE_ENDIAN).with(TiffFile.SAMPLE_FORMAT, 3, 3)
                .bytes(i -> Float.floatToIntBits(samples[i]));
    }

    @Test
    void cielabAndRawImagesAreNamed() {
        assertMessage(new TiffFile(2, 2, 3, 8, ByteOrder.LITTLE_ENDIAN).with(TiffFile.PHOTOMETRIC, 3, 8), "CIELab", "save it as RGB");
        assertMessage(new TiffFile(2, 2, 1, 8, ByteOrder.LITTLE_ENDIAN).with(50706, 1, 1, 4, 0, 0), "raw format is not read", "JPEG");
        assertMessage(new TiffFile(2, 2, 3, 8, ByteOrder.LITTLE_ENDIAN).with(254, 4, 1).with(330, 4, 8), "raw format is not read", "JPEG");
    }

    private static void assertMessage(TiffFile file, String... parts) {
        String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(file.bytes(i -> i), "a.tif")).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message + " should contain " + part);
        }
        assertTrue(!message.contains("broken"), message);
    }
}
