package thaw.finetune.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import thaw.engine.optim.Schedule;

/** A training plan: the phases of a run, in order. Immutable. */
public record TrainingPlan(List<TrainingPhase> phases) {

    private static final double FINE_TUNE_FROZEN_PCT_START = 0.99;
    private static final double FINE_TUNE_PCT_START = 0.3;
    private static final double FINE_TUNE_DIV = 5;

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public TrainingPlan {
        phases = List.copyOf(phases);
        if (phases.isEmpty()) {
            throw new IllegalArgumentException("a training plan needs at least one phase");
        }
    }

    public static TrainingPlan of(TrainingPhase... phases) {
        return new TrainingPlan(List.of(phases));
    }

    /** fastai's {@code fine_tune} with its defaults: {@link #fineTune(int, double, int, double)} with 2e-3, 1 and 100. */
    public static TrainingPlan fineTune(int epochs) {
        return fineTune(epochs, 2e-3, 1, 100);
    }

    /**
     * fastai's {@code fine_tune}. First one cycle of the head alone at {@code slice(baseLr)}, rising for 99 % of the
     * steps; then one cycle of all groups at half the rate, {@code slice(baseLr/2/lrMult, baseLr/2)}, rising from a fifth
     * of it for 30 % of the steps.
     *
     * @param epochs       of the second phase
     * @param freezeEpochs of the first phase, which is left out for 0
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
     * Gradual unfreezing (Howard and Ruder 2018, "ULMFiT", section 3.3): trains the head alone in the first epoch, and
     * one more group in each following one, with one schedule over all epochs.
     */
    public static TrainingPlan gradualUnfreezing(int epochs, Schedule.Factory schedule, LearningRates rates) {
        return of(new TrainingPhase("thaw", epochs, schedule, -1, rates, true, 0));
    }

    /** The plan with a function applied to every phase. */
    public TrainingPlan map(UnaryOperator<TrainingPhase> change) {
        return new TrainingPlan(phases.stream().map(change).toList());
    }

    @JsonValue
    @Override
    public List<TrainingPhase> phases() {
        return phases;
    }

    /** Whether the plan can be stored in a file: all its schedules are {@link ScheduleRecipe}s. */
    public boolean isStorable() {
        return phases.stream().allMatch(phase -> phase.schedule() instanceof ScheduleRecipe);
    }

    /** The number of epochs of all phases together. */
    public int epochs() {
        return phases.stream().mapToInt(TrainingPhase::epochs).sum();
    }
}
