package thaw.finetune.metrics;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The expected calibration error of Guo et al., "On Calibration of Modern Neural Networks" (2017), equation 3: the mean
 * difference between confidence and accuracy. Images are binned by the probability of their predicted class, in bins of equal
 * width; the error is {@code Σ_b n_b / n |accuracy(b) - confidence(b)|}.
 */
public final class CalibrationError {
    /** The paper's number of bins. */
    public static final int BINS = 15;

    private CalibrationError() {
    }

    /**
     * The error with {@link #BINS} bins; NaN if there are no images, or if one is {@linkplain Predictions#isDefined undefined}.
     *
     * @throws IllegalArgumentException if images may show several classes
     */
    public static double of(Predictions predictions) {
        return of(predictions, BINS);
    }

    /**
     * Like {@link #of(Predictions)}, with another number of bins, {@code ((b - 1) / bins, b / bins]} for each b from 1.
     *
     * @throws IllegalArgumentException if {@code bins} is below 1, or images may show several classes
     */
    public static double of(Predictions predictions, int bins) {
        predictions.requireSingleLabel("the calibration error");
        requireBins(bins);
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
     * A bin: images of similar confidence.
     *
     * @param images     number of images
     * @param confidence mean probability of their predicted classes; NaN if there are no images
     * @param accuracy   share of correctly classified images; NaN if there are no images
     */
    public record Bin(int images, double confidence, double accuracy) {
    }

    /**
     * The bins in order of confidence, lowest first, without {@linkplain Predictions#isDefined undefined} images.
     *
     * @throws IllegalArgumentException if {@code bins} is below 1, or images may show several classes
     */
    public static List<Bin> bins(Predictions predictions, int bins) {
        predictions.requireSingleLabel("calibration");
        requireBins(bins);
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

    private static void requireBins(int bins) {
        if (bins < 1) {
            throw new IllegalArgumentException("bins: expected at least 1, got " + bins);
        }
    }
}
