package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * Random horizontal flip.
 *
 * @param p probability; fastai's default is 0.5
 */
public record Flip(double p) implements CoordinateTransform {
    /** @throws IllegalArgumentException if a setting is out of range */
    public Flip {
        Range.probability("Flip p", p);
    }

    boolean happens(SplittableRandom random) {
        return Chance.happens(p, random);
    }

    @Override
    public Projection draw(SplittableRandom random) {
        return happens(random) ? Projection.affine(-1, 0, 0, 0, 1, 0) : Projection.IDENTITY;
    }
}
