package thaw.finetune;

import thaw.engine.Ops;
import thaw.engine.Tensor;

/** What training makes small. */
@FunctionalInterface
public interface LossFunction {

    /**
     * @param scores {@code [N, classes]}, of the batch's images
     * @return the mean over the batch's images, a scalar
     */
    Tensor of(Tensor scores, Batch batch);

    /** Softmax cross-entropy with the batch's labels. */
    static LossFunction crossEntropy() {
        return (scores, batch) -> Ops.crossEntropy(scores, batch.labels());
    }
}
