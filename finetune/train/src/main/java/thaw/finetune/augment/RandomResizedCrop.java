package thaw.finetune.augment;

import java.util.SplittableRandom;
import thaw.finetune.images.Resize;
import thaw.finetune.images.RgbImage;

/**
 * Crops a rectangle of random size and aspect ratio and resizes it to the network's square (Szegedy et al. 2014, section 6).
 * After ten draws that do not fit into the image, the largest centered rectangle of an allowed aspect ratio is used.
 *
 * @param minScale smallest share of the image's area; fastai's and torchvision's default is 0.08
 * @param maxScale largest share; 1 by default
 * @param minRatio smallest width / height; 3/4 by default
 * @param maxRatio largest width / height; 4/3 by default. The ratio is uniform in the logarithm
 */
public record RandomResizedCrop(double minScale, double maxScale, double minRatio, double maxRatio) implements ImageTransform {
    private static final int TRIES = 10;

    /** @throws IllegalArgumentException if a setting is out of range */
    public RandomResizedCrop {
        Range.require("RandomResizedCrop minScale", minScale > 0 && minScale <= 1, "a share above 0 and at most 1", minScale);
        Range.require("RandomResizedCrop maxScale", maxScale >= minScale && maxScale <= 1, "minScale to 1", maxScale);
        Range.require("RandomResizedCrop minRatio", minRatio > 0 && Double.isFinite(minRatio), "a ratio above 0", minRatio);
        Range.require("RandomResizedCrop maxRatio", maxRatio >= minRatio && Double.isFinite(maxRatio), "at least minRatio",
                maxRatio);
    }

    /** A crop with the default aspect ratios, 3/4 to 4/3, and areas up to the whole image. */
    public static RandomResizedCrop of(double minScale) {
        return new RandomResizedCrop(minScale, 1, 3 / 4.0, 4 / 3.0);
    }

    /** A rectangle within an image. */
    record Rectangle(int left, int top, int width, int height) {
    }

    Rectangle draw(int width, int height, SplittableRandom random) {
        for (int i = 0; i < TRIES; i++) {
            double area = Chance.uniform(minScale, maxScale, random) * width * height;
            double ratio = Chance.logUniform(minRatio, maxRatio, random);
            int w = (int) Math.rint(Math.sqrt(area * ratio));
            int h = (int) Math.rint(Math.sqrt(area / ratio));
            if (w >= 1 && h >= 1 && w <= width && h <= height) {
                return new Rectangle(random.nextInt(width - w + 1), random.nextInt(height - h + 1), w, h);
            }
        }
        double ratio = (double) width / height;
        int w = ratio > maxRatio ? Math.max(1, (int) (height * maxRatio)) : width;
        int h = ratio < minRatio ? Math.max(1, (int) (width / minRatio)) : height;
        return new Rectangle((width - w) / 2, (height - h) / 2, w, h);
    }

    @Override
    public RgbImage apply(RgbImage image, int size, SplittableRandom random) {
        Rectangle part = draw(image.width(), image.height(), random);
        return Resize.to(image.crop(part.left, part.top, part.width, part.height), size, size);
    }

    /** Such that the smallest crop still has about as many pixels as the network's input. */
    @Override
    public int shortSide(int size) {
        return (int) Math.ceil(size / Math.sqrt(minScale));
    }
}
