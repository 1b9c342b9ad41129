package thaw.finetune.predict;

/** Converts a network's scores to probabilities, in double precision. */
public final class Probabilities {
    private Probabilities() {
    }

    /** The probabilities of an image's scores: softmax, or for a multi-label model the logistic function of each. */
    public static double[] of(float[] scores, boolean multiLabel) {
        return multiLabel ? sigmoid(scores) : softmax(scores);
    }

    /** {@code p_i = e^(s_i − max s) / Σ_j e^(s_j − max s)} */
    private static double[] softmax(float[] scores) {
        double max = Double.NEGATIVE_INFINITY;
        for (float score : scores) {
            max = Math.max(max, score);
        }
        double sum = 0;
        for (float score : scores) {
            sum += Math.exp(score - max);
        }
        double[] probabilities = new double[scores.length];
        for (int i = 0; i < scores.length; i++) {
            probabilities[i] = Math.exp(scores[i] - max) / sum;
        }
        return probabilities;
    }

    /** {@code p_i = 1 / (1 + e^(−s_i))} */
    private static double[] sigmoid(float[] scores) {
        double[] probabilities = new double[scores.length];
        for (int i = 0; i < scores.length; i++) {
            probabilities[i] = 1 / (1 + Math.exp(-scores[i]));
        }
        return probabilities;
    }
}
