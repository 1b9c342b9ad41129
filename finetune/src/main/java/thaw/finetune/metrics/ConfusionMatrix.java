package thaw.finetune.metrics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * How often images of one class were taken for another: rows are what they show, columns what was predicted. Images of which
 * {@linkplain Predictions#isDefined nothing is predicted} count as images of their class that were taken for none: they are in
 * {@link #total} and {@link #actualCount}, in recall, F1, accuracy and kappa, and in no {@link #count}.
 */
public final class ConfusionMatrix {
    private final List<String> classes;
    /** With one more column for what was taken for no class. */
    private final long[][] counts;

    private ConfusionMatrix(List<String> classes, long[][] counts) {
        this.classes = classes;
        this.counts = counts;
    }

    /** @throws IllegalArgumentException if images may show several classes */
    public static ConfusionMatrix of(Predictions predictions) {
        SingleLabel.require("a confusion matrix", predictions);
        int none = predictions.classes();
        long[][] counts = new long[none][none + 1];
        for (int i = 0; i < predictions.size(); i++) {
            int predicted = predictions.predicted(i);
            counts[predictions.actual(i)][predicted < 0 ? none : predicted]++;
        }
        return new ConfusionMatrix(predictions.labels().classes(), counts);
    }

    /** Two classes that were taken for one another. */
    public record Confusion(String actual, String predicted, long count) {
    }

    public List<String> classes() {
        return classes;
    }

    public long count(int actual, int predicted) {
        Objects.checkIndex(predicted, classes.size());
        return counts[actual][predicted];
    }

    /** Images in all. */
    public long total() {
        return IntStream.range(0, counts.length).mapToLong(this::actualCount).sum();
    }

    /** Images of a class. */
    public long actualCount(int label) {
        return LongStream.of(counts[label]).sum();
    }

    /** Images that were taken for a class. */
    public long predictedCount(int label) {
        long sum = 0;
        for (long[] row : counts) {
            sum += row[label];
        }
        return sum;
    }

    /** The share that was classified right; NaN if there are no images. */
    public double accuracy() {
        return (double) IntStream.range(0, counts.length).mapToLong(c -> counts[c][c]).sum() / total();
    }

    /** Of the images taken for a class, the share that shows it; 0 where none was, as scikit-learn has it. */
    public double precision(int label) {
        return ratio(counts[label][label], predictedCount(label));
    }

    /** Of the images of a class, the share that was taken for it; 0 where there are none. */
    public double recall(int label) {
        return ratio(counts[label][label], actualCount(label));
    }

    /** The harmonic mean of precision and recall, {@code 2 TP / (2 TP + FP + FN)}; 0 where the class never occurs. */
    public double f1(int label) {
        return ratio(2 * counts[label][label], predictedCount(label) + actualCount(label));
    }

    /** The plain mean of the classes that occur among images or predictions; NaN if none does. */
    public double macroPrecision() {
        return macro(this::precision);
    }

    /** As {@link #macroPrecision}. */
    public double macroRecall() {
        return macro(this::recall);
    }

    /** As {@link #macroPrecision}, of each class's F1. */
    public double macroF1() {
        return macro(this::f1);
    }

    /**
     * Cohen's kappa (1960): {@code (p_o - p_e) / (1 - p_e)}, how much more often than by chance prediction and truth agree, where
     * chance keeps the frequencies of both. NaN where all is one class, or there are no images.
     */
    public double kappa() {
        double total = total();
        double byChance = IntStream.range(0, counts.length).mapToDouble(c -> actualCount(c) / total * (predictedCount(c) / total))
                .sum();
        return (accuracy() - byChance) / (1 - byChance);
    }

    /** Pairs of classes that were confused at least {@code least} times, the most frequent first. */
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
