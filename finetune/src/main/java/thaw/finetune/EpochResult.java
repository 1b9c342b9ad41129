package thaw.finetune;

import java.util.List;

/**
 * What came of one epoch.
 *
 * @param epoch         of the running fit, from 1
 * @param epochs        that the running fit has
 * @param trainLoss     mean cross-entropy over the epoch's training images, each as it was before the step that used it
 * @param validLoss     mean cross-entropy over the validation images after the epoch
 * @param accuracy      the share of them that is classified right, 0 to 1
 * @param seconds       that training and validation took
 * @param learningRates of each layer group in the epoch's last step; 0 where it is frozen
 */
public record EpochResult(int epoch, int epochs, double trainLoss, double validLoss, double accuracy, double seconds,
        List<Double> learningRates) {
    public EpochResult {
        learningRates = List.copyOf(learningRates);
    }
}
