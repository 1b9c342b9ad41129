package thaw.finetune.metrics;

import java.util.stream.IntStream;

/**
 * The area under the receiver operating characteristic: the probability that an image of a class has a higher score for the class
 * than an image of another class, where equal scores count one half (Fawcett 2006).
 */
public final class RocAuc {
    private RocAuc() {
    }

    /**
     * The area for one score per example.
     *
     * @return NaN if all examples are positive, or none is, or a score is NaN
     * @throws IllegalArgumentException if the arrays are of different lengths
     */
    public static double binary(double[] scores, boolean[] positive) {
        if (scores.length != positive.length) {
            throw new IllegalArgumentException("rocAuc: " + scores.length + " scores, but " + positive.length + " truths");
        }
        return new RankCurve(scores, positive).roc();
    }

    /** The area for one class against all others, from the class's probabilities; NaN as in {@link #binary}. */
    public static double oneVersusRest(Predictions predictions, int label) {
        return curve(predictions, label).roc();
    }

    /**
     * The mean area over the classes that some images show and others do not, like scikit-learn's {@code multi_class="ovr"}; NaN
     * if there are no such classes, or if a probability of one of them is NaN.
     */
    public static double macro(Predictions predictions) {
        return IntStream.range(0, predictions.classes()).mapToObj(c -> curve(predictions, c)).filter(RankCurve::hasBoth)
                .mapToDouble(RankCurve::roc).average().orElse(Double.NaN);
    }

    /** With two classes the area for the second, positive one; with more, or several classes per image, {@link #macro}. */
    public static double of(Predictions predictions) {
        boolean binary = predictions.classes() == 2 && !predictions.labels().multiLabel();
        return binary ? oneVersusRest(predictions, 1) : macro(predictions);
    }

    /** The curve of all images by their probability of a class, positive if they show it. */
    static RankCurve curve(Predictions predictions, int label) {
        boolean[] shows = new boolean[predictions.size()];
        for (int i = 0; i < shows.length; i++) {
            shows[i] = predictions.shows(i, label);
        }
        return new RankCurve(
                IntStream.range(0, predictions.size()).mapToDouble(i -> predictions.probability(i, label)).toArray(), shows);
    }
}
