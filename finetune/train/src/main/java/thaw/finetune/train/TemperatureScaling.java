package thaw.finetune.train;

/**
 * The factor 1/T of scores with the lowest mean cross-entropy on some images (Guo et al., "On Calibration of Modern Neural Networks",
 * ICML 2017): softmax of the scores times this factor is neither too sure nor too unsure. The order of the classes stays.
 *
 * @param factor 1/T, from 1/128 to 128
 * @param loss   the mean cross-entropy with it
 */
record TemperatureScaling(double factor, double loss) {

    private static final double MOST = Math.log(128);
    private static final int BISECTIONS = 50;

    /**
     * Bisection: the cross-entropy is convex in 1/T, so that its slope has one zero.
     *
     * @param scores {@code [images][classes]}, finite
     * @param labels the class of each image
     */
    static TemperatureScaling of(double[][] scores, int[] labels) {
        double low = -MOST;
        double high = MOST;
        for (int i = 0; i < BISECTIONS; i++) {
            double middle = (low + high) / 2;
            if (slope(scores, labels, Math.exp(middle)) < 0) {
                low = middle;
            } else {
                high = middle;
            }
        }
        double factor = Math.exp((low + high) / 2);
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            double odds = 0;
            for (double score : scores[i]) {
                odds += Math.exp(factor * (score - scores[i][labels[i]]));
            }
            sum += Math.log(odds);
        }
        return new TemperatureScaling(factor, sum / labels.length);
    }

    /** The derivative of the cross-entropy by the factor: the sum of Σ_c q_c s_c − s_y over images, q = softmax(factor·s), class y. */
    private static double slope(double[][] scores, int[] labels, double factor) {
        double slope = 0;
        for (int i = 0; i < labels.length; i++) {
            double most = Double.NEGATIVE_INFINITY;
            for (double score : scores[i]) {
                most = Math.max(most, score);
            }
            double sum = 0;
            double mean = 0;
            for (double score : scores[i]) {
                double odds = Math.exp(factor * (score - most));
                sum += odds;
                mean += odds * score;
            }
            slope += mean / sum - scores[i][labels[i]];
        }
        return slope;
    }
}
