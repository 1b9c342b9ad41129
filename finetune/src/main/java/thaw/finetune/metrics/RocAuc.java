package thaw.finetune.metrics;

import java.util.stream.IntStream;

/**
 * The area under the receiver operating characteristic: how probable it is that an image of a class gets a higher score for it
 * than one of another does, where equal scores count one half (Fawcett 2006).
 */
public final class RocAuc {
    private RocAuc() {
    }

    /**
     * Of scores for being positive.
     *
     * @return NaN where all are positive, or none is, or a score is NaN
     */
    public static double binary(double[] scores, boolean[] positive) {
        if (scores.length != positive.length) {
            throw new IllegalArgumentException("rocAuc: " + scores.length + " scores, but " + positive.length + " truths");
        }
        return new RankCurve(scores, positive).roc();
    }

    /** Of one class against all others. */
    public static double oneVersusRest(Predictions predictions, int label) {
        return curve(predictions, label).roc();
    }

    /**
     * The mean over classes that some images show and others do not, as scikit-learn's {@code multi_class="ovr"}; NaN if there
     * are none, or a probability is NaN.
     */
    public static double macro(Predictions predictions) {
        return IntStream.range(0, predictions.classes()).mapToObj(c -> curve(predictions, c)).filter(RankCurve::hasBoth)
                .mapToDouble(RankCurve::roc).average().orElse(Double.NaN);
    }

    /** Of two classes that of the second, the positive one; of others {@link #macro}. */
    public static double of(Predictions predictions) {
        boolean binary = predictions.classes() == 2 && !predictions.labels().multiLabel();
        return binary ? oneVersusRest(predictions, 1) : macro(predictions);
    }

    /** Of images by their probability for a class, which they show or not. */
    static RankCurve curve(Predictions predictions, int label) {
        boolean[] shows = new boolean[predictions.size()];
        for (int i = 0; i < shows.length; i++) {
            shows[i] = predictions.shows(i, label);
        }
        return new RankCurve(
                IntStream.range(0, predictions.size()).mapToDouble(i -> predictions.probability(i, label)).toArray(), shows);
    }
}
