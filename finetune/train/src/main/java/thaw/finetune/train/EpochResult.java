package thaw.finetune.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.finetune.diagnostics.GroupActivity;

/**
 * The result of one epoch.
 *
 * @param phase         the name of its phase
 * @param epoch         the epoch's number within the phase, from 1
 * @param epochs        the number of epochs in the phase
 * @param trainLoss     the mean loss over the epoch's training images, each before the step that used it
 * @param validLoss     the mean loss over the validation images after the epoch
 * @param accuracy      the accuracy on the validation images, 0 to 1
 * @param metrics       the learner's {@linkplain Learner#metrics metrics} on the validation images by name, in their order
 * @param learningRates of each layer group in the epoch's last step; 0 if the group is frozen
 * @param seconds       the duration of training and validation
 * @param activity      the diagnostics of each layer group; empty if they are off
 */
public record EpochResult(String phase, int epoch, int epochs, double trainLoss, double validLoss, double accuracy,
        Map<String, Double> metrics, List<Double> learningRates, double seconds, List<GroupActivity> activity) {
    /** Copies the collections. */
    public EpochResult {
        metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
        learningRates = List.copyOf(learningRates);
        activity = List.copyOf(activity);
    }
}
