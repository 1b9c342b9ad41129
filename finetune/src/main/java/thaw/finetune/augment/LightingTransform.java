package thaw.finetune.augment;

import java.util.SplittableRandom;

/** Changes samples by themselves, wherever they lie. */
public sealed interface LightingTransform extends ImageTransform permits Brightness, Contrast, PcaLighting {
    /** Draws a change and adds it to those before. */
    Tone draw(Tone before, SplittableRandom random);
}
