package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * Random contrast: moves samples away from middle gray or towards it, in logit space: {@code sigmoid(c · logit(x))}.
 *
 * @param max {@code log c} is uniform from {@code log(1 - max)} to {@code -log(1 - max)}; fastai's default is 0.2
 * @param p   probability; fastai's default is 0.75
 */
public record Contrast(double max, double p) implements LightingTransform {
    /** @throws IllegalArgumentException if a setting is out of range */
    public Contrast {
        Range.require("Contrast max", max >= 0 && max < 1, "0 to below 1", max);
        Range.probability("Contrast p", p);
    }

    @Override
    public Tone draw(Tone before, SplittableRandom random) {
        return Chance.happens(p, random) ? before.contrast(Chance.logUniform(1 - max, 1 / (1 - max), random)) : before;
    }
}
