package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * Random brightness: shifts all samples towards white or black in logit space, {@code sigmoid(logit(x) + logit(c))} with
 * {@code c} uniform around 0.5, so that no sample is clipped.
 *
 * @param max {@code c} is from {@code (1 - max) / 2} to {@code (1 + max) / 2}; fastai's default is 0.2
 * @param p   probability; fastai's default is 0.75
 */
public record Brightness(double max, double p) implements LightingTransform {
    /** @throws IllegalArgumentException if a setting is out of range */
    public Brightness {
        Range.require("Brightness max", max >= 0 && max < 1, "0 to below 1", max);
        Range.probability("Brightness p", p);
    }

    @Override
    public Tone draw(Tone before, SplittableRandom random) {
        return Chance.happens(p, random) ? before.brightness(Chance.uniform(0.5 * (1 - max), 0.5 * (1 + max), random)) : before;
    }
}
