package thaw.finetune.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How the arms did.
 *
 * @param rows     the recommended way first, as in {@link Arm#all()}
 * @param perClass pictures of each class that were trained on
 * @param tested   pictures in all that were tested
 * @param classes  that there are
 */
public record Comparison(List<Row> rows, int perClass, int tested, int classes) {

    public Comparison {
        rows = List.copyOf(rows);
    }

    /**
     * One kind of training.
     *
     * @param epochs     until then
     * @param phase      the last of its phases
     * @param accuracies of each draw, 0 to 1; 0 where the training ran away
     */
    public record Row(int epochs, Phase phase, List<Double> accuracies) {

        public Row {
            accuracies = List.copyOf(accuracies);
        }

        public double mean() {
            return accuracies.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
        }
    }

    /** A network trained by the recommended way, to its end. */
    public Row recommended() {
        return rows.get(Arm.discriminative().phases().size() - 1);
    }

    /** What the numbers say, whatever that is. */
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
        return String.format(Locale.ROOT, "From %d pictures a class, fine-tuning with a rate for each layer group gets %.1f %% of"
                + " %d other pictures right%s (chance: %.1f %%). That is %s.", perClass, 100 * best.mean(), tested,
                draws == 1 ? "" : " on average over " + draws + " draws", 100.0 / classes, String.join(", ", differences));
    }
}
