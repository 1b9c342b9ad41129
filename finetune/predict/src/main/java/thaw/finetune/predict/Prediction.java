package thaw.finetune.predict;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A model's prediction for an image. Immutable.
 *
 * @param classes   all classes, the most probable first. Single-label probabilities sum to 1; multi-label ones are
 *     independent, each from 0 to 1
 * @param threshold the probability above which a multi-label model predicts a class
 */
public record Prediction(List<ClassProbability> classes, double threshold) {

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

    /** The probability of the most probable class, 0 to 1. */
    public double probability() {
        return classes.get(0).probability();
    }

    /** The predicted classes of a multi-label model: those more probable than its threshold. May be empty. */
    public List<String> labels() {
        return labels(threshold);
    }

    /** The classes that are more probable than {@code threshold}. */
    public List<String> labels(double threshold) {
        return classes.stream().filter(c -> c.probability() > threshold).map(ClassProbability::label).toList();
    }

    static Prediction ofScores(LabelSet labels, float[] scores, double threshold) {
        double[] probabilities = Probabilities.of(scores, labels.multiLabel());
        List<ClassProbability> classes = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            classes.add(new ClassProbability(labels.classes().get(i), probabilities[i]));
        }
        classes.sort(Comparator.comparingDouble(ClassProbability::probability).reversed());
        return new Prediction(classes, threshold);
    }
}
