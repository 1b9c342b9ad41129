package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of {@code webp/} cover each feature of the format; {@code make_fixtures.py} beside them generates them. */
class WebpTest {
    private static final int MEGAPIXEL = 1_000_000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Expected sizes and CRC-32 are those of Pillow's libwebp, or {@code refused}. */
    @ParameterizedTest
    @CsvFileSource(resources = "webp/expected.csv")
    void equalsLibwebp(String name, String width, Integer height, Long crc) throws IOException {
        byte[] file = DrawnImages.resource("webp/" + name);
        if (width.equals("refused")) {
            String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(file, name)).getMessage();
            assertTrue(message.startsWith(name + ": broken WEBP file: "), message);
            return;
        }
        RgbImage image = ImageDecoder.decode(file, name);
        assertEquals(Integer.parseInt(width), image.width());
        assertEquals(height, image.height());
        assertEquals(crc, DrawnImages.crc(image));
    }

    /** Bitstreams cut to every length, in a container whose sizes are consistent. */
    @ParameterizedTest
    @ValueSource(strings = {"q75.webp", "partitions-2-profile-3.webp", "lossless-m6.webp", "palette-16.webp"})
    void bitstreamsCutShortAreRefused(String name) throws IOException {
        byte[] file = DrawnImages.resource("webp/" + name);
        int payload = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(16);
        for (int length = 0; length < payload - 2; length += 2) {
            byte[] cut = Arrays.copyOf(file, 20 + length);
            ByteBuffer.wrap(cut).order(ByteOrder.LITTLE_ENDIAN).putInt(4, 12 + length).putInt(16, length);
            assertThrows(ImageReadException.class, () -> ImageDecoder.decode(cut, name), name + " of " + length + " bytes");
        }
    }

    /** A header that claims 196 million pixels, without data for any. */
    @Test
    void claimsWithoutDataAreRefusedAtOnce() throws IOException {
        byte[] file = DrawnImages.resource("webp/cut-after-header.webp");
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(21, 13_999 | 13_999 << 14);
        assertTimeout(Duration.ofSeconds(1),
                () -> assertThrows(ImageReadException.class, () -> ImageDecoder.decode(file, "claims.webp")));
    }

    /** A changed file is decoded or refused within one second of CPU time per megapixel. */
    @Test
    void damagedFilesEndInTime() throws IOException {
        List<String> names = names();
        SplittableRandom random = new SplittableRandom(15);
        int decoded = 0;
        for (int i = 0; i < 5000; i++) {
            String name = names.get(random.nextInt(names.size()));
            byte[] file = DrawnImages.resource("webp/" + name);
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                int at = 12 + random.nextInt(Math.min(file.length - 12, random.nextBoolean() ? 60 : file.length));
                file[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : file[at] ^ 1 << random.nextInt(8));
            }
            long begin = THREADS.getCurrentThreadCpuTime();
            int pixels = 0;
            try {
                RgbImage image = ImageDecoder.decode(file, name);
                pixels = image.width() * image.height();
                decoded++;
            } catch (ImageReadException refused) {
                assertTrue(refused.getMessage().startsWith(name + ": "), refused.getMessage());
            }
            long milliseconds = (THREADS.getCurrentThreadCpuTime() - begin) / 1_000_000;
            assertTrue(milliseconds < 1000L * (1 + pixels / MEGAPIXEL), name + ", change " + i + ": " + milliseconds + " ms");
        }
        assertTrue(decoded > 500, decoded + " files decoded");
    }

    @Test
    void sharedCases() throws IOException {
        assertEquals(ImageDecoder.decode(shared("webp-lossy-as-libwebp-has-it.png")),
                ImageDecoder.decode(shared("webp-lossy.webp")));
        assertTimeout(Duration.ofSeconds(1), () -> assertThrows(ImageReadException.class,
                () -> ImageDecoder.decode(shared("webp-lossless-cut-1000.webp"))));
        RgbImage one = ImageDecoder.decode(shared("webp-lossless-one-100.webp"));
        assertEquals(100, one.width());
        assertEquals(100, one.height());
        for (int i = 0; i < one.rgb().length; i++) {
            assertEquals(new int[] {30, 200, 40}[i % 3], one.rgb()[i] & 0xff);
        }
        RgbImage unprofiled = ImageDecoder.decode(shared("icc-broken.webp"));
        assertEquals(64, unprofiled.width());
        assertEquals(48, unprofiled.height());
        assertEquals(4192733950L, DrawnImages.crc(unprofiled));
    }

    private static Path shared(String name) {
        Path path = Path.of(System.getProperty("shared.dir", "../../shared"), "cases", "images", name);
        assumeTrue(Files.exists(path), "skipped: no " + path + "; set -Dshared.dir to run on the shared cases");
        return path;
    }

    private static List<String> names() throws IOException {
        try (BufferedReader rows = new BufferedReader(new InputStreamReader(
                WebpTest.class.getResourceAsStream("webp/expected.csv"), StandardCharsets.UTF_8))) {
            return rows.lines().map(row -> row.substring(0, row.indexOf(','))).toList();
        }
    }
}
