package thaw.finetune.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.StatUtils;

/**
 * The test accuracies of all arms.
 *
 * @param rows     a row for each phase of the first arm and the last phase of the others, in the order of {@link Arm#all()}
 * @param perClass number of training images per class
 * @param tested   number of test images in all
 * @param classes  number of classes
 */
public record Comparison(List<Row> rows, int perClass, int tested, int classes) {

    /** Copies the collections. */
    public Comparison {
        rows = List.copyOf(rows);
    }

    /**
     * The test accuracies of one arm after one phase.
     *
     * @param epochs     number of the arm's epochs up to the end of the phase
     * @param phase      the phase
     * @param accuracies test accuracy of each draw, 0 to 1; 0 if the training diverged
     */
    public record Row(int epochs, Phase phase, List<Double> accuracies) {

        /** Copies the list. */
        public Row {
            accuracies = List.copyOf(accuracies);
        }

        /** The mean accuracy of all draws. */
        public double mean() {
            return accuracies.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
        }
    }

    /** The first arm, with one rate for each group, after its last phase. */
    public Row recommended() {
        return rows.get(Arm.discriminative().phases().size() - 1);
    }

    /**
     * The difference between two rows' accuracies on the same draws.
     *
     * @param mean   over the draws
     * @param spread the standard deviation of the differences; NaN for one draw
     */
    public record Difference(double mean, double spread) {
    }

    /** {@link #recommended} minus a row, draw by draw: what both owe to the draw cancels out. */
    public Difference difference(Row row) {
        Row best = recommended();
        double[] differences = IntStream.range(0, row.accuracies.size())
                .mapToDouble(draw -> best.accuracies.get(draw) - row.accuracies.get(draw)).toArray();
        return new Difference(StatUtils.mean(differences),
                differences.length < 2 ? Double.NaN : Math.sqrt(StatUtils.variance(differences)));
    }

    /** The result as sentences that compare the recommended arm with each other row, in either direction. */
    public String verdict() {
        Row best = recommended();
        int draws = best.accuracies.size();
        List<String> differences = new ArrayList<>();
        for (Row row : rows) {
            if (row != best) {
                Difference by = difference(row);
                differences.add(String.format(Locale.ROOT, "%.1f%s points %s than %s", 100 * Math.abs(by.mean),
                        draws == 1 ? "" : String.format(Locale.ROOT, " ± %.1f", 100 * by.spread), by.mean >= 0 ? "more" : "less",
                        row.phase.result()));
            }
        }
        return String.format(Locale.ROOT, "With %d images per class, fine-tuning with one learning rate per layer group"
                + " classifies %.1f %% of %d test images correctly%s (chance: %.1f %%). That is %s.%s", perClass,
                100 * best.mean(), tested, draws == 1 ? "" : " on average over " + draws + " draws", 100.0 / classes,
                String.join(", ", differences), draws == 1 ? " One draw says nothing about the spread of these differences."
                        : " The number after ± is the standard deviation of the difference between the draws: a difference that"
                                + " is not larger may be chance.");
    }
}
