package thaw.finetune.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The result of a learning-rate finder: the loss at each of a series of increasing rates. The suggestions are fastai's
 * and use the same part of the series: without the first tenth, in which training starts, and the last five, in which the
 * loss diverges. Immutable.
 *
 * @param group      the swept layer group; {@code "all"} for all trainable ones
 * @param rates      of the steps, increasing
 * @param losses     of each step's batch, smoothed by a debiased exponential mean with factor 0.98; finite
 * @param iterations the number of iterations requested
 * @param broken     whether the sweep ended at a loss that is not finite
 */
public record LearningRateSweep(String group, List<Double> rates, List<Double> losses, int iterations, boolean broken) {

    private static final int SKIPPED_END = 5;
    private static final int SKIPPED_PART = 10;

    /** @throws IllegalArgumentException if there are not as many losses as rates, a rate is not above 0, or a number is not finite */
    public LearningRateSweep {
        rates = List.copyOf(rates);
        losses = List.copyOf(losses);
        if (rates.size() != losses.size()) {
            throw new IllegalArgumentException("sweep: expected as many losses as rates, got " + rates.size() + " rates and "
                    + losses.size() + " losses");
        }
        if (!rates.stream().allMatch(rate -> rate > 0 && Double.isFinite(rate))) {
            throw new IllegalArgumentException("sweep: expected rates above 0 and finite, which have a logarithm, got " + rates);
        }
        if (!losses.stream().allMatch(Double::isFinite)) {
            throw new IllegalArgumentException("sweep: expected finite losses, up to the first that is not, got " + losses);
        }
    }

    /** The first index that the suggestions use. */
    int from() {
        return Math.min(iterations / SKIPPED_PART, rates.size());
    }

    /** The end (exclusive) of the part that the suggestions use. A loss that is not finite counts among the last five. */
    int to() {
        return Math.max(from(), broken ? Math.min(rates.size(), iterations - SKIPPED_END) : rates.size() - SKIPPED_END);
    }

    /**
     * fastai's {@code valley}: the longest strictly decreasing subsequence of losses, of length L and ending at index e,
     * is taken as the valley from index e - L to e; the suggestion lies half of its length (a third plus a sixth) after
     * its start. Empty if there are too few losses.
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

    /** The rate at which the loss falls most steeply over the rate's logarithm; empty if there are too few losses. */
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

    /** A tenth of the rate with the lowest loss; empty if there are too few losses. */
    public OptionalDouble minimum() {
        List<Integer> order = new ArrayList<>();
        for (int i = from(); i < to(); i++) {
            order.add(i);
        }
        return order.stream().min(Comparator.comparing(losses::get)).map(i -> OptionalDouble.of(rates.get(i) / 10))
                .orElse(OptionalDouble.empty());
    }
}
