package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Small files of special cases, compared with Pillow 12.3. */
class SharedImageCasesTest {
    /** Sizes and CRC-32 of {@code ImageOps.exif_transpose(Image.open(file)).convert("RGB").tobytes()}. */
    @ParameterizedTest
    @CsvSource({
        "1x2900.png, 1, 2900, 38655568",
        "1x65500.png, 1, 65500, 1615222363",
        "bigtiff-orient-6.tif, 48, 64, 1741792834",
        "exif-6-long-le.jpg, 48, 64, 220921400",
        "gif-first-frame-offset.gif, 64, 48, 268683713",
        "icc-swapped-jpeg.tif, 48, 32, 2289541208",
        "other.ppm, 64, 48, 4192733950",
        "rawprofile-exif-6.png, 48, 64, 1741792834",
        "tiff-orient-6-long.tif, 48, 64, 1741792834",
        "tiff-rgba-associated.tif, 64, 48, 3092668628",
        "xmp-6-only.jpg, 48, 64, 220921400"})
    void equalsPillow(String name, int width, int height, long crc) {
        RgbImage image = ImageDecoder.decode(shared(name));
        assertEquals(width, image.width());
        assertEquals(height, image.height());
        assertEquals(crc, DrawnImages.crc(image));
    }

    @ParameterizedTest
    @CsvSource({
        "jpeg-cut-at-restart.jpg, cut short",
        "jpeg-cut-before-colour.jpg, cut short",
        "bomb-14000.jpg, 14000 x 14000 pixels are more than the limit of 178956970",
        "other-heic.jpg, HEIC is not read; export it as JPEG",
        "tiff-lzma.tif, compression LZMA is not supported",
        "tiff-zstd.tif, compression Zstandard is not supported"})
    void isRefusedByName(String name, String part) {
        Path file = shared(name);
        String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(file)).getMessage();
        assertTrue(message.startsWith(file + ": ") && message.contains(part), message);
    }

    /** CRC-32 of the central square of Pillow's {@code resize((short, short * 2900), BILINEAR)}, and of 65500. */
    @ParameterizedTest
    @CsvSource({"1x2900.png, 224, 258, 930429905", "1x65500.png, 10, 12, 1008615209"})
    void squareOfALongImage(String name, int size, int resize, long crc) {
        Transforms transforms = Transforms.of(size).resize(resize);
        assertEquals(crc, DrawnImages.crc(transforms.square(ImageDecoder.decode(shared(name)))));
    }

    @Test
    void crossesTheLimitWhereItIsRaised() {
        Path bomb = shared("bomb-14000.jpg");
        assumeTrue(Runtime.getRuntime().maxMemory() > 1_300_000_000L, "skipped: needs a heap of more than 1.2 GiB");
        RgbImage square = ImageDecoder.decode(bomb, 196_000_000, Transforms.of(8)::square);
        assertEquals(8, square.width());
    }

    private static Path shared(String name) {
        Path file = Path.of(System.getProperty("shared.dir", "../../shared"), "cases", "images", name);
        assumeTrue(Files.exists(file), "skipped: no " + file + "; set -Dshared.dir to run on the files that failed");
        return file;
    }
}
