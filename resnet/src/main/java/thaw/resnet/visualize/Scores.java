package thaw.resnet.visualize;

import thaw.engine.Tensor;

/** Scores {@code [1, classes]}. */
final class Scores {

    private Scores() {
    }

    /**
     * The gradient of one class's score with respect to all scores: 1 there, else 0.
     *
     * @throws IllegalArgumentException if there is no such class, or more than one image
     */
    static Tensor one(Tensor scores, int label) {
        if (scores.shape().dim(0) != 1 || label < 0 || label >= scores.shape().dim(1)) {
            throw new IllegalArgumentException("label: expected one image and a class from 0 to " + (scores.shape().dim(1) - 1) + ", got "
                    + scores.shape().dim(0) + " images and class " + label);
        }
        float[] chosen = new float[scores.shape().size()];
        chosen[label] = 1;
        return scores.device().tensor(scores.shape(), chosen);
    }
}
