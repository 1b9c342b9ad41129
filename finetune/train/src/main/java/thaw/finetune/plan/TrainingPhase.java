package thaw.finetune.plan;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.util.Objects;
import thaw.engine.optim.Schedule;

/**
 * A phase of training: a number of epochs with one schedule and a new optimizer. Immutable.
 *
 * @param name     a short name for tables
 * @param epochs   the number of epochs, at least 1
 * @param schedule scales the rates of all groups alike; a {@link ScheduleRecipe} can be stored in a file
 * @param freezeTo the index of the first trainable group; a negative one counts from the end, as in fastai
 * @param rates    of all layer groups, including those that are unfrozen later
 * @param gradual  whether one more group is unfrozen after each epoch, from the head down
 * @param size     the side of the images in pixels; 0 for the data's own size
 */
public record TrainingPhase(String name, int epochs, @JsonDeserialize(as = ScheduleRecipe.class) Schedule.Factory schedule,
        int freezeTo, LearningRates rates, boolean gradual, int size) {

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

    /** A phase that trains all groups, on images of the data's own size. */
    public TrainingPhase(String name, int epochs, Schedule.Factory schedule, LearningRates rates) {
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

    /**
     * The index of the first trainable layer group.
     *
     * @param groups the number of layer groups
     * @param epoch  the index of the epoch within the phase, from 0
     */
    public int firstTrainable(int groups, int epoch) {
        int first = freezeTo < 0 ? Math.max(0, groups + freezeTo) : Math.min(freezeTo, groups);
        return gradual ? Math.max(0, first - epoch) : first;
    }
}
