package thaw.finetune;

import thaw.engine.Tensor;

/** What training makes small; an {@link Objective}, or one of your own. */
@FunctionalInterface
public interface LossFunction {

    /**
     * @param scores {@code [N, classes]}, of the batch's images
     * @return the mean over the batch's images, a scalar
     */
    Tensor of(Tensor scores, Batch batch);

    /** Softmax cross-entropy with what the batch's images show. */
    static LossFunction crossEntropy() {
        return Objective.crossEntropy();
    }
}
