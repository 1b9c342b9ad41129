package thaw.finetune.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import thaw.finetune.images.Crop;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

class AugmentationTest {
    private static final int SIZE = 16;

    /** Nothing, and everything at zero magnitude: the very bits of the plain preparation. */
    @Test
    void zeroMagnitudeIsTheEvaluation() {
        RgbImage image = Waves.image(24, 19);
        Transforms prepare = Transforms.of(SIZE);
        float[] plain = prepare.apply(image);
        assertArrayEquals(plain, draw(Augmentation.none(), prepare, image, 1));
        Augmentation zero = Augmentation.fastai(0).with(new Flip(0)).with(new Zoom(1, 1, 1))
                .with(new RandomErasing(1, 0, 0, 1, 1));
        float[] out = draw(zero, prepare, image, 2);
        for (int i = 0; i < plain.length; i++) {
            /* Brightness and contrast at zero still go through the logit, whose ends are cut off at 1e-7. */
            assertEquals(plain[i], out[i], 1e-5);
        }
    }

    @Test
    void sameStreamSameImage() {
        RgbImage image = Waves.image(24, 19);
        Augmentation all = Augmentation.fastai().with(RandomErasing.of(1)).with(new PcaLighting(0.1));
        assertArrayEquals(draw(all, Transforms.of(SIZE), image, 5), draw(all, Transforms.of(SIZE), image, 5));
        assertFalse(Arrays.equals(draw(all, Transforms.of(SIZE), image, 5), draw(all, Transforms.of(SIZE), image, 6)));
    }

    /** Pixels that enter the square come from the image itself, where it is wider than the square. */
    @Test
    void pixelsOutsideTheSquareAreTheImagesOwn() {
        RgbImage wide = Waves.image(40, 20);
        Transforms prepare = Transforms.of(10).resize(20);
        float[] out = draw(Augmentation.of(new Zoom(0.5, 0.5, 1)), prepare, wide, 3);
        float corner = prepare.normalized(wide.sample(15, 5, 0) / 255f, 0);
        assertNotEquals(corner, out[0], "a zoom of 1/2 shows more than the square");
        /* s = 2 about (x, y) of the way: the pixel from which the first one is read, by hand. */
        SplittableRandom random = new SplittableRandom(3);
        random.nextDouble();
        random.nextDouble();
        double x = 15 + 4.5 * (1 - 2 - (2 * random.nextDouble() - 1));
        double y = 5 + 4.5 * (1 - 2 - (2 * random.nextDouble() - 1));
        double inside = Math.abs(y);
        int column = (int) Math.floor(x);
        int row = (int) Math.floor(inside);
        double right = x - column;
        double below = inside - row;
        double sample = (wide.sample(column, row, 0) * (1 - right) + wide.sample(column + 1, row, 0) * right) * (1 - below)
                + (wide.sample(column, row + 1, 0) * (1 - right) + wide.sample(column + 1, row + 1, 0) * right) * below;
        assertEquals((sample / 255 - 0.485) / 0.229, out[0], 1e-4);
    }

    @Test
    void flipsHalfAndCropsAtRandom() {
        RgbImage image = Waves.image(20, 20);
        Transforms prepare = Transforms.of(SIZE).resize(20).crop(Crop.RANDOM);
        int mirrored = 0;
        boolean[] lefts = new boolean[5];
        for (int seed = 0; seed < 400; seed++) {
            float[] out = draw(Augmentation.of(new Flip(0.5)), prepare, image, seed);
            boolean found = false;
            for (int left = 0; left <= 4 && !found; left++) {
                for (int top = 0; top <= 4 && !found; top++) {
                    RgbImage square = image.crop(left, top, SIZE, SIZE);
                    boolean same = Arrays.equals(out, written(square, prepare));
                    boolean flipped = Arrays.equals(out, written(square.flipHorizontally(), prepare));
                    mirrored += flipped ? 1 : 0;
                    found = same || flipped;
                    lefts[left] |= found;
                }
            }
            assertTrue(found, "seed " + seed);
        }
        assertEquals(200, mirrored, 50);
        assertArrayEquals(new boolean[] {true, true, true, true, true}, lefts);
    }

    /** On one color nothing but brightness and contrast shows, and that as the formula has it. */
    @Test
    void lightingIsExactAtWholeLevels() {
        Augmentation light = Augmentation.of(new Brightness(0.4, 1));
        float[] out = draw(light, Waves.prepare(4), Waves.gray(4, 100), 9);
        SplittableRandom random = new SplittableRandom(9);
        random.nextDouble();
        double change = 0.3 + 0.4 * random.nextDouble();
        double odds = 100 / 155.0 * change / (1 - change);
        for (int c = 0; c < 3; c++) {
            float expected = Waves.prepare(4).normalized((float) (odds / (1 + odds)), c);
            assertEquals(expected, out[16 * c + 5], 1e-6);
        }
    }

    @Test
    void withReplacesTheSameKind() {
        Augmentation changed = Augmentation.fastai().with(new Rotate(30, 1)).with(RandomErasing.of(0.5));
        assertEquals(List.of(new Flip(0.5), new Warp(0.2, 0.75), new Rotate(30, 1), new Zoom(1, 1.1, 0.75), new Brightness(0.2, 0.75),
                new Contrast(0.2, 0.75), RandomErasing.of(0.5)), changed.transforms());
        assertEquals(new Warp(0.1, 0.75), Augmentation.fastai(0.5).transforms().get(1));
        String message = assertThrows(IllegalArgumentException.class,
                () -> Augmentation.of(new Flip(1), new Flip(0.5))).getMessage();
        assertTrue(message.contains("one Flip, got 2"), message);
    }

    @Test
    void settingsAreData() throws Exception {
        Augmentation all = Augmentation.fastai().with(new Dihedral(0.1)).with(new PcaLighting(0.1)).with(RandomErasing.of(0.2))
                .with(RandomResizedCrop.of(0.35));
        ObjectMapper json = new ObjectMapper();
        String text = json.writeValueAsString(all);
        assertTrue(text.contains("{\"type\":\"Rotate\",\"maxDegrees\":10.0,\"p\":0.75}"), text);
        assertEquals(all, json.readValue(text, Augmentation.class));
    }

    private static float[] draw(Augmentation augmentation, Transforms prepare, RgbImage image, long seed) {
        int size = prepare.size();
        float[] out = new float[3 * size * size];
        augmentation.write(augmentation.resized(image, prepare), prepare, new SplittableRandom(seed), out, 0);
        return out;
    }

    private static float[] written(RgbImage square, Transforms prepare) {
        float[] out = new float[3 * square.width() * square.height()];
        prepare.write(square, out, 0);
        return out;
    }
}
