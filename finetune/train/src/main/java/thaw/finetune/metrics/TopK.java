package thaw.finetune.metrics;

/** Top-k accuracy: the share of images whose class is among the k most probable ones. */
public final class TopK {
    private TopK() {
    }

    /**
     * The top-k accuracy. Equally probable classes are ranked by index, lowest first. An
     * {@linkplain Predictions#isDefined undefined} image is incorrect for any k. NaN if there are no images.
     *
     * @param k at least 1; from the number of classes on, all defined images are correct
     * @throws IllegalArgumentException if k is below 1, or images may show several classes
     */
    public static double accuracy(Predictions predictions, int k) {
        predictions.requireSingleLabel("top-k accuracy");
        if (k < 1) {
            throw new IllegalArgumentException("top-k: expected at least 1 class, got " + k);
        }
        int right = 0;
        for (int i = 0; i < predictions.size(); i++) {
            int actual = predictions.actual(i);
            double p = predictions.probability(i, actual);
            int before = 0;
            for (int c = 0; c < predictions.classes(); c++) {
                double other = predictions.probability(i, c);
                before += other > p || other == p && c < actual ? 1 : 0;
            }
            right += before < k && predictions.isDefined(i) ? 1 : 0;
        }
        return (double) right / predictions.size();
    }
}
