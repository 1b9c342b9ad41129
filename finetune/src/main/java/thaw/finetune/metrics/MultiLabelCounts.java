package thaw.finetune.metrics;

import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Decisions, for each image and class, whether the image shows the class: whether its probability is above a threshold. For
 * images that may show several classes; those of one class count as well. Where a probability is NaN there is no decision, which
 * is never right: a class that is shown was missed, one that is not was not said to be either.
 */
public final class MultiLabelCounts {
    private final int images;
    private final long[] truePositives;
    private final long[] falsePositives;
    private final long[] falseNegatives;
    /** Of classes that are not shown; those of others are false negatives. */
    private final long[] undecided;
    private final double sampleF1;
    private final double exactMatches;
    private final double meanAveragePrecision;

    private MultiLabelCounts(Predictions predictions, double threshold) {
        int classes = predictions.classes();
        images = predictions.size();
        truePositives = new long[classes];
        falsePositives = new long[classes];
        falseNegatives = new long[classes];
        undecided = new long[classes];
        double f1 = 0;
        int exact = 0;
        for (int i = 0; i < images; i++) {
            int both = 0;
            int wrong = 0;
            boolean decided = true;
            for (int c = 0; c < classes; c++) {
                double p = predictions.probability(i, c);
                boolean says = p > threshold;
                boolean shows = predictions.shows(i, c);
                if (says && shows) {
                    truePositives[c]++;
                    both++;
                } else if (says) {
                    falsePositives[c]++;
                    wrong++;
                } else if (shows) {
                    falseNegatives[c]++;
                    wrong++;
                } else if (Double.isNaN(p)) {
                    undecided[c]++;
                    decided = false;
                }
            }
            f1 += ratio(2L * both, 2L * both + wrong);
            exact += wrong == 0 && decided ? 1 : 0;
        }
        sampleF1 = f1 / images;
        exactMatches = (double) exact / images;
        meanAveragePrecision = IntStream.range(0, classes).mapToObj(c -> RocAuc.curve(predictions, c))
                .filter(RankCurve::hasPositives).mapToDouble(RankCurve::averagePrecision).average().orElse(Double.NaN);
    }

    /** @param threshold fastai's and our default is 0.5 */
    public static MultiLabelCounts of(Predictions predictions, double threshold) {
        return new MultiLabelCounts(predictions, threshold);
    }

    /** The share of all decisions that are right: fastai's {@code accuracy_multi}; NaN if there are no images. */
    public double accuracy() {
        long wrong = sum(falsePositives) + sum(falseNegatives) + sum(undecided);
        return 1 - (double) wrong / ((long) images * truePositives.length);
    }

    /** The share of images all of whose decisions are right; NaN if there are no images. */
    public double exactMatch() {
        return exactMatches;
    }

    /** Decisions of one class that are right. */
    public long correct(int label) {
        return images - falsePositives[label] - falseNegatives[label] - undecided[label];
    }

    /** Of the images that are said to show a class, the share that does; 0 where none is said to. */
    public double precision(int label) {
        return ratio(truePositives[label], truePositives[label] + falsePositives[label]);
    }

    /** Of the images that show a class, the share that is said to; 0 where none does. */
    public double recall(int label) {
        return ratio(truePositives[label], truePositives[label] + falseNegatives[label]);
    }

    /** {@code 2 TP / (2 TP + FP + FN)}; 0 where the class is neither shown nor said. */
    public double f1(int label) {
        return ratio(2 * truePositives[label], 2 * truePositives[label] + falsePositives[label] + falseNegatives[label]);
    }

    /** The plain mean over classes: fastai's {@code F1ScoreMulti}. */
    public double macroF1() {
        return IntStream.range(0, truePositives.length).mapToDouble(this::f1).average().orElse(Double.NaN);
    }

    /** From the decisions of all classes together. */
    public double microF1() {
        long both = 2 * sum(truePositives);
        return ratio(both, both + sum(falsePositives) + sum(falseNegatives));
    }

    /**
     * The mean over images of the F1 of each one's classes; 0 for an image that neither shows a class nor is said to. NaN if there
     * are no images.
     */
    public double sampleF1() {
        return sampleF1;
    }

    /**
     * The mean over the classes that occur of their average precision {@code Σ (R_n - R_(n-1)) P_n}; no threshold is in it. NaN if
     * none occurs, or a probability is NaN.
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
