package thaw.finetune.metrics;

import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Counts of correct and wrong decisions for images that may show several classes (one class each is allowed, too). For each image
 * and class, the decision is positive if the class's probability is above a threshold. A NaN probability gives no decision, which
 * counts as incorrect: as a false negative if the image shows the class, otherwise as undecided, which is not a false positive.
 * Immutable and thread-safe.
 */
public final class MultiLabelCounts {
    private final int images;
    private final long[] truePositives;
    private final long[] falsePositives;
    private final long[] falseNegatives;
    /** Missing decisions on classes that the image does not show; on classes that it shows they are false negatives. */
    private final long[] undecided;
    private final double meanAveragePrecision;

    private MultiLabelCounts(Predictions predictions, double threshold) {
        int classes = predictions.classes();
        images = predictions.size();
        truePositives = new long[classes];
        falsePositives = new long[classes];
        falseNegatives = new long[classes];
        undecided = new long[classes];
        for (int i = 0; i < images; i++) {
            for (int c = 0; c < classes; c++) {
                double p = predictions.probability(i, c);
                boolean says = p > threshold;
                boolean shows = predictions.shows(i, c);
                if (says && shows) {
                    truePositives[c]++;
                } else if (says) {
                    falsePositives[c]++;
                } else if (shows) {
                    falseNegatives[c]++;
                } else if (Double.isNaN(p)) {
                    undecided[c]++;
                }
            }
        }
        meanAveragePrecision = IntStream.range(0, classes).mapToObj(c -> RocAuc.curve(predictions, c))
                .filter(RankCurve::hasPositives).mapToDouble(RankCurve::averagePrecision).average().orElse(Double.NaN);
    }

    /** @param threshold fastai's and Thaw's default is 0.5 */
    public static MultiLabelCounts of(Predictions predictions, double threshold) {
        return new MultiLabelCounts(predictions, threshold);
    }

    /** The share of correct decisions, fastai's {@code accuracy_multi}; NaN if there are no images. */
    public double accuracy() {
        long wrong = sum(falsePositives) + sum(falseNegatives) + sum(undecided);
        return 1 - (double) wrong / ((long) images * truePositives.length);
    }

    /** The number of correct decisions on a class. */
    public long correct(int label) {
        return images - falsePositives[label] - falseNegatives[label] - undecided[label];
    }

    /** The share of images that show a class among the positive decisions on it; 0 if there are none. */
    public double precision(int label) {
        return ratio(truePositives[label], truePositives[label] + falsePositives[label]);
    }

    /** The share of positive decisions on a class among the images that show it; 0 if there are none. */
    public double recall(int label) {
        return ratio(truePositives[label], truePositives[label] + falseNegatives[label]);
    }

    /** A class's {@code 2 TP / (2 TP + FP + FN)}; 0 if no image shows the class and no decision on it is positive. */
    public double f1(int label) {
        return ratio(2 * truePositives[label], 2 * truePositives[label] + falsePositives[label] + falseNegatives[label]);
    }

    /** The unweighted mean F1 of all classes, fastai's {@code F1ScoreMulti}. */
    public double macroF1() {
        return IntStream.range(0, truePositives.length).mapToDouble(this::f1).average().orElse(Double.NaN);
    }

    /**
     * The mean average precision {@code Σ (R_n - R_(n-1)) P_n} of the classes that images show, independent of the threshold. NaN
     * if there are none, or if a probability of one of them is NaN.
     */
    public double meanAveragePrecision() {
        return meanAveragePrecision;
    }

    private static long sum(long[] counts) {
        return LongStream.of(counts).sum();
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
