package thaw.finetune.metrics;

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

    /** @throws IllegalArgumentException if images may show several classes */
    public static double of(Predictions predictions) {
        return of(predictions, BINS);
    }

    /** As {@link #of(Predictions)}, with so many bins: {@code ((b - 1) / bins, b / bins]} for each b. */
    public static double of(Predictions predictions, int bins) {
        SingleLabel.require("the calibration error", predictions);
        if (bins < 1) {
            throw new IllegalArgumentException("bins: expected at least 1, got " + bins);
        }
        double[] confidence = new double[bins];
        double[] right = new double[bins];
        for (int i = 0; i < predictions.size(); i++) {
            int predicted = predictions.predicted(i);
            double p = predictions.probability(i, predicted);
            int bin = Math.max(0, Math.min(bins - 1, (int) Math.ceil(p * bins) - 1));
            confidence[bin] += p;
            right[bin] += predicted == predictions.actual(i) ? 1 : 0;
        }
        double error = 0;
        for (int b = 0; b < bins; b++) {
            error += Math.abs(right[b] - confidence[b]);
        }
        return error / predictions.size();
    }
}
