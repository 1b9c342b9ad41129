package thaw.finetune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a learning-rate finder saw: the loss at each of a series of growing rates. The suggestions are fastai's, over the same
 * part of the series: without the first tenth and the last five, in which things only begin, and blow up.
 *
 * @param group      that was swept; {@code "all"} if it was all that are trained
 * @param rates      of the steps, growing
 * @param losses     after each step's batch, smoothed: debiased exponential mean with factor 0.98; finite
 * @param iterations that were asked for
 * @param broken     whether the next loss was no finite number
 */
public record LearningRateSweep(String group, List<Double> rates, List<Double> losses, int iterations, boolean broken) {

    private static final int SKIPPED_END = 5;
    private static final int SKIPPED_PART = 10;

    public LearningRateSweep {
        rates = List.copyOf(rates);
        losses = List.copyOf(losses);
        if (rates.size() != losses.size()) {
            throw new IllegalArgumentException("sweep: " + rates.size() + " rates and " + losses.size() + " losses");
        }
        if (!rates.stream().allMatch(rate -> rate > 0 && Double.isFinite(rate))) {
            throw new IllegalArgumentException("sweep: expected rates above 0 and finite, which have a logarithm, got " + rates);
        }
        if (!losses.stream().allMatch(Double::isFinite)) {
            throw new IllegalArgumentException("sweep: expected finite losses, up to the first that is not, got " + losses);
        }
    }

    /** The first index that the suggestions look at. */
    int from() {
        return Math.min(iterations / SKIPPED_PART, rates.size());
    }

    /** The index behind the last one that the suggestions look at. Losses that are no numbers count among the last five. */
    int to() {
        return Math.max(from(), broken ? Math.min(rates.size(), iterations - SKIPPED_END) : rates.size() - SKIPPED_END);
    }

    /**
     * The middle of the longest valley: the longest sequence of ever lower losses, others between them left out, is taken to
     * reach as far back from its last loss as it has members, and a third and a sixth of that way is gone from its start. Empty
     * if there are too few losses.
     */
    public OptionalDouble valley() {
        List<Double> seen = losses.subList(from(), to());
        if (seen.isEmpty()) {
            return OptionalDouble.empty();
        }
        int[] length = new int[seen.size()];
        length[0] = 1;
        int start = 0;
        int end = 0;
        for (int i = 1; i < length.length; i++) {
            length[i] = 1;
            for (int j = 0; j < i; j++) {
                if (seen.get(i) < seen.get(j)) {
                    length[i] = Math.max(length[i], length[j] + 1);
                }
            }
            if (length[i] > length[end]) {
                end = i;
                start = end - length[end];
            }
        }
        double third = (end - start) / 3.0;
        return OptionalDouble.of(rates.get(from() + Math.max(0, start + (int) third + (int) (third / 2))));
    }

    /** Where the loss falls most steeply over the rate's logarithm; empty if there are too few losses. */
    public OptionalDouble steep() {
        OptionalDouble found = OptionalDouble.empty();
        double steepest = Double.POSITIVE_INFINITY;
        for (int i = from(); i + 1 < to(); i++) {
            double slope = (losses.get(i + 1) - losses.get(i)) / (Math.log(rates.get(i + 1)) - Math.log(rates.get(i)));
            if (slope < steepest) {
                steepest = slope;
                found = OptionalDouble.of(rates.get(i));
            }
        }
        return found;
    }

    /** A tenth of the rate where the loss is lowest; empty if there are too few losses. */
    public OptionalDouble minimum() {
        List<Integer> order = new ArrayList<>();
        for (int i = from(); i < to(); i++) {
            order.add(i);
        }
        return order.stream().min(Comparator.comparing(losses::get)).map(i -> OptionalDouble.of(rates.get(i) / 10))
                .orElse(OptionalDouble.empty());
    }
}
