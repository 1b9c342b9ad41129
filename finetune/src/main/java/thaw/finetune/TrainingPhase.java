package thaw.finetune;

import java.util.Objects;

/**
 * A part of a training: so many epochs by one schedule, which begin with a new optimizer.
 *
 * @param name     short, for tables
 * @param freezeTo the first group that is trained, as {@link Learner#freezeTo} takes it
 * @param rates    of all layer groups, also of those that thaw later; the schedule scales all of them alike
 * @param gradual  whether after each epoch one more group is trained, from the head down
 * @param size     pixels on a side of the images; 0 for the data's own
 */
public record TrainingPhase(String name, int epochs, PhaseSchedule schedule, int freezeTo, LearningRates rates,
        boolean gradual, int size) {

    public TrainingPhase {
        Objects.requireNonNull(schedule, "schedule");
        Objects.requireNonNull(rates, "rates");
        if (epochs < 1) {
            throw new IllegalArgumentException("epochs: expected at least 1, got " + epochs);
        }
        if (size < 0) {
            throw new IllegalArgumentException("size: expected a number of pixels, or 0 for the data's own, got " + size);
        }
    }

    /** With all groups trained, on images of the data's own size. */
    public TrainingPhase(String name, int epochs, PhaseSchedule schedule, LearningRates rates) {
        this(name, epochs, schedule, 0, rates, false, 0);
    }

    public TrainingPhase freezeTo(int n) {
        return new TrainingPhase(name, epochs, schedule, n, rates, gradual, size);
    }

    public TrainingPhase gradual(boolean oneMoreEachEpoch) {
        return new TrainingPhase(name, epochs, schedule, freezeTo, rates, oneMoreEachEpoch, size);
    }

    public TrainingPhase size(int pixels) {
        return new TrainingPhase(name, epochs, schedule, freezeTo, rates, gradual, pixels);
    }
}
