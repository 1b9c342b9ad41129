package thaw.finetune.train;

import thaw.engine.Device;

/** The position of training in its plan, in counts that advance with it; {@link FitState.Position} is a copy to store. */
final class PlanPosition {

    /** The index of the running phase. */
    int phase;
    /** The number of completed epochs of the phase. */
    int epoch;
    /** The number of completed batches of the running epoch. */
    int batch;
    /** The number of completed steps of the phase's schedule. */
    int step;
    /** The loader's number of the running epoch, which keeps counting across fits. */
    int dataEpoch;
    private double secondsBefore;
    private long resumedAt;

    /** Moves to the start of a phase. */
    void beginPhase(int index) {
        phase = index;
        epoch = 0;
        step = 0;
        beginEpoch();
    }

    private void beginEpoch() {
        batch = 0;
        secondsBefore = 0;
        resumedAt = 0;
    }

    /** Starts the clock of the running epoch. */
    void startClock() {
        resumedAt = System.nanoTime();
    }

    /** The duration of the running epoch so far, including the part before an interruption. */
    double seconds() {
        return secondsBefore + (resumedAt == 0 ? 0 : (System.nanoTime() - resumedAt) / 1e9);
    }

    /** Moves to the start of the next epoch. */
    void nextEpoch() {
        epoch++;
        dataEpoch++;
        beginEpoch();
    }

    FitState.Position copy(Device device, EpochLosses losses) {
        return new FitState.Position(phase, epoch, batch, step, dataEpoch, device.generator().state(), losses.sum(), losses.images(),
                seconds());
    }

    void restore(FitState.Position at) {
        phase = at.phase();
        epoch = at.epoch();
        batch = at.batch();
        step = at.step();
        dataEpoch = at.dataEpoch();
        secondsBefore = at.seconds();
        resumedAt = 0;
    }
}
