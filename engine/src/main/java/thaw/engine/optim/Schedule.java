package thaw.engine.optim;

/**
 * Learning rate and momentum as functions of the step, counted from 0. {@link Optimizer#follow} applies them to every group,
 * with the group's own base values.
 */
@FunctionalInterface
public interface Schedule {

    /** Creates a schedule for a number of steps that is known only when training starts. */
    @FunctionalInterface
    interface Factory {
        /**
         * @param epochs        the number of epochs
         * @param stepsPerEpoch the number of optimizer steps per epoch
         * @throws IllegalArgumentException if the schedule does not fit this number of epochs
         */
        Schedule of(int epochs, int stepsPerEpoch);
    }

    /** @param base the group's own learning rate: the initial one, or for {@link OneCycle} the highest */
    double lr(int step, double base);

    /** @param base the group's own momentum, or beta1 of {@link AdamW} */
    default double momentum(int step, double base) {
        return base;
    }

    /** The number of steps, beyond which the schedule cannot continue. */
    default int totalSteps() {
        return Integer.MAX_VALUE;
    }
}
