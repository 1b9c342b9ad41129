package thaw.finetune;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What batch norm does in layer groups that are frozen. */
public enum FrozenBatchNorm {
    /**
     * fastai 2's default, {@code train_bn=True}: it trains as if it were not frozen, its weights and biases at its group's rate,
     * and normalises by each batch's own statistics. The backward pass then goes through the whole network.
     */
    TRAIN("trains: its weights and biases too, and its statistics follow the batches"),

    /**
     * What freezing parameters alone does in PyTorch: it normalises by each batch's own statistics and lets the running ones
     * follow, so that they become those of the new photographs; its weights and biases are as frozen as all others there.
     */
    STATISTICS("has fixed weights and biases, and statistics that follow the batches"),

    /**
     * It normalises by the running statistics, which stay as they are: the frozen groups are the same function throughout. As
     * fastai 0.7's and Keras', and {@code BnFreeze} of fastai 2.
     */
    EVAL("is fixed: weights, biases and statistics");

    private final String description;

    FrozenBatchNorm(String description) {
        this.description = description;
    }

    /** As people give it: {@code train}, {@code statistics}, {@code eval}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException naming those that there are, if there is none of this label */
    public static FrozenBatchNorm byLabel(String label) {
        return Arrays.stream(values()).filter(m -> m.label().equals(label)).findFirst().orElseThrow(() ->
                new IllegalArgumentException("unknown mode \"" + label + "\" of frozen batch norm; known are "
                        + Arrays.stream(values()).map(FrozenBatchNorm::label).collect(Collectors.joining(", "))));
    }

    /** For a summary: what a frozen batch norm does, after "batch norm of frozen groups". */
    public String description() {
        return description;
    }
}
