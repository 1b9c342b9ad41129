package thaw.finetune.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.finetune.augment.RandomResizedCrop.Rectangle;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

class RandomResizedCropTest {
    /** Sides are rounded to pixels, which moves area and ratio a little beyond their bounds. */
    @ParameterizedTest
    @CsvSource({"200, 200, 0.08, 1", "300, 200, 0.35, 1", "200, 260, 0.5, 0.6"})
    void areaAndProportionsAreWithinBounds(int width, int height, double minScale, double maxScale) {
        RandomResizedCrop crop = new RandomResizedCrop(minScale, maxScale, 3 / 4.0, 4 / 3.0);
        SplittableRandom random = new SplittableRandom(1);
        double ratios = 0;
        int draws = 5000;
        for (int i = 0; i < draws; i++) {
            Rectangle part = crop.draw(width, height, random);
            assertTrue(part.left() >= 0 && part.left() + part.width() <= width);
            assertTrue(part.top() >= 0 && part.top() + part.height() <= height);
            double share = (double) part.width() * part.height() / (width * height);
            double ratio = (double) part.width() / part.height();
            assertTrue(share > minScale * 0.97 && share < maxScale * 1.03, "share " + share);
            assertTrue(ratio > 0.75 * 0.97 && ratio < 4 / 3.0 * 1.03, "ratio " + ratio);
            ratios += Math.log(ratio) / draws;
        }
        assertEquals(0, ratios, 0.08);
    }

    @Test
    void smallCropsHaveUniformAreas() {
        RandomResizedCrop crop = new RandomResizedCrop(0.1, 0.5, 1, 1);
        SplittableRandom random = new SplittableRandom(2);
        double sum = 0;
        int lefts = 0;
        for (int i = 0; i < 5000; i++) {
            Rectangle part = crop.draw(1000, 1000, random);
            sum += part.width() * part.height() / 1e6;
            lefts += part.left() < (1000 - part.width()) / 2 ? 1 : 0;
        }
        assertEquals(0.3, sum / 5000, 0.006);
        assertEquals(2500, lefts, 150);
    }

    /** A strip that nothing fits into: the largest central part of allowed proportions. */
    @Test
    void strips() {
        RandomResizedCrop crop = new RandomResizedCrop(1, 1, 3 / 4.0, 4 / 3.0);
        assertEquals(new Rectangle(430, 0, 140, 105), new RandomResizedCrop(1, 1, 3 / 4.0, 4 / 3.0)
                .draw(1000, 105, new SplittableRandom(3)));
        assertEquals(new Rectangle(0, 433, 100, 133), crop.draw(100, 1000, new SplittableRandom(3)));
        assertEquals(new Rectangle(0, 0, 1, 1), crop.draw(1, 1, new SplittableRandom(3)));
    }

    @Test
    void imagesAreKeptAsFineAsTheSmallestCropNeeds() {
        Augmentation half = Augmentation.of(new RandomResizedCrop(0.25, 1, 1, 1));
        Transforms prepare = Transforms.of(20);
        assertEquals(40, half.resized(Waves.image(100, 80), prepare).height());
        RgbImage small = Waves.image(30, 35);
        assertEquals(small, half.resized(small, prepare));
        assertEquals(23, Augmentation.of(RandomResizedCrop.of(1)).resized(Waves.image(100, 80), prepare).height());
    }

    /** The whole image at the right size, at scale 1 and ratio 1, is the image. */
    @Test
    void scaleOneIsTheIdentity() {
        RgbImage image = Waves.image(20, 20);
        assertEquals(image, new RandomResizedCrop(1, 1, 1, 1).apply(image, 20, new SplittableRandom(4)));
    }

    @Test
    void senselessSettingsAreNamed() {
        assertMessage(() -> RandomResizedCrop.of(0), "minScale");
        assertMessage(() -> new RandomResizedCrop(0.5, 0.4, 1, 1), "maxScale");
        assertMessage(() -> new RandomResizedCrop(0.5, 1, 2, 1), "maxRatio");
    }

    private static void assertMessage(Runnable action, String part) {
        String message = assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
