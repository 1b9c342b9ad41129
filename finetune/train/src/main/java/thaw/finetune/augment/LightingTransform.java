package thaw.finetune.augment;

import java.util.SplittableRandom;

/** A random change of sample values, independent of their position. */
public interface LightingTransform extends ImageTransform {
    /** Draws a change and composes it with the earlier ones; {@code before} itself if it is not applied. */
    Tone draw(Tone before, SplittableRandom random);
}
