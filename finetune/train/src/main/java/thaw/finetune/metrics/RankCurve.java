package thaw.finetune.metrics;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Areas under curves whose points are given by a threshold that decreases through all scores; equal scores pass it together. If a
 * score is NaN there is no order, and the areas are NaN.
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

    /** The area added by a step of the threshold, from the numbers of scores above it before and after the step. */
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
        for (int i = 0; i < order.length;) {
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

    /** Whether there are positives and negatives; without both the ROC curve is not defined. */
    boolean hasBoth() {
        return positives > 0 && positives < order.length;
    }

    boolean hasPositives() {
        return positives > 0;
    }

    /** The area under the true positive rate over the false positive rate, by trapezoids; NaN unless {@link #hasBoth}. */
    double roc() {
        double area = sum((positivesBefore, negativesBefore, positivesNow, negativesNow) -> (negativesNow - negativesBefore)
                * (positivesBefore + positivesNow) / 2.0);
        return area / positives / (order.length - positives);
    }

    /** The average precision {@code Σ (R_n - R_(n-1)) P_n} of recall R and precision P; NaN unless {@link #hasPositives}. */
    double averagePrecision() {
        double area = sum((positivesBefore, negativesBefore, positivesNow, negativesNow) -> (positivesNow - positivesBefore)
                * ((double) positivesNow / (positivesNow + negativesNow)));
        return area / positives;
    }
}
