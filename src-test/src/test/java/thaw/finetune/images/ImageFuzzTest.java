package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.Extent;
import thaw.FuzzCorpus;
import thaw.Mutant;

/** Damaged images are decoded, or refused with the declared exception, in bounded memory; there are no other exceptions. */
class ImageFuzzTest {

    private static final int MUTANTS = Extent.times(60, 1000);

    /** The inputs that {@code src-test/fuzz/run} found, within a second each. */
    @Test
    void corpus() throws IOException {
        Map<String, byte[]> inputs = FuzzCorpus.of(ImageFuzzTest.class);
        assertTrue(inputs.size() > 300, inputs.size() + " inputs");
        inputs.forEach((name, input) -> assertTimeout(Duration.ofSeconds(1), () -> ImageTarget.fuzzerTestOneInput(input), name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rgb.jpg", "gray-progressive.jpg", "cmyk.jpg", "rotated.jpg", "rotated.png", "palette-transparent.png",
        "interlaced.gif", "lzw.tif", "fax.tif", "cmyk.tif", "lossy.webp", "alpha.webp", "animated.webp"})
    void images(String name) throws IOException {
        byte[] original;
        try (InputStream in = ImageFuzzTest.class.getResourceAsStream(name)) {
            original = in.readAllBytes();
        }
        for (int seed = 0; seed < MUTANTS; seed++) {
            try {
                ImageTarget.fuzzerTestOneInput(Mutant.of(original, new Random(seed)));
            } catch (AssertionError other) {
                fail(name + ", seed " + seed, other);
            }
        }
    }

    /** Each field of a directory has in turn every kind of extreme value, in each type: readers allocate memory by them. */
    @ParameterizedTest
    @ValueSource(strings = {"rotated.tif", "lzw.tif", "fax.tif", "cmyk.tif", "planes", "tiles", "floats"})
    void tiffFieldsOfAnyValue(String name) throws IOException {
        byte[] original = switch (name) {
            case "planes" -> new TiffFile(5, 4, 3, 8, ByteOrder.LITTLE_ENDIAN).with(284, 3, 2).with(273, 4, 8, 9, 10).with(278, 3, 4)
                    .bytes(i -> i);
            case "tiles" -> new TiffFile(16, 16, 3, 8, ByteOrder.BIG_ENDIAN).with(322, 3, 16).with(323, 3, 16).with(324, 4, 8)
                    .with(325, 4, 768).bytes(i -> i);
            case "floats" -> new TiffFile(5, 4, 1, 32, ByteOrder.LITTLE_ENDIAN).with(TiffFile.SAMPLE_FORMAT, 3, 3).bytes(i -> 0);
            default -> DrawnImages.resource(name);
        };
        ByteBuffer file = ByteBuffer.wrap(original).order(original[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = file.getInt(4);
        for (int entry = directory + 2; entry < directory + 2 + 12 * file.getShort(directory); entry += 12) {
            for (int type = 0; type <= 18; type++) {
                for (byte[] value : extremes(file.order(), type)) {
                    // Values of eight bytes lie at the end of the file, and all bytes of some fields are values.
                    for (int count : new int[] {0, 1, 2, 4, original.length / 8, -1}) {
                        byte[] changed = Arrays.copyOf(original, original.length + Long.BYTES);
                        ByteBuffer out = ByteBuffer.wrap(changed).order(file.order());
                        out.putShort(entry + 2, (short) type).putInt(entry + 4, count);
                        if (value.length > 4 || count > 2) {
                            out.putInt(entry + 8, count == 1 ? original.length : 8).put(original.length, Arrays.copyOf(value, 8));
                        } else {
                            out.put(entry + 8, Arrays.copyOf(value, 4));
                        }
                        ImageTarget.fuzzerTestOneInput(changed);
                    }
                }
            }
        }
    }

    /** Values at the limits of a type of TIFF fields, in bytes. */
    private static List<byte[]> extremes(ByteOrder order, int type) {
        return switch (type) {
            case 11 -> Stream.of(-1f, 1f, 7e24f, 3e8f, Float.NaN).map(v -> bytes(order, 4).putFloat(v).array()).toList();
            case 12 -> Stream.of(-1.0, 1.0, 1e300, 3e8, Double.NaN).map(v -> bytes(order, 8).putDouble(v).array()).toList();
            case 5, 10, 16, 17, 18 -> LongStream.of(-1, 0, 1, 1L << 30, Integer.MAX_VALUE, (1L << 32) + (1 << 30), Long.MAX_VALUE)
                    .mapToObj(v -> bytes(order, 8).putLong(v).array()).toList();
            case 3, 8 -> IntStream.of(0, 1, 2, 5, 17, 0x7fff, 0xffff).mapToObj(v -> bytes(order, 2).putShort((short) v).array()).toList();
            default -> IntStream.of(0, 1, 2, 5, 17, 1 << 16, 1 << 20, 1 << 30, Integer.MAX_VALUE, -1)
                    .mapToObj(v -> bytes(order, 4).putInt(v).array()).toList();
        };
    }

    private static ByteBuffer bytes(ByteOrder order, int length) {
        return ByteBuffer.allocate(length).order(order);
    }
}
