package thaw.finetune.metrics;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Areas under curves that a threshold draws, going down through all scores; equal scores pass it together. A score that is NaN
 * has no place among others, so then the areas are NaN too.
 */
final class RankCurve {
    private final int[] order;
    private final double[] scores;
    private final boolean[] positive;
    private final long positives;

    RankCurve(double[] scores, boolean[] positive) {
        this.scores = scores;
        this.positive = positive;
        this.order = IntStream.range(0, scores.length).boxed().sorted((a, b) -> Double.compare(scores[b], scores[a]))
                .mapToInt(Integer::intValue).toArray();
        this.positives = IntStream.range(0, positive.length).filter(i -> positive[i]).count();
    }

    /** A step of the threshold: what passed it before, and what passes it now. */
    private interface Step {
        double area(long positivesBefore, long negativesBefore, long positivesNow, long negativesNow);
    }

    private double sum(Step step) {
        if (DoubleStream.of(scores).anyMatch(Double::isNaN)) {
            return Double.NaN;
        }
        double area = 0;
        long above = 0;
        long below = 0;
        for (int i = 0; i < order.length; ) {
            long positivesHere = 0;
            long negativesHere = 0;
            double score = scores[order[i]];
            do {
                if (positive[order[i]]) {
                    positivesHere++;
                } else {
                    negativesHere++;
                }
                i++;
            } while (i < order.length && scores[order[i]] == score);
            area += step.area(above, below, above + positivesHere, below + negativesHere);
            above += positivesHere;
            below += negativesHere;
        }
        return area;
    }

    /** Whether some are positive and others are not, without which there is no curve. */
    boolean hasBoth() {
        return positives > 0 && positives < order.length;
    }

    boolean hasPositives() {
        return positives > 0;
    }

    /** Of the true positive rate over the false positive rate, by trapezoids; NaN unless {@link #hasBoth}. */
    double roc() {
        double area = sum((positivesBefore, negativesBefore, positivesNow, negativesNow) ->
                (negativesNow - negativesBefore) * (positivesBefore + positivesNow) / 2.0);
        return area / positives / (order.length - positives);
    }

    /** {@code Σ (R_n - R_(n-1)) P_n} of recall R and precision P; NaN unless {@link #hasPositives}. */
    double averagePrecision() {
        double area = sum((positivesBefore, negativesBefore, positivesNow, negativesNow) ->
                (positivesNow - positivesBefore) * ((double) positivesNow / (positivesNow + negativesNow)));
        return area / positives;
    }
}
