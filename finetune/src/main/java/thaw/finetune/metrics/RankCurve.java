package thaw.finetune.metrics;

import java.util.stream.IntStream;

/** Areas under curves that a threshold draws, going down through all scores; equal scores pass it together. */
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
        double area = 0;
        long above = 0;
        long below = 0;
        for (int i = 0; i < order.length; ) {
            long positivesHere = 0;
            long negativesHere = 0;
            double score = scores[order[i]];
            for (; i < order.length && scores[order[i]] == score; i++) {
                if (positive[order[i]]) {
                    positivesHere++;
                } else {
                    negativesHere++;
                }
            }
            area += step.area(above, below, above + positivesHere, below + negativesHere);
            above += positivesHere;
            below += negativesHere;
        }
        return area;
    }

    /** Of the true positive rate over the false positive rate, by trapezoids; NaN where all are positive or none is. */
    double roc() {
        double area = sum((positivesBefore, negativesBefore, positivesNow, negativesNow) ->
                (negativesNow - negativesBefore) * (positivesBefore + positivesNow) / 2.0);
        return area / positives / (order.length - positives);
    }

    /** {@code Σ (R_n - R_(n-1)) P_n} of recall R and precision P; NaN where none is positive. */
    double averagePrecision() {
        double area = sum((positivesBefore, negativesBefore, positivesNow, negativesNow) ->
                (positivesNow - positivesBefore) * ((double) positivesNow / (positivesNow + negativesNow)));
        return area / positives;
    }
}
