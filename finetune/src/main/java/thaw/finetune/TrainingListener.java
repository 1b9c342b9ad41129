package thaw.finetune;

/** Hears what happens in training, on the thread that trains, between steps. An exception thrown here ends the training. */
public interface TrainingListener {

    /** After each step. */
    default void onBatch(BatchResult batch) {
    }

    /** After each batch of the validation that follows an epoch: so many of {@code all} images are done. */
    default void onValidation(int images, int all) {
    }

    /** After each epoch and its validation. */
    default void onEpoch(EpochResult epoch) {
    }
}
