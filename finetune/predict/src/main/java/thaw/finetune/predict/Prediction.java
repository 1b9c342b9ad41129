package thaw.finetune.predict;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A model's prediction for an image. Immutable.
 *
 * @param probabilities the probabilities of all classes, in the order of {@link Classifier#classes}. Those of a single-label model
 *     sum to 1; those of a multi-label model are independent, each from 0 to 1
 * @param threshold     the probability above which {@link #labels()} has a class
 * @param novelty       the image's distance from known images of the classes, {@link KnownImages#novelty}; empty if the model keeps none
 */
public record Prediction(List<ClassProbability> probabilities, double threshold, OptionalDouble novelty) {

    private static final Comparator<ClassProbability> BY_PROBABILITY = Comparator.comparingDouble(ClassProbability::probability);

    /** @throws IllegalArgumentException if there is no class */
    public Prediction {
        probabilities = List.copyOf(probabilities);
        if (probabilities.isEmpty()) {
            throw new IllegalArgumentException("a prediction needs at least one class");
        }
    }

    /**
     * Whether the novelty is at most 1, which it is for 95 % of new images like the known ones; an image of none of the classes is usually
     * farther away. True of a model without {@link KnownImages}.
     */
    public boolean isKnown() {
        return novelty.isEmpty() || novelty.getAsDouble() <= 1;
    }

    /** The most probable class; the first of equally probable ones. */
    public String label() {
        return best().label();
    }

    /** The probability of the most probable class, 0 to 1. */
    public double probability() {
        return best().probability();
    }

    private ClassProbability best() {
        ClassProbability best = probabilities.get(0);
        for (ClassProbability other : probabilities) {
            if (other.probability() > best.probability()) {
                best = other;
            }
        }
        return best;
    }

    /**
     * The probability of a class, 0 to 1.
     *
     * @throws IllegalArgumentException if the model has no class of this name; the message lists some that it has
     */
    public double probability(String label) {
        return probabilities.stream().filter(one -> one.label().equals(label)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("label: the model has no class '" + label + "'; its classes are "
                        + InputCheck.shortened(probabilities.stream().map(ClassProbability::label).toList())))
                .probability();
    }

    /**
     * The {@code k} most probable classes, the most probable first, equally probable ones in the model's order; all classes if there
     * are fewer.
     *
     * @throws IllegalArgumentException if {@code k} is less than 1
     */
    public List<ClassProbability> top(int k) {
        if (k < 1) {
            throw new IllegalArgumentException("top: expected at least 1 class, got " + k);
        }
        return probabilities.stream().sorted(BY_PROBABILITY.reversed()).limit(k).toList();
    }

    /**
     * The classes more probable than the threshold, the most probable first: those that a multi-label model predicts. A single-label
     * model predicts the first, or is unsure if there is none; below a threshold of 1/2 others may follow.
     */
    public List<String> labels() {
        return labels(threshold);
    }

    /** The classes that are more probable than {@code threshold}, the most probable first. */
    public List<String> labels(double threshold) {
        return top(probabilities.size()).stream().filter(one -> one.probability() > threshold).map(ClassProbability::label).toList();
    }

    static Prediction ofScores(LabelSet labels, float[] scores, double threshold, OptionalDouble novelty) {
        double[] probabilities = Probabilities.of(scores, labels.multiLabel());
        List<ClassProbability> classes = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            classes.add(new ClassProbability(labels.classes().get(i), probabilities[i]));
        }
        return new Prediction(classes, threshold, novelty);
    }
}
