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
     * @return NaN where all are positive, or none is
     */
    public static double binary(double[] scores, boolean[] positive) {
        if (scores.length != positive.length) {
            throw new IllegalArgumentException("rocAuc: " + scores.length + " scores, but " + positive.length + " truths");
        }
        return new RankCurve(scores, positive).roc();
    }

    /** Of one class against all others. */
    public static double oneVersusRest(Predictions predictions, int label) {
        return new RankCurve(scores(predictions, label), shows(predictions, label)).roc();
    }

    /** The mean over classes that some images show and others do not, as scikit-learn's {@code multi_class="ovr"}. */
    public static double macro(Predictions predictions) {
        return IntStream.range(0, predictions.classes()).mapToDouble(c -> oneVersusRest(predictions, c))
                .filter(Double::isFinite).average().orElse(Double.NaN);
    }

    /** Of two classes that of the second, the positive one; of others {@link #macro}. */
    public static double of(Predictions predictions) {
        boolean binary = predictions.classes() == 2 && !predictions.labels().multiLabel();
        return binary ? oneVersusRest(predictions, 1) : macro(predictions);
    }

    static double[] scores(Predictions predictions, int label) {
        return IntStream.range(0, predictions.size()).mapToDouble(i -> predictions.probability(i, label)).toArray();
    }

    static boolean[] shows(Predictions predictions, int label) {
        boolean[] shows = new boolean[predictions.size()];
        for (int i = 0; i < shows.length; i++) {
            shows[i] = predictions.shows(i, label);
        }
        return shows;
    }
}
