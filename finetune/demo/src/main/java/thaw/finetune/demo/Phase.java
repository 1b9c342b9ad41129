package thaw.finetune.demo;

import java.util.List;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;

/**
 * A phase of an arm: one cycle of the learning rate.
 *
 * @param training the phase's training
 * @param result   the network's name in the comparison after this phase
 */
public record Phase(TrainingPhase training, String result) {

    /** A phase that trains all layer groups, at one highest rate or one for each (early, middle, head). */
    public static Phase all(int epochs, String result, double... rates) {
        return new Phase(new TrainingPhase("all", epochs, ScheduleRecipe.oneCycle(), LearningRates.of(rates)), result);
    }

    /** A phase that trains the head alone. */
    public static Phase head(int epochs, String result, double rate) {
        return new Phase(new TrainingPhase("head", epochs, ScheduleRecipe.oneCycle(), LearningRates.of(rate)).freezeTo(-1), result);
    }

    /** The highest learning rates, as they were given. */
    public List<Double> rates() {
        return training.rates().numbers();
    }
}
