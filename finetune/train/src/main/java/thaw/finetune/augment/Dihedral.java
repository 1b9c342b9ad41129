package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * One of the eight symmetries of the square at random, including the identity: for images without a fixed orientation, such as
 * aerial ones.
 *
 * @param p probability; fastai's default is 0.5
 */
public record Dihedral(double p) implements CoordinateTransform {
    /** @throws IllegalArgumentException if a setting is out of range */
    public Dihedral {
        Range.probability("Dihedral p", p);
    }

    @Override
    public Projection draw(SplittableRandom random) {
        if (!Chance.happens(p, random)) {
            return Projection.IDENTITY;
        }
        int symmetry = random.nextInt(8);
        double x = (symmetry & 1) == 0 ? 1 : -1;
        double y = (symmetry & 2) == 0 ? 1 : -1;
        return (symmetry & 4) == 0 ? Projection.affine(x, 0, 0, 0, y, 0) : Projection.affine(0, x, 0, y, 0, 0);
    }
}
