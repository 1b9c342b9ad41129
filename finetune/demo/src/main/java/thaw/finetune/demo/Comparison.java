package thaw.finetune.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The test accuracies of all arms.
 *
 * @param rows     a row for each phase of each arm, in the order of {@link Arm#all()}
 * @param perClass number of training images per class
 * @param tested   number of test images in all
 * @param classes  number of classes
 */
public record Comparison(List<Row> rows, int perClass, int tested, int classes) {

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

        public Row {
            accuracies = List.copyOf(accuracies);
        }

        /** The mean accuracy of all draws. */
        public double mean() {
            return accuracies.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
        }
    }

    /** The recommended arm after its last phase. */
    public Row recommended() {
        return rows.get(Arm.discriminative().phases().size() - 1);
    }

    /** The result as sentences that compare the recommended arm with each other row, in either direction. */
    public String verdict() {
        Row best = recommended();
        int draws = best.accuracies.size();
        List<String> differences = new ArrayList<>();
        for (Row row : rows) {
            if (row != best) {
                double points = 100 * (best.mean() - row.mean());
                differences.add(String.format(Locale.ROOT, "%.1f points %s than %s", Math.abs(points),
                        points >= 0 ? "more" : "less", row.phase.result()));
            }
        }
        return String.format(Locale.ROOT, "With %d images per class, fine-tuning with one learning rate per layer group"
                + " classifies %.1f %% of %d test images correctly%s (chance: %.1f %%). That is %s.", perClass,
                100 * best.mean(), tested, draws == 1 ? "" : " on average over " + draws + " draws", 100.0 / classes,
                String.join(", ", differences));
    }
}
