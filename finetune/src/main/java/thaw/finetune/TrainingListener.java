package thaw.finetune;

import thaw.finetune.insight.EpochActivity;

/** Hears what happens in training, on the thread that trains, between steps. An exception thrown here ends the training. */
public interface TrainingListener {

    /** Before a phase of a plan begins, or goes on after an interruption; {@code number} of {@code count}, from 1. */
    default void onPhase(TrainingPhase phase, int number, int count) {
    }

    /** When something is likely to be a mistake: what it may break, and what to do. */
    default void onWarning(String message) {
    }

    /** When something is done that was not asked for in so many words, such as computing features once. */
    default void onNote(String message) {
    }

    /** After each step; {@link Learner#state} may be asked for here. */
    default void onBatch(BatchResult batch) {
    }

    /** After each batch of the validation that follows an epoch: so many of {@code all} images are done. */
    default void onValidation(int images, int all) {
    }

    /** After each epoch's validation, before {@link #onActivity} and {@link #onEpoch}: all that it found. */
    default void onEvaluation(Evaluation evaluation) {
    }

    /** After each epoch and its validation, before {@link #onEpoch}, where {@link Learner#insight} is on. */
    default void onActivity(EpochActivity activity) {
    }

    /** After each epoch and its validation; {@link Learner#state} may be asked for here. */
    default void onEpoch(EpochResult epoch) {
    }
}
