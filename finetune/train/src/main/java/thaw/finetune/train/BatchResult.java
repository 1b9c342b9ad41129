package thaw.finetune.train;

import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * The result of one training step.
 *
 * @param epoch         the epoch's number within the running fit, from 1
 * @param epochs        the number of epochs in the running fit
 * @param batch         the batch's number within the epoch, from 1
 * @param batches       the number of batches in the epoch
 * @param learningRates of each layer group in the step; 0 if the group is frozen
 * @param mean          supplies the {@link #loss}
 */
public record BatchResult(int epoch, int epochs, int batch, int batches, List<Double> learningRates, DoubleSupplier mean) {
    /** Copies the list. */
    public BatchResult {
        learningRates = List.copyOf(learningRates);
    }

    /**
     * The mean loss over the step's images, before the update. On an asynchronous device this waits for all pending work,
     * so read it only when the value is shown or stored, not at every step. NaN if the epoch was aborted before the first
     * call.
     */
    public double loss() {
        return mean.getAsDouble();
    }
}
