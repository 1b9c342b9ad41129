package thaw.finetune;

import java.util.List;

/**
 * What came of one training step.
 *
 * @param epoch         of the running fit, from 1
 * @param epochs        that the running fit has
 * @param batch         of the epoch, from 1
 * @param batches       that the epoch has
 * @param loss          mean cross-entropy of the batch, before the step
 * @param learningRates of each layer group in the step; 0 where it is frozen
 */
public record BatchResult(int epoch, int epochs, int batch, int batches, double loss, List<Double> learningRates) {
    public BatchResult {
        learningRates = List.copyOf(learningRates);
    }
}
