package thaw.finetune.synthetic;

import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * A class of synthetic images.
 *
 * @param name name of the object
 * @param turn largest angle, in degrees, by which the object is rotated in either direction
 * @param silhouette draws a figure of the object, of random proportions
 */
record SyntheticClass(String name, double turn, Function<SplittableRandom, Figure> silhouette) {

    /** An object with an upright position: rotated by up to 30°. */
    static SyntheticClass upright(String name, Function<SplittableRandom, Figure> silhouette) {
        return new SyntheticClass(name, 30, silhouette);
    }

    /** An object in any orientation. */
    static SyntheticClass free(String name, Function<SplittableRandom, Figure> silhouette) {
        return new SyntheticClass(name, 180, silhouette);
    }
}
