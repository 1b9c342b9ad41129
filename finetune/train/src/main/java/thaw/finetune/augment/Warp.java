package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * Random perspective, as from a camera moved sideways or up: one of two opposite edges grows, the other shrinks.
 *
 * @param magnitude the corners' shift along each axis is uniform from {@code -magnitude} to {@code magnitude}, where the image's
 *                  side is 2; fastai's default is 0.2
 * @param p         probability, for each axis by itself; 0.75 in fastai's {@code aug_transforms}
 */
public record Warp(double magnitude, double p) implements CoordinateTransform {
    /** @throws IllegalArgumentException if a setting is out of range */
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

    /** Moves the image's corners to the positions of fastai's {@code _WarpCoord}. */
    static Projection by(double x, double y) {
        return Projection.toSquare(new double[] {-1 - y, 1 + y, 1 - y, -1 + y}, new double[] {-1 - x, -1 + x, 1 - x, 1 + x});
    }
}
