package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * CutMix (Yun et al. 2019): replaces a rectangle of each image by the same rectangle of another, and mixes targets by area. As
 * in fastai, the whole batch shares one rectangle; its sides are {@code sqrt(1 - λ)} of the image's, with {@code λ} from
 * Beta(α, α); its center is uniform over the image, and it is clipped to the image before its area is computed.
 *
 * @param alpha fastai's default is 1
 */
public record CutMix(double alpha) implements BatchMix {
    private static final int CHANNELS = 3;

    /** @throws IllegalArgumentException if a setting is out of range */
    public CutMix {
        Range.require("CutMix alpha", alpha > 0 && Double.isFinite(alpha), "a number above 0", alpha);
    }

    @Override
    public void apply(float[] images, float[] targets, int side, int[] order, SplittableRandom random) {
        int cut = (int) Math.rint(side * Math.sqrt(1 - Chance.beta(alpha, random)));
        int x = random.nextInt(side);
        int y = random.nextInt(side);
        int left = Math.max(0, x - cut / 2);
        int right = Math.min(side, x + cut / 2);
        int top = Math.max(0, y - cut / 2);
        int bottom = Math.min(side, y + cut / 2);
        float[] whole = images.clone();
        for (int i = 0; i < order.length; i++) {
            for (int c = 0; c < CHANNELS; c++) {
                for (int row = top; row < bottom; row++) {
                    int to = ((i * CHANNELS + c) * side + row) * side + left;
                    int from = ((order[i] * CHANNELS + c) * side + row) * side + left;
                    System.arraycopy(whole, from, images, to, right - left);
                }
            }
        }
        float kept = 1 - (float) ((right - left) * (bottom - top)) / (side * side);
        float[] before = targets.clone();
        int classes = targets.length / order.length;
        for (int i = 0; i < targets.length; i++) {
            float other = before[order[i / classes] * classes + i % classes];
            targets[i] = other + kept * (before[i] - other);
        }
    }
}
