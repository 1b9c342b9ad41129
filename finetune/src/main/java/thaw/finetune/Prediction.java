package thaw.finetune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a model sees in a picture.
 *
 * @param classes all of them, the most probable first; their probabilities add up to 1, unless the model is one of images that
 *                may show several classes, where each is from 0 to 1 by itself
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

    /** The classes that are more probable than this: what a model says of an image that may show several, or none. */
    public List<String> labels(double threshold) {
        return classes.stream().filter(c -> c.probability() > threshold).map(ClassProbability::label).toList();
    }

    /** @param multiLabel whether the model takes each class by itself */
    static Prediction ofScores(List<String> labels, float[] scores, boolean multiLabel) {
        double[] probabilities = Probabilities.of(scores, multiLabel);
        List<ClassProbability> classes = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            classes.add(new ClassProbability(labels.get(i), probabilities[i]));
        }
        classes.sort(Comparator.comparingDouble(ClassProbability::probability).reversed());
        return new Prediction(classes);
    }
}
