package thaw.finetune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a model sees in a picture.
 *
 * @param classes all of them, the most probable first; their probabilities add up to 1
 */
public record Prediction(List<ClassProbability> classes) {

    public Prediction {
        classes = List.copyOf(classes);
        if (classes.isEmpty()) {
            throw new IllegalArgumentException("a prediction needs at least one class");
        }
    }

    /** The most probable class. */
    public String label() {
        return classes.get(0).label();
    }

    /** How probable that is, 0 to 1. */
    public double probability() {
        return classes.get(0).probability();
    }

    /** By softmax: {@code p_i = e^(s_i − max s) / Σ_j e^(s_j − max s)}. */
    static Prediction ofScores(List<String> labels, float[] scores) {
        double max = Double.NEGATIVE_INFINITY;
        for (float score : scores) {
            max = Math.max(max, score);
        }
        double sum = 0;
        for (float score : scores) {
            sum += Math.exp(score - max);
        }
        List<ClassProbability> classes = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            classes.add(new ClassProbability(labels.get(i), Math.exp(scores[i] - max) / sum));
        }
        classes.sort(Comparator.comparingDouble(ClassProbability::probability).reversed());
        return new Prediction(classes);
    }
}
