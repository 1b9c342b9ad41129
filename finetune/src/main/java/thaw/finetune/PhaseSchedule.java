package thaw.finetune;

import thaw.engine.optim.Schedule;

/** A schedule before it is known how many steps there are. */
@FunctionalInterface
public interface PhaseSchedule {

    /**
     * @param epochs        of the phase
     * @param stepsPerEpoch that the optimizer takes
     * @throws IllegalArgumentException if it doesn't fit so many epochs
     */
    Schedule of(int epochs, int stepsPerEpoch);
}
