package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * Random erasing (Zhong et al. 2017): replaces rectangles by standard normal noise, after normalization, so that the noise has
 * the mean and standard deviation of the normalized images.
 *
 * @param p         probability; fastai's default is 0.5
 * @param minArea   smallest share of the image's area; 0 by default
 * @param maxArea   largest share; 0.3 by default. Rectangles are clipped to the image
 * @param minAspect height / width is between this and its inverse, uniform in the logarithm; 0.3 by default
 * @param maxCount  largest number of rectangles, at least 1, which share the area; 1 by default
 */
public record RandomErasing(double p, double minArea, double maxArea, double minAspect, int maxCount) implements ImageTransform {
    private static final int CHANNELS = 3;

    /** @throws IllegalArgumentException if a setting is out of range */
    public RandomErasing {
        Range.probability("RandomErasing p", p);
        Range.require("RandomErasing minArea", minArea >= 0 && minArea <= 1, "a share from 0 to 1", minArea);
        Range.require("RandomErasing maxArea", maxArea >= minArea && maxArea <= 1, "minArea to 1", maxArea);
        Range.require("RandomErasing minAspect", minAspect > 0 && minAspect <= 1, "a ratio above 0, to 1", minAspect);
        Range.require("RandomErasing maxCount", maxCount >= 1, "at least 1", maxCount);
    }

    /** Random erasing with fastai's areas, aspect ratios and count. */
    public static RandomErasing of(double p) {
        return new RandomErasing(p, 0, 0.3, 0.3, 1);
    }

    @Override
    public void apply(float[] chw, int offset, int size, SplittableRandom random) {
        if (!Chance.happens(p, random)) {
            return;
        }
        int count = 1 + random.nextInt(maxCount);
        for (int i = 0; i < count; i++) {
            double area = Chance.uniform(minArea, maxArea, random) * size * size / count;
            double aspect = Chance.logUniform(minAspect, 1 / minAspect, random);
            int height = (int) Math.rint(Math.sqrt(area * aspect));
            int width = (int) Math.rint(Math.sqrt(area / aspect));
            int top = random.nextInt(Math.max(size - height, 0) + 1);
            int left = random.nextInt(Math.max(size - width, 0) + 1);
            fill(chw, offset, size, top, Math.min(size, top + height), left, Math.min(size, left + width), random);
        }
    }

    private static void fill(float[] chw, int offset, int size, int top, int bottom, int left, int right,
            SplittableRandom random) {
        for (int c = 0; c < CHANNELS; c++) {
            for (int y = top; y < bottom; y++) {
                int row = offset + (c * size + y) * size;
                for (int x = left; x < right; x++) {
                    chw[row + x] = (float) Chance.gaussian(random);
                }
            }
        }
    }
}
