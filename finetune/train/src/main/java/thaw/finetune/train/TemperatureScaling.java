package thaw.finetune.train;

/**
 * The factor of a classifier's scores with the lowest mean cross-entropy on some images (Guo et al. 2017, "On calibration of modern
 * neural networks"): softmax of the scores times this factor is neither too sure nor too unsure. The order of the classes stays.
 *
 * @param factor 1/T for the temperature T, a power of √2
 * @param loss   the mean cross-entropy with it
 */
record TemperatureScaling(double factor, double loss) {

    private static final double LEAST_POWER = -6;
    private static final double MOST_POWER = 7;
    private static final double STEP = 0.5;

    /**
     * Tries the powers of √2 from 1/64 to 128.
     *
     * @param scores {@code [images][classes]}
     * @param labels the class of each image
     */
    static TemperatureScaling of(double[][] scores, int[] labels) {
        TemperatureScaling best = new TemperatureScaling(1, Double.POSITIVE_INFINITY);
        for (double power = LEAST_POWER; power <= MOST_POWER; power += STEP) {
            double factor = Math.pow(2, power);
            double loss = crossEntropy(scores, labels, factor);
            best = loss < best.loss ? new TemperatureScaling(factor, loss) : best;
        }
        return best;
    }

    private static double crossEntropy(double[][] scores, int[] labels, double factor) {
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            double right = scores[i][labels[i]];
            double odds = 0;
            for (double score : scores[i]) {
                odds += Math.exp(factor * (score - right));
            }
            sum += Math.log(odds);
        }
        return sum / labels.length;
    }
}
