package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransformsTest {
    /** Bits of PyTorch 2.13's {@code (uint8.float().div(255) - mean) / std} for 0, 1, 127, 200 and 255. */
    private static final int[] SAMPLES = {0, 1, 127, 200, 255};
    private static final int[][] NORMALIZED = {
        {-1073247299, -1073319125, 1030306214, 1067928911, 1074785821},
        {-1073592028, -1073665457, 1044393444, 1069259676, 1075539383},
        {-1075382263, -1075528470, 1053913277, 1071069167, 1076426179}};

    @Test
    void normalizesToTheBitsOfPyTorch() {
        for (int i = 0; i < SAMPLES.length; i++) {
            byte level = (byte) SAMPLES[i];
            float[] chw = Transforms.of(1).apply(RgbImage.of(1, 1, new byte[] {level, level, level}));
            for (int c = 0; c < 3; c++) {
                assertEquals(NORMALIZED[c][i], Float.floatToIntBits(chw[c]), "sample " + SAMPLES[i] + ", channel " + c);
            }
        }
    }

    @Test
    void writesChannelsRowsColumns() {
        RgbImage image = DrawnImages.waves(5, 5);
        float[] chw = Transforms.of(5).normalize(List.of(0f, 0f, 0f), List.of(1f, 1f, 1f)).apply(image);
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < 5; y++) {
                for (int x = 0; x < 5; x++) {
                    assertEquals(image.sample(x, y, c) / 255f, chw[c * 25 + y * 5 + x]);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"32, 37", "64, 74", "224, 258", "1, 1"})
    void defaultShortSide(int size, int resize) {
        assertEquals(resize, Transforms.of(size).resize());
    }

    @Test
    void imagesOfTheRightSizeAreLeftAlone() {
        RgbImage image = DrawnImages.waves(32, 32);
        Transforms transforms = Transforms.of(32);
        assertSame(image, transforms.forEvaluation(transforms.resized(image)));
        Transforms random = transforms.flip(false).crop(Crop.RANDOM);
        assertSame(image, random.forTraining(random.resized(image), new SplittableRandom(0)));
    }

    /** CRC-32 of Pillow 12.3's bytes for torchvision's {@code Resize(resize)} and {@code CenterCrop(size)}. */
    @ParameterizedTest
    @CsvSource({"1, 200, 16, 18, 3939639635", "300, 2, 20, 23, 2423386807", "97, 61, 40, 46, 1137019349",
        "64, 64, 64, 74, 2775150798", "640, 427, 224, 256, 3142162066", "1, 1, 5, 6, 611078299", "500, 375, 32, 37, 3568555256",
        "1, 2900, 8, 9, 210221926"})
    void squareEqualsTorchvision(int width, int height, int size, int resize, long crc) {
        Transforms transforms = Transforms.of(size).resize(resize).exact(ExactSize.RESIZE);
        RgbImage image = DrawnImages.waves(width, height);
        assertEquals(crc, DrawnImages.crc(transforms.square(image)));
    }

    @Test
    void squareIsTheCenterOfTheResizedImage() {
        SplittableRandom random = new SplittableRandom(6);
        for (int i = 0; i < 200; i++) {
            int size = 1 + random.nextInt(40);
            Transforms transforms = Transforms.of(size).resize(size + random.nextInt(30));
            RgbImage image = DrawnImages.waves(1 + random.nextInt(80), 1 + random.nextInt(80));
            assertEquals(transforms.forEvaluation(transforms.resized(image)), transforms.square(image));
            assertEquals(transforms.square(image), transforms.flip(false).forTraining(transforms.square(image), random));
        }
    }

    /** With {@link ExactSize#RESIZE} images of the exact size are resized too, and {@code size} keeps the margin. */
    @Test
    void imagesOfTheRightSizeMayBeResized() {
        Transforms all = Transforms.of(32).exact(ExactSize.RESIZE);
        RgbImage image = DrawnImages.waves(32, 32);
        assertEquals(Resize.to(image, 37, 37).crop(2, 2, 32, 32), all.square(image));
        assertEquals(37, all.resized(image).width());
        assertEquals(64, all.resize(32).size(64).resize());
        Map<String, String> map = new HashMap<>(all.toMap());
        assertEquals(ExactSize.RESIZE, Transforms.fromMap(map).exact());
        map.put("transforms.exact", "perhaps");
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Transforms.fromMap(map)).getMessage().contains("keep or resize"));
        assertTrue(Transforms.of(32).toMap().keySet().stream().noneMatch(key -> key.contains("exact")),
                "a model with the default has no such key");
    }

    @Test
    void longImagesAreNotKeptWhole() {
        RgbImage line = DrawnImages.waves(1, 3000);
        assertEquals(8, Transforms.of(8).square(line).height());
        String message = assertThrows(IllegalArgumentException.class, () -> Transforms.of(8).resized(line)).getMessage();
        assertTrue(message.contains("256"), message);
    }

    /** torchvision's CenterCrop: {@code int(round(margin / 2))}, where Python rounds halves to even. */
    @ParameterizedTest
    @CsvSource({"64, 0", "65, 0", "66, 1", "67, 2", "98, 17", "99, 18"})
    void centerCrop(int width, int left) {
        RgbImage wide = DrawnImages.waves(width, 70);
        assertEquals(wide.crop(left, 3, 64, 64), Transforms.of(64).forEvaluation(wide));
    }

    @Test
    void flipsAboutHalf() {
        Transforms transforms = Transforms.of(8);
        RgbImage image = DrawnImages.waves(8, 8);
        SplittableRandom random = new SplittableRandom(5);
        int flipped = 0;
        for (int i = 0; i < 1000; i++) {
            RgbImage seen = transforms.forTraining(image, random);
            assertTrue(seen.equals(image) || seen.equals(image.flipHorizontally()));
            flipped += seen.equals(image) ? 0 : 1;
        }
        assertTrue(flipped > 430 && flipped < 570, flipped + " of 1000 flipped");
        assertNotEquals(image, image.flipHorizontally());
        assertEquals(image, image.flipHorizontally().flipHorizontally());
    }

    @Test
    void randomCropReachesEveryPlace() {
        Transforms transforms = Transforms.of(6).crop(Crop.RANDOM).flip(false);
        RgbImage image = DrawnImages.waves(8, 7);
        SplittableRandom random = new SplittableRandom(5);
        Set<RgbImage> seen = new HashSet<>();
        for (int i = 0; i < 300; i++) {
            seen.add(transforms.forTraining(image, random));
        }
        Set<RgbImage> all = new HashSet<>();
        for (int top = 0; top < 2; top++) {
            for (int left = 0; left < 3; left++) {
                all.add(image.crop(left, top, 6, 6));
            }
        }
        assertEquals(all, seen);
    }

    @Test
    void mapsRoundTrip() {
        Transforms transforms = new Transforms(48, 50, ExactSize.RESIZE, Crop.RANDOM, false, List.of(0.1f, 0.2f, 1 / 3f),
                List.of(1f, 0.25f, 1e-3f));
        Map<String, String> metadata = new HashMap<>(transforms.toMap());
        metadata.put("classes", "cat,dog");
        assertEquals(transforms, Transforms.fromMap(metadata));
        assertEquals(Transforms.of(224), Transforms.fromMap(Transforms.of(224).toMap()));
    }

    @ParameterizedTest
    @CsvSource({"size, x", "resize, 3", "crop, left", "mean, '1,2'", "std, '1,0,1'", "std, 'a,b,c'", "flip, perhaps"})
    void badMetadataIsNamed(String key, String value) {
        Map<String, String> map = new HashMap<>(Transforms.of(64).toMap());
        map.put("transforms." + key, value);
        String message = assertThrows(IllegalArgumentException.class, () -> Transforms.fromMap(map)).getMessage();
        assertTrue(message.contains(key), message);
        map.remove("transforms." + key);
        String missing = assertThrows(IllegalArgumentException.class, () -> Transforms.fromMap(map)).getMessage();
        assertTrue(missing.contains("transforms." + key), missing);
    }

    @Test
    void cropOutsideTheImageIsRefused() {
        RgbImage image = DrawnImages.waves(4, 4);
        String message = assertThrows(IllegalArgumentException.class, () -> image.crop(2, 0, 3, 3)).getMessage();
        assertTrue(message.contains("3 x 3") && message.contains("4 x 4"), message);
        assertThrows(IllegalArgumentException.class, () -> RgbImage.of(2, 2, new byte[11]));
    }
}
