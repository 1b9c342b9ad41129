package thaw.finetune.synthetic;

import java.util.SplittableRandom;

/** The shape of a class of objects; draws figures of random proportions. */
@FunctionalInterface
interface Silhouette {

    Figure figure(SplittableRandom random);
}
