package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResizeTest {
    /** CRC-32 of the bytes of Pillow 12.3's {@code resize((width, height), Image.BILINEAR)}. */
    @ParameterizedTest
    @CsvSource({
        "97, 61, 40, 25, 1781153971",
        "97, 61, 97, 20, 2686878029",
        "97, 61, 30, 61, 3315623511",
        "97, 61, 200, 130, 2685337820",
        "97, 61, 1, 1, 3847042676",
        "97, 61, 13, 150, 3577608429",
        "97, 61, 96, 60, 821088696",
        "640, 427, 110, 74, 3937629407",
        "1, 50, 7, 9, 4056229934"})
    void equalsPillow(int fromWidth, int fromHeight, int width, int height, long crc) {
        RgbImage resized = Resize.to(DrawnImages.waves(fromWidth, fromHeight), width, height);
        assertEquals(width, resized.width());
        assertEquals(height, resized.height());
        assertEquals(crc, DrawnImages.crc(resized));
    }

    /** CRC-32 of the bytes of Pillow 12.3's {@code resize((width, height), Image.BOX)}. */
    @ParameterizedTest
    @CsvSource({
        "97, 61, 40, 25, 437091503",
        "97, 61, 200, 130, 1396549156",
        "97, 61, 1, 1, 3360676345",
        "32, 32, 20, 20, 485888374",
        "20, 20, 32, 32, 3772765324",
        "1, 50, 7, 9, 628830106"})
    void boxEqualsPillow(int fromWidth, int fromHeight, int width, int height, long crc) {
        assertEquals(crc, DrawnImages.crc(Resize.box(DrawnImages.waves(fromWidth, fromHeight), width, height)));
    }

    @Test
    void pixelsOfPillow() {
        RgbImage resized = Resize.to(DrawnImages.waves(97, 61), 40, 25);
        assertArrayEquals(new int[] {20, 49, 78}, pixel(resized, 0, 0));
        assertArrayEquals(new int[] {177, 206, 235}, pixel(resized, 39, 24));
        assertArrayEquals(new int[] {218, 34, 38}, pixel(resized, 20, 12));
    }

    @Test
    void oneColorStaysThatColor() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 50; i++) {
            byte[] rgb = new byte[3 * 31 * 17];
            byte level = (byte) random.nextInt(256);
            Arrays.fill(rgb, level);
            RgbImage resized = Resize.to(RgbImage.of(31, 17, rgb), 1 + random.nextInt(80), 1 + random.nextInt(80));
            for (byte sample : resized.rgb()) {
                assertEquals(level, sample);
            }
        }
    }

    @Test
    void halvingAveragesWhatJava2dWouldSkip() {
        byte[] stripes = new byte[3 * 64 * 4];
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = (byte) (i / 3 % 2 * 255);
        }
        RgbImage eighth = Resize.to(RgbImage.of(64, 4, stripes), 8, 4);
        for (byte sample : eighth.rgb()) {
            assertTrue(Math.abs((sample & 0xff) - 127.5) < 6,
                    "stripes of 0 and 255 should blend to gray, got " + (sample & 0xff));
        }
    }

    @Test
    void sameSizeIsTheSameImage() {
        RgbImage image = DrawnImages.waves(9, 8);
        assertSame(image, Resize.to(image, 9, 8));
    }

    @Test
    void aPartIsACropOfTheWhole() {
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 400; i++) {
            RgbImage image = DrawnImages.waves(1 + random.nextInt(i % 9 == 0 ? 1 : 70), 1 + random.nextInt(i % 7 == 0 ? 700 : 40));
            int width = i % 11 == 0 ? image.width() : 1 + random.nextInt(90);
            int height = i % 5 == 0 ? image.height() : 1 + random.nextInt(90);
            int left = random.nextInt(width);
            int top = random.nextInt(height);
            int partWidth = 1 + random.nextInt(width - left);
            int partHeight = 1 + random.nextInt(height - top);
            assertEquals(Resize.to(image, width, height).crop(left, top, partWidth, partHeight),
                    Resize.part(image, width, height, left, top, partWidth, partHeight));
        }
    }

    @Test
    void refusesPartsOutsideTheImage() {
        RgbImage image = DrawnImages.waves(4, 4);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Resize.part(image, 9, 9, 5, 0, 5, 5)).getMessage()
                .contains("5 x 5 pixels at (5, 0)"));
        assertThrows(IllegalArgumentException.class, () -> Resize.part(image, 9, 9, -1, 0, 5, 5));
    }

    /** torchvision: {@code int(size * long / short)}. */
    @ParameterizedTest
    @CsvSource({"500, 375, 74, 98, 74", "375, 499, 74, 74, 98", "60, 60, 32, 32, 32", "1, 3, 7, 7, 21", "101, 67, 67, 101, 67"})
    void shortSide(int width, int height, int size, int expectedWidth, int expectedHeight) {
        RgbImage resized = Resize.shortSide(DrawnImages.waves(width, height), size);
        assertEquals(expectedWidth, resized.width());
        assertEquals(expectedHeight, resized.height());
    }

    @Test
    void refusesSizesThatMakeNoSense() {
        RgbImage image = DrawnImages.waves(2, 2);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Resize.to(image, 0, 5)).getMessage().contains("0 x 5"));
        assertThrows(IllegalArgumentException.class, () -> Resize.to(image, 100_000, 100_000));
        assertThrows(IllegalArgumentException.class, () -> Resize.shortSide(DrawnImages.waves(1, 3000), 60_000));
    }

    private static int[] pixel(RgbImage image, int x, int y) {
        return new int[] {image.sample(x, y, 0), image.sample(x, y, 1), image.sample(x, y, 2)};
    }
}
