package thaw.finetune.metrics;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How far a network's confidence is from how often it is right: the expected calibration error of Guo et al., "On Calibration of
 * Modern Neural Networks" (2017), equation 3. Images go into bins of equal width by the probability of their predicted class; the
 * error is {@code Σ_b n_b / n |accuracy(b) - confidence(b)|}.
 */
public final class CalibrationError {
    /** The paper's. */
    public static final int BINS = 15;

    private CalibrationError() {
    }

    /**
     * NaN if there are no images, or one of which {@linkplain Predictions#isDefined nothing is predicted}: there was no confidence.
     *
     * @throws IllegalArgumentException if images may show several classes
     */
    public static double of(Predictions predictions) {
        return of(predictions, BINS);
    }

    /** As {@link #of(Predictions)}, with so many bins: {@code ((b - 1) / bins, b / bins]} for each b. */
    public static double of(Predictions predictions, int bins) {
        SingleLabel.require("the calibration error", predictions);
        if (bins < 1) {
            throw new IllegalArgumentException("bins: expected at least 1, got " + bins);
        }
        if (predictions.undefined().length > 0) {
            return Double.NaN;
        }
        double error = 0;
        for (Bin bin : bins(predictions, bins)) {
            error += bin.images == 0 ? 0 : bin.images * Math.abs(bin.accuracy - bin.confidence);
        }
        return error / predictions.size();
    }

    /**
     * Images of about the same confidence.
     *
     * @param images     how many
     * @param confidence their mean; NaN if there are none
     * @param accuracy   the share of them that was classified right; NaN if there are none
     */
    public record Bin(int images, double confidence, double accuracy) {
    }

    /** The bins, the least confident first; images of which nothing is predicted are in none. */
    public static List<Bin> bins(Predictions predictions, int bins) {
        SingleLabel.require("calibration", predictions);
        double[] confidence = new double[bins];
        int[] right = new int[bins];
        int[] images = new int[bins];
        for (int i = 0; i < predictions.size(); i++) {
            int predicted = predictions.predicted(i);
            if (predicted < 0) {
                continue;
            }
            double p = predictions.probability(i, predicted);
            int bin = Math.max(0, Math.min(bins - 1, (int) Math.ceil(p * bins) - 1));
            confidence[bin] += p;
            right[bin] += predicted == predictions.actual(i) ? 1 : 0;
            images[bin]++;
        }
        return IntStream.range(0, bins).mapToObj(b -> new Bin(images[b], confidence[b] / images[b],
                (double) right[b] / images[b])).toList();
    }
}
