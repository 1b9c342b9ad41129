package thaw.engine.optim;

/**
 * Learning rate and momentum as functions of the step, counted from 0. Applied to every group by a {@link Scheduler}, each
 * with its own base values.
 */
public interface Schedule {

    /** @param base the group's own learning rate: the one it had at first, or for {@link OneCycle} the highest */
    double lr(int step, double base);

    /** @param base the group's own momentum, or beta1 of {@link AdamW} */
    default double momentum(int step, double base) {
        return base;
    }

    /** How many steps there are; after so many there is no going on. */
    default int totalSteps() {
        return Integer.MAX_VALUE;
    }
}
