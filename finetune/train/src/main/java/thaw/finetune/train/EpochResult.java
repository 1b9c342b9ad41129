package thaw.finetune.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import java.io.IOException;
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
@JsonDeserialize(using = EpochResult.Reader.class)
public record EpochResult(@JsonUnwrapped Place at, double trainLoss, @JsonUnwrapped Validation valid, List<Double> learningRates,
        double seconds, List<GroupActivity> activity) {

    private static final ObjectMapper PART = FiniteJson.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

    /** Copies the lists. */
    public EpochResult {
        learningRates = List.copyOf(learningRates);
        activity = List.copyOf(activity);
    }

    /** Reads unwrapped parts, which Jackson writes in all versions, but reads in records from 2.19 on; Spark brings an earlier one. */
    static final class Reader extends StdDeserializer<EpochResult> {
        private static final long serialVersionUID = 1;
        private static final List<String> FIELDS = List.of("phase", "epoch", "epochs", "trainLoss", "validLoss", "accuracy", "metrics",
                "learningRates", "seconds", "activity");

        Reader() {
            super(EpochResult.class);
        }

        @Override
        public EpochResult deserialize(JsonParser json, DeserializationContext context) throws IOException {
            JsonNode all = context.readTree(json);
            for (String field : FIELDS) {
                if (!all.has(field)) {
                    context.reportInputMismatch(this, "expected an epoch's result with %s, got none", field);
                }
            }
            return new EpochResult(PART.treeToValue(all, Place.class), all.path("trainLoss").asDouble(Double.NaN),
                    PART.treeToValue(all, Validation.class), PART.convertValue(all.path("learningRates"), new TypeReference<>() {}),
                    all.path("seconds").asDouble(), PART.convertValue(all.path("activity"), new TypeReference<>() {}));
        }
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
