package thaw.finetune;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** All of a training as data: what {@link Learner#run} does, and can go on with after it was stopped. */
public record TrainingPlan(List<TrainingPhase> phases) {

    private static final double FINE_TUNE_FROZEN_PCT_START = 0.99;
    private static final double FINE_TUNE_PCT_START = 0.3;
    private static final double FINE_TUNE_DIV = 5;

    public TrainingPlan {
        phases = List.copyOf(phases);
        if (phases.isEmpty()) {
            throw new IllegalArgumentException("a training plan needs at least one phase");
        }
    }

    public static TrainingPlan of(TrainingPhase... phases) {
        return new TrainingPlan(List.of(phases));
    }

    /** fastai's {@code fine_tune} with its defaults: {@link #fineTune(int, double, int, double)} at 2e-3, 1 and 100. */
    public static TrainingPlan fineTune(int epochs) {
        return fineTune(epochs, 2e-3, 1, 100);
    }

    /**
     * fastai's {@code fine_tune}: first the head alone by one cycle at {@code slice(baseLr)}, nearly all of it rising; then all
     * groups by one cycle at half the rate, {@code slice(baseLr/2/lrMult, baseLr/2)}, 30 % rising from a fifth.
     *
     * @param epochs       of the second phase
     * @param freezeEpochs of the first; without any it is left out
     */
    public static TrainingPlan fineTune(int epochs, double baseLr, int freezeEpochs, double lrMult) {
        List<TrainingPhase> phases = new ArrayList<>();
        if (freezeEpochs != 0) {
            phases.add(new TrainingPhase("head", freezeEpochs, ScheduleRecipe.oneCycle().with("pct_start",
                    FINE_TUNE_FROZEN_PCT_START), LearningRates.slice(baseLr)).freezeTo(-1));
        }
        double half = baseLr / 2;
        phases.add(new TrainingPhase("all", epochs, ScheduleRecipe.oneCycle().with("pct_start", FINE_TUNE_PCT_START)
                .with("div", FINE_TUNE_DIV), LearningRates.slice(half / lrMult, half)));
        return new TrainingPlan(phases);
    }

    /**
     * Gradual unfreezing (Howard and Ruder 2018, "ULMFiT", section 3.3): the head alone in the first epoch, and one group more
     * in each that follows, by one schedule for all epochs.
     */
    public static TrainingPlan gradualUnfreezing(int epochs, PhaseSchedule schedule, LearningRates rates) {
        return of(new TrainingPhase("thaw", epochs, schedule, -1, rates, true, 0));
    }

    /** With every phase changed. */
    public TrainingPlan map(UnaryOperator<TrainingPhase> change) {
        return new TrainingPlan(phases.stream().map(change).toList());
    }

    /** Epochs of all phases. */
    public int epochs() {
        return phases.stream().mapToInt(TrainingPhase::epochs).sum();
    }
}
