package thaw.finetune.metrics;

import java.util.Arrays;
import java.util.function.DoublePredicate;
import java.util.stream.DoubleStream;

/**
 * How well novelties tell images of none of a model's classes from those of its classes: {@link thaw.finetune.predict.KnownImages}.
 *
 * @param known  of images of the classes; the arrays are not copied
 * @param others of images of none of them; may be empty
 */
public record Novelty(double[] known, double[] others) {

    /** The area under the {@linkplain #roc ROC curve}: the chance that an image of none of the classes has the higher novelty. */
    public double auroc() {
        boolean[] positive = new boolean[known.length + others.length];
        Arrays.fill(positive, known.length, positive.length, true);
        return RocAuc.binary(DoubleStream.concat(DoubleStream.of(known), DoubleStream.of(others)).toArray(), positive);
    }

    /**
     * The receiver operating characteristic: {@code [2][points]}, the share of the classes' images that a threshold takes for others, and
     * that of the others which it recognises, from (0, 0) to (1, 1).
     */
    public double[][] roc() {
        double[] thresholds = DoubleStream.concat(DoubleStream.of(known), DoubleStream.of(others)).distinct().sorted().toArray();
        double[] inside = DoubleStream.of(known).sorted().toArray();
        double[] outside = DoubleStream.of(others).sorted().toArray();
        double[][] curve = new double[2][thresholds.length + 1];
        int below = 0;
        int belowOutside = 0;
        for (int i = 0; i < thresholds.length; i++) {
            while (below < inside.length && inside[below] < thresholds[i]) {
                below++;
            }
            while (belowOutside < outside.length && outside[belowOutside] < thresholds[i]) {
                belowOutside++;
            }
            curve[0][thresholds.length - i] = 1 - (double) below / inside.length;
            curve[1][thresholds.length - i] = 1 - (double) belowOutside / outside.length;
        }
        return curve;
    }

    private static double share(double[] values, DoublePredicate which) {
        return (double) DoubleStream.of(values).filter(which).count() / values.length;
    }

    /** The share of the classes' images whose novelty is at most 1; NaN if there are none. */
    public double kept() {
        return share(known, value -> value <= 1);
    }

    /** The share of the other images whose novelty is above 1; NaN if there are none. */
    public double recognised() {
        return share(others, value -> value > 1);
    }
}
