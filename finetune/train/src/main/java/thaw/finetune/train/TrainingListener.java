package thaw.finetune.train;

import thaw.finetune.plan.TrainingPhase;

/**
 * A listener for events of training. It is called on the training thread, between steps; an exception thrown here ends
 * the training.
 */
public interface TrainingListener {

    /**
     * Called before a phase of a plan starts or resumes.
     *
     * @param number the phase's number, from 1
     * @param count  the number of phases
     */
    default void onPhase(TrainingPhase phase, int number, int count) {
    }

    /** Called when a setting is probably a mistake; the message says what may go wrong and what to do. */
    default void onWarning(String message) {
    }

    /** Called when the fit does something that was not explicitly requested, such as computing features once. */
    default void onNote(String message) {
    }

    /** Called after each step; may call {@link Learner#state}. */
    default void onBatch(BatchResult batch) {
    }

    /**
     * Called after each batch of an epoch's validation.
     *
     * @param images the number of images done
     * @param all    the number of validation images
     */
    default void onValidation(int images, int all) {
    }

    /** Called after each epoch and its validation; may call {@link Learner#state}. */
    default void onEpoch(EpochResult epoch) {
    }
}
