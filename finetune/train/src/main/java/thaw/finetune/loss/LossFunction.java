package thaw.finetune.loss;

import thaw.engine.Tensor;
import thaw.finetune.data.Batch;

/**
 * A loss: maps scores and a batch to a scalar that training minimises. {@link Objective} has the usual ones; others may
 * be implemented.
 */
@FunctionalInterface
public interface LossFunction {

    /**
     * Computes the loss of a batch.
     *
     * @param scores {@code [N, classes]}, the network's output for the batch
     * @return a scalar, the mean over the batch's images
     */
    Tensor of(Tensor scores, Batch batch);
}
