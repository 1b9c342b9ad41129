package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * Random rotation about the center.
 *
 * @param maxDegrees the angle is uniform from {@code -maxDegrees} to {@code maxDegrees}, clockwise if positive; fastai's default
 *                   is 10
 * @param p          probability; 0.75 in fastai's {@code aug_transforms}
 */
public record Rotate(double maxDegrees, double p) implements CoordinateTransform {
    /** @throws IllegalArgumentException if a setting is out of range */
    public Rotate {
        Range.require("Rotate maxDegrees", maxDegrees >= 0 && maxDegrees <= 180, "0 to 180", maxDegrees);
        Range.probability("Rotate p", p);
    }

    @Override
    public Projection draw(SplittableRandom random) {
        return Chance.happens(p, random) ? by(Chance.uniform(-maxDegrees, maxDegrees, random)) : Projection.IDENTITY;
    }

    /** {@code (x, y) → (x cos θ + y sin θ, y cos θ − x sin θ)}: from a pixel's position to its source's. */
    static Projection by(double degrees) {
        double theta = StrictMath.toRadians(degrees);
        double cos = StrictMath.cos(theta);
        double sin = StrictMath.sin(theta);
        return Projection.affine(cos, sin, 0, -sin, cos, 0);
    }
}
