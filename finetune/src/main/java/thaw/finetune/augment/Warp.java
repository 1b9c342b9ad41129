package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * Perspective, as if the camera had stood a little aside or higher: opposite edges grow and shrink.
 *
 * @param magnitude how far corners move along each axis, uniform from {@code -magnitude} to this, where the image's side is 2;
 *                  fastai's default is 0.2
 * @param p         probability of either axis; 0.75 in fastai's {@code aug_transforms}
 */
public record Warp(double magnitude, double p) implements CoordinateTransform {
    public Warp {
        Range.require("Warp magnitude", magnitude >= 0 && magnitude < 1, "0 to below 1", magnitude);
        Range.probability("Warp p", p);
    }

    @Override
    public Projection draw(SplittableRandom random) {
        double x = Chance.happens(p, random) ? Chance.uniform(-magnitude, magnitude, random) : 0;
        double y = Chance.happens(p, random) ? Chance.uniform(-magnitude, magnitude, random) : 0;
        return x == 0 && y == 0 ? Projection.IDENTITY : by(x, y);
    }

    /** The image's corners come to lie where fastai's {@code _WarpCoord} has them. */
    static Projection by(double x, double y) {
        return Projection.toSquare(new double[] {-1 - y, 1 + y, 1 - y, -1 + y}, new double[] {-1 - x, -1 + x, 1 - x, 1 + x});
    }
}
