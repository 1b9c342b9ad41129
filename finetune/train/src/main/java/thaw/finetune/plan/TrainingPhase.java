package thaw.finetune.plan;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import thaw.engine.optim.Schedule;

/**
 * A phase of training: a number of epochs with one schedule and a new optimizer; a plan is a list of phases. Immutable.
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

    private static final double FINE_TUNE_FROZEN_PCT_START = 0.99;
    private static final double FINE_TUNE_PCT_START = 0.3;
    private static final double FINE_TUNE_DIV = 5;

    /** @throws IllegalArgumentException for a value out of range; the message names it */
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

    /** The plan of fastai's {@code fine_tune} with its defaults: {@link #fineTune(int, double, int, double)} with 2e-3, 1 and 100. */
    public static List<TrainingPhase> fineTune(int epochs) {
        return fineTune(epochs, 2e-3, 1, 100);
    }

    /**
     * The plan of fastai's {@code fine_tune}. First one cycle of the head alone at {@code slice(baseLr)}, rising for 99 % of
     * the steps; then one cycle of all groups at half the rate, {@code slice(baseLr/2/lrMult, baseLr/2)}, rising from a fifth
     * of it for 30 % of the steps.
     *
     * @param epochs       of the second phase
     * @param freezeEpochs of the first phase, which is left out for 0
     */
    public static List<TrainingPhase> fineTune(int epochs, double baseLr, int freezeEpochs, double lrMult) {
        List<TrainingPhase> phases = new ArrayList<>();
        if (freezeEpochs != 0) {
            phases.add(new TrainingPhase("head", freezeEpochs, ScheduleRecipe.oneCycle().with("pct_start",
                    FINE_TUNE_FROZEN_PCT_START), LearningRates.slice(baseLr)).freezeTo(-1));
        }
        double half = baseLr / 2;
        phases.add(new TrainingPhase("all", epochs, ScheduleRecipe.oneCycle().with("pct_start", FINE_TUNE_PCT_START)
                .with("div", FINE_TUNE_DIV), LearningRates.slice(half / lrMult, half)));
        return List.copyOf(phases);
    }

    /**
     * Gradual unfreezing (Howard and Ruder 2018, "ULMFiT", section 3.3): trains the head alone in the first epoch, and
     * one more group in each following one, with one schedule over all epochs.
     */
    public static TrainingPhase gradualUnfreezing(int epochs, Schedule.Factory schedule, LearningRates rates) {
        return new TrainingPhase("thaw", epochs, schedule, -1, rates, true, 0);
    }

    /** Whether the phase can be stored in a file: its schedule is a {@link ScheduleRecipe}. */
    @JsonIgnore
    public boolean isStorable() {
        return schedule instanceof ScheduleRecipe;
    }

    /** The same phase with the groups before index {@code n} frozen, counted from the end if negative. */
    public TrainingPhase freezeTo(int n) {
        return new TrainingPhase(name, epochs, schedule, n, rates, gradual, size);
    }

    /** The same phase on images of {@code pixels × pixels}; 0 for the data's own size. */
    public TrainingPhase size(int pixels) {
        return new TrainingPhase(name, epochs, schedule, freezeTo, rates, gradual, pixels);
    }

    /**
     * The index of the first trainable layer group. Groups at the beginning whose rate is 0 are frozen.
     *
     * @param groups the number of layer groups
     * @param epoch  the index of the epoch within the phase, from 0
     */
    public int firstTrainable(int groups, int epoch) {
        int first = freezeTo < 0 ? Math.max(0, groups + freezeTo) : Math.min(freezeTo, groups);
        return Math.max(rates.leadingZeros(), gradual ? Math.max(0, first - epoch) : first);
    }
}
