package thaw.finetune.run;

import java.util.List;
import java.util.Map;
import thaw.finetune.insight.GroupActivity;

/**
 * A row of a run's log.
 *
 * @param phase         the phase's name
 * @param epoch         of the run, from 1
 * @param metrics       of the validation images, by name
 * @param learningRates of each layer group in the epoch's last step; 0 where it is frozen
 * @param seconds       that training and validation took
 * @param groups        what each layer group did; empty where that is not looked at
 */
public record EpochRow(String phase, int epoch, double trainLoss, double validLoss, Map<String, Double> metrics,
        List<Double> learningRates, double seconds, List<GroupActivity> groups) {
}
