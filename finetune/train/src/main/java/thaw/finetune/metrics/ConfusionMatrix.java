package thaw.finetune.metrics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The confusion matrix: numbers of images by actual class (row) and predicted class (column). An
 * {@linkplain Predictions#isDefined undefined} image counts as an image of its class without a predicted class: it is part of
 * {@link #total}, {@link #actualCount}, recall, F1, accuracy and kappa, but of no {@link #count}. Immutable and thread-safe.
 */
public final class ConfusionMatrix {
    private final List<String> classes;
    /** {@code [classes][classes + 1]}; the last column is of images without a predicted class. */
    private final long[][] counts;

    private ConfusionMatrix(List<String> classes, long[][] counts) {
        this.classes = classes;
        this.counts = counts;
    }

    /** @throws IllegalArgumentException if images may show several classes */
    public static ConfusionMatrix of(Predictions predictions) {
        predictions.requireSingleLabel("a confusion matrix");
        int none = predictions.classes();
        long[][] counts = new long[none][none + 1];
        for (int i = 0; i < predictions.size(); i++) {
            int predicted = predictions.predicted(i);
            counts[predictions.actual(i)][predicted < 0 ? none : predicted]++;
        }
        return new ConfusionMatrix(predictions.labels().classes(), counts);
    }

    /** A pair of classes, and the number of images of one that were predicted as the other. */
    public record Confusion(String actual, String predicted, long count) {
    }

    /** The classes, in the order of rows and columns. */
    public List<String> classes() {
        return classes;
    }

    /** The number of images of class {@code actual} that were predicted as class {@code predicted}. */
    public long count(int actual, int predicted) {
        Objects.checkIndex(predicted, classes.size());
        return counts[actual][predicted];
    }

    /** The number of all images. */
    public long total() {
        return IntStream.range(0, counts.length).mapToLong(this::actualCount).sum();
    }

    /** The number of images of a class. */
    public long actualCount(int label) {
        return LongStream.of(counts[label]).sum();
    }

    /** The number of images that were predicted as a class. */
    public long predictedCount(int label) {
        long sum = 0;
        for (long[] row : counts) {
            sum += row[label];
        }
        return sum;
    }

    /** The share of correctly classified images; NaN if there are no images. */
    public double accuracy() {
        return (double) IntStream.range(0, counts.length).mapToLong(c -> counts[c][c]).sum() / total();
    }

    /** The share of a class's images among those predicted as the class; 0 if there are none, as in scikit-learn. */
    public double precision(int label) {
        return ratio(counts[label][label], predictedCount(label));
    }

    /** The share of images predicted as a class among the class's images; 0 if there are none. */
    public double recall(int label) {
        return ratio(counts[label][label], actualCount(label));
    }

    /** The harmonic mean of precision and recall, {@code 2 TP / (2 TP + FP + FN)}; 0 if the class never occurs. */
    public double f1(int label) {
        return ratio(2 * counts[label][label], predictedCount(label) + actualCount(label));
    }

    /** The unweighted mean precision of the classes that occur as actual or predicted ones; NaN if there are none. */
    public double macroPrecision() {
        return macro(this::precision);
    }

    /** The mean recall of the same classes as in {@link #macroPrecision}. */
    public double macroRecall() {
        return macro(this::recall);
    }

    /** The mean F1 of the same classes as in {@link #macroPrecision}. */
    public double macroF1() {
        return macro(this::f1);
    }

    /**
     * Cohen's kappa (1960): {@code (p_o - p_e) / (1 - p_e)}, the agreement of predicted and actual classes beyond that by chance
     * with the same class frequencies. NaN if all actual and predicted classes are the same one, or if there are no images.
     */
    public double kappa() {
        double total = total();
        double byChance = IntStream.range(0, counts.length).mapToDouble(c -> actualCount(c) / total * (predictedCount(c) / total))
                .sum();
        return (accuracy() - byChance) / (1 - byChance);
    }

    /** Pairs of classes that were confused at least {@code least} times (at least once), the most frequent first. */
    public List<Confusion> mostConfused(long least) {
        List<Confusion> confused = new ArrayList<>();
        for (int actual = 0; actual < counts.length; actual++) {
            for (int predicted = 0; predicted < counts.length; predicted++) {
                if (actual != predicted && counts[actual][predicted] >= Math.max(1, least)) {
                    confused.add(new Confusion(classes.get(actual), classes.get(predicted), counts[actual][predicted]));
                }
            }
        }
        confused.sort(Comparator.comparingLong(Confusion::count).reversed());
        return confused;
    }

    private double macro(IntToDoubleFunction ofClass) {
        IntStream occurring = IntStream.range(0, counts.length).filter(c -> actualCount(c) + predictedCount(c) > 0);
        return occurring.mapToDouble(ofClass).average().orElse(Double.NaN);
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
