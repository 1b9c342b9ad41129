package thaw.finetune.pictures;

import java.util.SplittableRandom;

/** A kind of object by its form alone; each figure of it has other proportions. */
@FunctionalInterface
interface Silhouette {

    Figure figure(SplittableRandom random);
}
