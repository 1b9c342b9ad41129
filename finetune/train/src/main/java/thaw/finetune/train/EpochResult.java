package thaw.finetune.train;

import java.util.List;

/**
 * The result of one epoch.
 *
 * @param epoch         the epoch's number within the running fit, from 1
 * @param epochs        the number of epochs in the running fit
 * @param trainLoss     the mean loss over the epoch's training images, each before the step that used it
 * @param validLoss     the mean loss over the validation images after the epoch
 * @param accuracy      the accuracy on the validation images, 0 to 1
 * @param seconds       the duration of training and validation
 * @param learningRates of each layer group in the epoch's last step; 0 if the group is frozen
 */
public record EpochResult(int epoch, int epochs, double trainLoss, double validLoss, double accuracy, double seconds,
        List<Double> learningRates) {
    public EpochResult {
        learningRates = List.copyOf(learningRates);
    }
}
