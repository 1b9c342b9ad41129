package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * A random map from a pixel's position in the result to the position at which the image is read. The maps of an
 * {@link Augmentation} are multiplied in its order, with perspective maps on the left, and the image is resampled once.
 */
public interface CoordinateTransform extends ImageTransform {
    /** Draws a map of the square [-1, 1]², x to the right and y down; {@link Projection#IDENTITY} if it is not applied. */
    Projection draw(SplittableRandom random);
}
