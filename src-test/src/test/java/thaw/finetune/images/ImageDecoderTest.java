package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.io.RandomAccessFile;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {
    /** Expected sizes and CRC-32 are Pillow's, printed by the script beside the fixtures. */
    @ParameterizedTest
    @CsvSource({
        "yuv420.jpg, 19, 13, 1100368498",
        "yuv422-progressive.jpg, 19, 13, 3355766761",
        "rgb.jpg, 19, 13, 1221427133",
        "unmarked.jpg, 19, 13, 3731247416",
        "broken-profile.jpg, 19, 13, 1100368498",
        "cmyk.jpg, 19, 13, 1221427133",
        "ycck.jpg, 19, 13, 3342811330",
        "rotated.jpg, 13, 19, 913899537",
        "rotated.png, 13, 19, 1622846878",
        "rotated.webp, 13, 19, 1622846878",
        "rotated.tif, 13, 19, 1622846878",
        "cmyk-progressive.jpg, 19, 13, 1221427133",
        "gray-progressive.jpg, 19, 13, 196866968",
        "palette-transparent.png, 19, 13, 1686709598",
        "interlaced.gif, 19, 13, 1686709598",
        "animated.webp, 19, 13, 3067711823",
        "alpha.webp, 19, 13, 3067711823",
        "lossy.webp, 19, 13, 989706877",
        "fax.tif, 19, 13, 1129714074",
        "cmyk.tif, 19, 13, 3067711823",
        "lzw.tif, 19, 13, 3067711823"})
    void equalsPillow(String name, int width, int height, long crc) throws IOException {
        RgbImage image = ImageDecoder.decode(DrawnImages.resource(name), name);
        assertEquals(width, image.width());
        assertEquals(height, image.height());
        assertEquals(crc, DrawnImages.crc(image));
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff"})
    void losslessFormatsComeBackAsTheyWere(String format) throws IOException {
        RgbImage waves = DrawnImages.waves(23, 11);
        byte[] file = DrawnImages.encode(DrawnImages.buffered(waves, BufferedImage.TYPE_INT_RGB), format);
        assertEquals(waves, ImageDecoder.decode(file, format));
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "gif", "bmp", "tiff"})
    void palettes(String format) throws IOException {
        BufferedImage indexed = DrawnImages.buffered(DrawnImages.waves(23, 11), BufferedImage.TYPE_BYTE_INDEXED);
        RgbImage decoded = ImageDecoder.decode(DrawnImages.encode(indexed, format), format);
        for (int y = 0; y < 11; y++) {
            for (int x = 0; x < 23; x++) {
                int expected = indexed.getRGB(x, y) & 0xffffff;
                assertEquals(expected, decoded.sample(x, y, 0) << 16 | decoded.sample(x, y, 1) << 8 | decoded.sample(x, y, 2));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "tiff"})
    void alphaIsDroppedNotBlended(String format) throws IOException {
        RgbImage waves = DrawnImages.waves(16, 16);
        BufferedImage transparent = DrawnImages.buffered(waves, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < 256; i++) {
            transparent.setRGB(i % 16, i / 16, transparent.getRGB(i % 16, i / 16) & 0xffffff | i << 24);
        }
        assertEquals(waves, ImageDecoder.decode(DrawnImages.encode(transparent, format), format));
    }

    /** 8-bit grey is copied to all channels; Java2D's conversion treats it as linear light and would brighten it. */
    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff"})
    void grayIsTakenAsStored(String format) throws IOException {
        BufferedImage gray = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
        IntStream.range(0, 256).forEach(i -> gray.getRaster().setSample(i, 0, 0, i));
        RgbImage decoded = ImageDecoder.decode(DrawnImages.encode(gray, format), format);
        for (int i = 0; i < 256; i++) {
            for (int c = 0; c < 3; c++) {
                assertEquals(i, decoded.sample(i, 0, c));
            }
        }
    }

    @Test
    void sixteenBitsKeepTheirHighByte() throws IOException {
        BufferedImage deep = new BufferedImage(256, 256, BufferedImage.TYPE_USHORT_GRAY);
        IntStream.range(0, 65536).forEach(i -> deep.getRaster().setSample(i % 256, i / 256, 0, i));
        RgbImage decoded = ImageDecoder.decode(DrawnImages.encode(deep, "png"), "deep.png");
        IntStream.range(0, 65536).forEach(i -> assertEquals(i / 256, decoded.sample(i % 256, i / 256, 1)));
    }

    /** Two to four channels of 16 bits, in an order without a predefined image type in ImageIO. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void sixteenBitsOfSeveralChannels(int bands) throws IOException {
        int space = bands == 2 ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB;
        ColorModel model = new ComponentColorModel(ColorSpace.getInstance(space), bands % 2 == 0, false,
                bands % 2 == 0 ? Transparency.TRANSLUCENT : Transparency.OPAQUE, DataBuffer.TYPE_USHORT);
        WritableRaster raster = model.createCompatibleWritableRaster(64, 64);
        SplittableRandom random = new SplittableRandom(bands);
        for (int i = 0; i < 64 * 64 * bands; i++) {
            raster.setSample(i / bands % 64, i / bands / 64, i % bands, random.nextInt(65536));
        }
        RgbImage decoded = ImageDecoder.decode(DrawnImages.encode(new BufferedImage(model, raster, false, null), "png"), "deep.png");
        for (int i = 0; i < 64 * 64 * 3; i++) {
            int stored = raster.getSample(i / 3 % 64, i / 3 / 64, bands == 2 ? 0 : i % 3);
            assertEquals(stored >> 8, decoded.sample(i / 3 % 64, i / 3 / 64, i % 3));
        }
    }

    @Test
    void grayJpegHasThreeEqualChannels() throws IOException {
        BufferedImage gray = DrawnImages.buffered(DrawnImages.waves(40, 30), BufferedImage.TYPE_BYTE_GRAY);
        byte[] file = DrawnImages.encode(gray, "jpg");
        RgbImage decoded = ImageDecoder.decode(file, "gray.jpg");
        int[] stored = ImageIO.read(new ByteArrayInputStream(file)).getRaster().getPixels(0, 0, 40, 30, (int[]) null);
        for (int i = 0; i < stored.length; i++) {
            for (int c = 0; c < 3; c++) {
                assertEquals(stored[i], decoded.sample(i % 40, i / 40, c));
            }
        }
    }

    /** The stored corners shown at the top left and at the top right, by the table of TIFF 6.0 (tag 274). */
    @ParameterizedTest
    @CsvSource({"1, 0 0, 18 0", "2, 18 0, 0 0", "3, 18 12, 0 12", "4, 0 12, 18 12",
        "5, 0 0, 0 12", "6, 0 12, 0 0", "7, 18 12, 18 0", "8, 18 0, 18 12"})
    void everyOrientation(int value, String topLeft, String topRight) throws IOException {
        byte[] file = DrawnImages.resource("rotated.png");
        int tag = indexOf(file, new byte[] {0x12, 0x01, 3, 0, 1, 0, 0, 0}, new byte[] {0x01, 0x12, 0, 3, 0, 0, 0, 1});
        for (int i = tag + 8; i < tag + 12; i++) {
            file[i] = file[i] == 0 ? 0 : (byte) value;
        }
        RgbImage stored = DrawnImages.fixture();
        RgbImage upright = ImageDecoder.decode(file, "orientation " + value);
        assertEquals(value < 5 ? 19 : 13, upright.width());
        assertSamePixel(stored, topLeft, upright, 0, 0);
        assertSamePixel(stored, topRight, upright, upright.width() - 1, 0);
    }

    @Test
    void nonsenseInExifIsNoReasonToRefuseTheImage() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        byte[] sound = DrawnImages.resource("rotated.jpg");
        int start = indexOf(sound, "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1)) + 6;
        for (int i = 0; i < 200; i++) {
            byte[] file = sound.clone();
            for (int k = 0; k < 3; k++) {
                file[start + random.nextInt(20)] = (byte) random.nextInt(256);
            }
            assertEquals(19 * 13, ImageDecoder.decode(file, "damaged").rgb().length / 3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"yuv420.jpg", "yuv422-progressive.jpg", "cmyk.jpg", "rotated.png", "rotated.webp", "rotated.tif",
        "lossy.webp"})
    void filesCutShortAreNamed(String name) throws IOException {
        byte[] file = DrawnImages.resource(name);
        for (int percent : new int[] {15, 50, 80}) {
            byte[] part = Arrays.copyOf(file, file.length * percent / 100);
            ImageReadException thrown = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(part, name),
                    name + " of " + percent + " %");
            assertTrue(thrown.getMessage().startsWith(name + ": broken "), thrown.getMessage());
        }
    }

    /** Decoding a damaged file ends with an image or with an exception that names the file. */
    @ParameterizedTest
    @ValueSource(strings = {"yuv420.jpg", "ycck.jpg", "rotated.png", "rotated.webp", "rotated.tif", "lossy.webp"})
    void damagedFilesNeverSurprise(String name) throws IOException {
        SplittableRandom random = new SplittableRandom(name.hashCode());
        byte[] sound = DrawnImages.resource(name);
        for (int i = 0; i < 60; i++) {
            byte[] file = sound.clone();
            for (int k = 0; k < 4; k++) {
                file[random.nextInt(file.length)] = (byte) random.nextInt(256);
            }
            try {
                ImageDecoder.decode(file, name);
            } catch (ImageReadException broken) {
                assertTrue(broken.getMessage().startsWith(name), broken.getMessage());
            }
        }
    }

    @Test
    void absurdSizesAreRefusedBeforeMemoryIsAskedFor() throws IOException {
        byte[] png = DrawnImages.encode(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB), "png");
        Arrays.fill(png, 16, 24, (byte) 0);
        png[17] = 1;
        png[21] = 1;
        String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(png, "bomb.png")).getMessage();
        assertTrue(message.contains("bomb.png") && message.contains("65536 x 65536"), message);

        byte[] jpeg = DrawnImages.resource("yuv420.jpg");
        int frame = indexOf(jpeg, new byte[] {(byte) 0xff, (byte) 0xc0});
        Arrays.fill(jpeg, frame + 5, frame + 9, (byte) 0xff);
        assertTrue(assertThrows(ImageReadException.class, () -> ImageDecoder.decode(jpeg, "bomb.jpg")).getMessage()
                .contains("65535 x 65535"));
    }

    /** Within the limits of pixels and heap, but more than Deflate can make of so few bytes. */
    @Test
    void aPngTooShortForItsPixelsIsRefusedBeforeMemoryIsAskedFor() throws IOException {
        byte[] png = DrawnImages.encode(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB), "png");
        png[18] = 0x11;
        png[22] = 0x11;
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = thread.getThreadAllocatedBytes(Thread.currentThread().getId());
        String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(png, "bomb.png")).getMessage();
        assertTrue(message.startsWith("bomb.png: broken PNG file: it is cut short"), message);
        assertTrue(thread.getThreadAllocatedBytes(Thread.currentThread().getId()) - before < 50_000_000, "memory was allocated");
    }

    /** A white image is compressed 1000-fold: the strictest that the check must let through. */
    @Test
    void aHighlyCompressedPngIsRead() throws IOException {
        RgbImage read = ImageDecoder.decode(DrawnImages.encode(new BufferedImage(2000, 1500, BufferedImage.TYPE_BYTE_BINARY), "png"),
                "blank.png");
        assertEquals(2000, read.width());
    }

    @Test
    void aJpegOfTwelveBitsIsNamedSo() throws IOException {
        byte[] jpeg = DrawnImages.resource("yuv420.jpg");
        jpeg[indexOf(jpeg, new byte[] {(byte) 0xff, (byte) 0xc0}) + 4] = 12;
        assertEquals("a.jpg: JPEG with samples of 12 bits is not read; save it with 8 bits, or as PNG",
                assertThrows(ImageReadException.class, () -> ImageDecoder.decode(jpeg, "a.jpg")).getMessage());
    }

    /** 26000 x 26000 pixels of three bytes are refused by the heap limit if the limit of pixels permits them. */
    @Test
    void whatTakesMoreThanHalfOfTheHeapIsRefusedBeforeMemoryIsAskedFor(@TempDir Path folder) throws IOException {
        assumeTrue(Runtime.getRuntime().maxMemory() < 3_800_000_000L, "skipped: the heap is so large that it would be decoded");
        byte[] jpeg = DrawnImages.resource("yuv420.jpg");
        int frame = indexOf(jpeg, new byte[] {(byte) 0xff, (byte) 0xc0});
        System.arraycopy(new byte[] {0x65, (byte) 0x90, 0x65, (byte) 0x90}, 0, jpeg, frame + 5, 4);
        Path bomb = Files.write(folder.resolve("bomb.jpg"), jpeg);
        String message = assertThrows(ImageReadException.class,
                () -> ImageDecoder.decode(bomb, ImageDecoder.MOST_PIXELS, UnaryOperator.identity())).getMessage();
        assertTrue(message.startsWith(bomb + ": its 26000 x 26000 pixels take 19") && message.contains("half of Java's heap")
                && message.contains("-Xmx"), message);
    }

    /** An image with zeros behind it, of which the file system stores none. */
    @Test
    void aFileOfMoreThanAQuarterOfTheHeapIsRefusedUnread(@TempDir Path folder) throws IOException {
        long quarter = Runtime.getRuntime().maxMemory() / 4;
        assumeTrue(quarter < 1_000_000_000L, "skipped: the heap is so large that it would be read");
        Path file = Files.write(folder.resolve("large.jpg"), DrawnImages.resource("yuv420.jpg"));
        try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
            large.setLength(quarter + (2 << 20));
        }
        String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(file)).getMessage();
        assertTrue(message.startsWith(file + ": its file of ") && message.contains("a quarter of Java's heap")
                && message.contains("-Xmx"), message);
    }

    /** Java limits the memory outside of the heap for all of a process's files; what a thread has read it keeps there. */
    @Test
    void threadsKeepNoFilesOutsideOfTheHeap(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("a.ppm"), ("P6 2000 2000 255\n" + "\0".repeat(12_000_000))
                .getBytes(StandardCharsets.ISO_8859_1));
        long before = directBytes();
        assertEquals(2000, ImageDecoder.decode(file).width());
        assertTrue(directBytes() - before < 1 << 20, before + " bytes before, " + directBytes() + " after");
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream().filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
    }

    @Test
    void whatIsMadeOfAnImageNamesIt(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("a.jpg"), DrawnImages.resource("yuv420.jpg"));
        assertEquals(19, ImageDecoder.decode(file, 19 * 13, UnaryOperator.identity()).width());
        String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(file, 19 * 13,
                image -> Resize.to(image, 0, 1))).getMessage();
        assertTrue(message.startsWith(file + ": an image of 19 x 13 pixels"), message);
        assertTrue(assertThrows(ImageReadException.class, () -> ImageDecoder.decode(file, 19 * 13 - 1, image -> image)).getMessage()
                .contains("limit of 246"));
    }

    @Test
    void messagesNameTheFileAndWhatWasExpected(@TempDir Path folder) throws IOException {
        Path text = Files.writeString(folder.resolve("notes.jpg"), "not an image");
        Path empty = Files.createFile(folder.resolve("empty.png"));
        assertMessage(text, "notes.jpg", "not an image", "JPEG, PNG");
        assertMessage(empty, "empty.png", "empty", "expected an image");
        assertMessage(folder.resolve("missing.jpg"), "missing.jpg", "no such file");
        assertMessage(folder, folder.toString(), "is a folder");
    }

    @Test
    void manyThreadsGetTheSame() throws IOException {
        byte[][] files = {DrawnImages.resource("yuv420.jpg"), DrawnImages.resource("cmyk.jpg"), DrawnImages.resource("rotated.webp"),
            DrawnImages.resource("rotated.tif"), DrawnImages.resource("rotated.png")};
        RgbImage[] expected = Arrays.stream(files).map(file -> ImageDecoder.decode(file, "one")).toArray(RgbImage[]::new);
        IntStream.range(0, 400).parallel()
                .forEach(i -> assertEquals(expected[i % 5], ImageDecoder.decode(files[i % 5], "thread " + i)));
    }

    @Test
    void imageIosSettingsStayAsTheyAre() throws IOException {
        boolean before = ImageIO.getUseCache();
        ImageDecoder.decode(DrawnImages.resource("yuv420.jpg"), "jpg");
        assertEquals(before, ImageIO.getUseCache());
    }

    private static void assertMessage(Path file, String... parts) {
        String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(file)).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message + " should contain " + part);
        }
    }

    private static void assertSamePixel(RgbImage stored, String at, RgbImage upright, int x, int y) {
        String[] position = at.split(" ");
        for (int c = 0; c < 3; c++) {
            assertEquals(stored.sample(Integer.parseInt(position[0]), Integer.parseInt(position[1]), c), upright.sample(x, y, c));
        }
    }

    private static int indexOf(byte[] file, byte[]... patterns) {
        for (int i = 0; i < file.length; i++) {
            for (byte[] pattern : patterns) {
                if (i + pattern.length <= file.length
                        && Arrays.equals(file, i, i + pattern.length, pattern, 0, pattern.length)) {
                    return i;
                }
            }
        }
        throw new AssertionError("pattern not found");
    }
}
