package thaw.finetune.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.metrics.Metric;

/**
 * The result of one epoch.
 *
 * @param at            the place of the epoch in the plan
 * @param trainLoss     the mean loss over the epoch's training images, each before the step that used it
 * @param valid         the results on the validation images after the epoch
 * @param learningRates of each layer group in the epoch's last step; 0 if the group is frozen
 * @param seconds       the duration of training and validation
 * @param activity      the diagnostics of each layer group; empty if they are off
 */
public record EpochResult(@JsonUnwrapped Place at, double trainLoss, @JsonUnwrapped Validation valid, List<Double> learningRates,
        double seconds, List<GroupActivity> activity) {

    /** Copies the lists. */
    public EpochResult {
        learningRates = List.copyOf(learningRates);
        activity = List.copyOf(activity);
    }

    /**
     * The place of an epoch in a plan.
     *
     * @param phase  the name of its phase
     * @param epoch  its number within the phase, from 1
     * @param epochs the number of epochs of the phase
     */
    public record Place(String phase, int epoch, int epochs) {
    }

    /**
     * The results on the validation images.
     *
     * @param loss     the mean loss
     * @param accuracy 0 to 1
     * @param metrics  the learner's {@linkplain Learner#metrics metrics} by name, in their order
     */
    public record Validation(@JsonProperty("validLoss") double loss, double accuracy, Map<String, Double> metrics) {
        /** Copies the map. */
        public Validation {
            metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
        }

        static Validation of(Evaluation evaluation, List<Metric> metrics) {
            Map<String, Double> values = new LinkedHashMap<>();
            metrics.forEach(metric -> values.put(metric.name(), metric.of(evaluation.predictions())));
            return new Validation(evaluation.loss(), evaluation.accuracy(), values);
        }
    }
}
