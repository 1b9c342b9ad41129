package thaw.finetune.run;

import java.util.List;
import java.util.Map;
import thaw.finetune.diagnostics.GroupActivity;

/**
 * One row of a run's log.
 *
 * @param phase         the phase's name
 * @param epoch         the epoch's number within the run, from 1
 * @param trainLoss     the mean loss over the epoch's training images
 * @param validLoss     the mean loss over the validation images
 * @param metrics       the metrics on the validation images, by name
 * @param learningRates of each layer group in the epoch's last step; 0 if the group is frozen
 * @param seconds       the duration of training and validation
 * @param groups        the diagnostics of each layer group; empty if they are off
 */
public record EpochRow(String phase, int epoch, double trainLoss, double validLoss, Map<String, Double> metrics,
        List<Double> learningRates, double seconds, List<GroupActivity> groups) {
}
