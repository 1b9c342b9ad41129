package thaw.finetune.augment;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Mixup (Zhang et al. 2017): {@code λ x + (1 - λ) x'}, with {@code λ} from Beta(α, α) for each image, replaced as in fastai by
 * the larger of {@code λ} and {@code 1 - λ}, so that two images are not mixed into the same image twice.
 *
 * @param alpha fastai's default is 0.4
 */
public record Mixup(double alpha) implements BatchMix {
    /** @throws IllegalArgumentException if a setting is out of range */
    public Mixup {
        Range.require("Mixup alpha", alpha > 0 && Double.isFinite(alpha), "a number above 0", alpha);
    }

    @Override
    public void apply(float[] images, float[] targets, int side, int[] order, SplittableRandom random) {
        float[] share = new float[order.length];
        for (int i = 0; i < share.length; i++) {
            double lambda = Chance.beta(alpha, random);
            share[i] = (float) Math.max(lambda, 1 - lambda);
        }
        mix(images, images.length / order.length, order, share);
        mix(targets, targets.length / order.length, order, share);
    }

    /** Mixes rows in place, along each cycle of the permutation, so that only the cycle's first row has to be copied. */
    private static void mix(float[] rows, int length, int[] order, float[] share) {
        boolean[] done = new boolean[order.length];
        for (int start = 0; start < order.length; start++) {
            if (done[start]) {
                continue;
            }
            float[] first = Arrays.copyOfRange(rows, start * length, (start + 1) * length);
            for (int i = start; !done[i]; i = order[i]) {
                done[i] = true;
                boolean last = order[i] == start;
                float[] other = last ? first : rows;
                int from = last ? 0 : order[i] * length;
                for (int k = 0; k < length; k++) {
                    int at = i * length + k;
                    rows[at] = other[from + k] + share[i] * (rows[at] - other[from + k]);
                }
            }
        }
    }
}
