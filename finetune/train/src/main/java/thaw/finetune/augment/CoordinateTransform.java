package thaw.finetune.augment;

import java.util.SplittableRandom;

/** A random map from a pixel's position in the result to the position at which the image is read. Maps compose into one. */
public sealed interface CoordinateTransform extends ImageTransform permits Flip, Dihedral, Rotate, Zoom, Warp {
    /** Draws a map of the square [-1, 1]², x to the right and y down; {@link Projection#IDENTITY} if it is not applied. */
    Projection draw(SplittableRandom random);
}
