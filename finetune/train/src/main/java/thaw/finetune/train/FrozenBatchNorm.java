package thaw.finetune.train;

import java.util.Locale;

/** The mode of batch norm in frozen layer groups. */
public enum FrozenBatchNorm {
    /**
     * fastai 2's default, {@code train_bn=True}: batch norm trains as if it were not frozen. Its weights and biases are
     * updated at their group's rate, and it normalises with each batch's statistics. The backward pass then runs through
     * the whole network.
     */
    TRAIN("trains: its weights and biases too, and its statistics follow the batches"),

    /**
     * The effect of freezing parameters in PyTorch: weights and biases are frozen, but batch norm normalises with each
     * batch's statistics and updates the running statistics, which adapt to the new images.
     */
    STATISTICS("has fixed weights and biases, and statistics that follow the batches"),

    /**
     * Batch norm normalises with the running statistics and does not update them, so that the frozen groups are a
     * constant function. The behaviour of fastai 0.7, of Keras, and of {@code BnFreeze} in fastai 2.
     */
    EVAL("is fixed: weights, biases and statistics");

    private final String description;

    FrozenBatchNorm(String description) {
        this.description = description;
    }

    /** The mode's name on the command line: {@code train}, {@code statistics}, {@code eval}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** A description for a summary, continuing "batch norm of frozen groups". */
    public String description() {
        return description;
    }
}
