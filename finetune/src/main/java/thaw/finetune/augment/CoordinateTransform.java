package thaw.finetune.augment;

import java.util.SplittableRandom;

/** Moves pixels: a map from where a pixel of the result is to where the image is read. All of an image's maps become one. */
public sealed interface CoordinateTransform extends ImageTransform permits Flip, Dihedral, Rotate, Zoom, Warp {
    /** Draws a map of the square from -1 to 1, x to the right and y down; {@link Projection#IDENTITY} where chance says so. */
    Projection draw(SplittableRandom random);
}
