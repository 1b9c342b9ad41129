package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * Random zoom about a random point.
 *
 * @param min smallest factor; fastai's default is 1
 * @param max largest factor; fastai's default is 1.1. The factor is uniform between them
 * @param p   probability; 0.75 in fastai's {@code aug_transforms}
 */
public record Zoom(double min, double max, double p) implements CoordinateTransform {
    /** @throws IllegalArgumentException if a setting is out of range */
    public Zoom {
        Range.require("Zoom min", min > 0 && Double.isFinite(min), "a factor above 0", min);
        Range.require("Zoom max", max >= min && Double.isFinite(max), "a factor of at least min", max);
        Range.probability("Zoom p", p);
    }

    @Override
    public Projection draw(SplittableRandom random) {
        if (!Chance.happens(p, random)) {
            return Projection.IDENTITY;
        }
        return by(Chance.uniform(min, max, random), random.nextDouble(), random.nextDouble());
    }

    /**
     * Shows the part whose sides are {@code 1 / factor} of the image's.
     *
     * @param x position of the part, from 0 (at the left edge) to 1 (at the right edge)
     * @param y likewise, from the top to the bottom
     */
    static Projection by(double factor, double x, double y) {
        double s = 1 / factor;
        return Projection.affine(s, 0, (1 - s) * (2 * x - 1), 0, s, (1 - s) * (2 * y - 1));
    }
}
