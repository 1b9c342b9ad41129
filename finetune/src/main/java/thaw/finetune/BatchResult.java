package thaw.finetune;

import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * What came of one training step.
 *
 * @param epoch         of the running fit, from 1
 * @param epochs        that the running fit has
 * @param batch         of the epoch, from 1
 * @param batches       that the epoch has
 * @param learningRates of each layer group in the step; 0 where it is frozen
 * @param mean          gives the {@link #loss}
 */
public record BatchResult(int epoch, int epochs, int batch, int batches, List<Double> learningRates, DoubleSupplier mean) {
    public BatchResult {
        learningRates = List.copyOf(learningRates);
    }

    /**
     * The mean loss of the step's images, before the step. On a device that works behind the program's back this waits for
     * all that it has still to do, so ask where the number is shown or kept, rather than at every step. NaN if it was
     * not asked for before the epoch was broken off.
     */
    public double loss() {
        return mean.getAsDouble();
    }
}
