package thaw.finetune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import thaw.finetune.data.LabelSet;

/**
 * What a model sees in a picture.
 *
 * @param classes all of them, the most probable first; their probabilities add up to 1, unless the model is one of images that
 *                may show several classes, where each is from 0 to 1 by itself
 * @param threshold the model's, above which probability an image that may show several counts as showing a class
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

    /** How probable that is, 0 to 1. */
    public double probability() {
        return classes.get(0).probability();
    }

    /** What a model says of an image that may show several classes, or none: those that are more probable than its threshold. */
    public List<String> labels() {
        return labels(threshold);
    }

    /** The classes that are more probable than this. */
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
