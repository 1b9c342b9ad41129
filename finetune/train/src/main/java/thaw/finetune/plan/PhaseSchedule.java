package thaw.finetune.plan;

import thaw.engine.optim.Schedule;

/** A factory for a phase's schedule, for a number of steps that is known only when the phase starts. */
@FunctionalInterface
public interface PhaseSchedule {

    /**
     * Builds the schedule.
     *
     * @param epochs        the number of epochs of the phase
     * @param stepsPerEpoch the number of optimizer steps per epoch
     * @throws IllegalArgumentException if the schedule does not fit this number of epochs
     */
    Schedule of(int epochs, int stepsPerEpoch);
}
