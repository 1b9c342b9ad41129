package thaw.finetune.train;

import com.fasterxml.jackson.annotation.JsonAlias;
import java.util.List;
import thaw.engine.optim.GradientClipping;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Metric;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.resnet.Granularity;
import thaw.resnet.Network;

/**
 * The settings of a training that can be stored: those of the learner, and the plan. Immutable.
 *
 * @param granularity the granularity of the layer groups: {@code 3}, {@code stages} or {@code blocks}
 * @param fit         the optimizer and what applies to every phase
 * @param precompute  the phases in which the frozen body's features are computed once
 * @param diagnostics the diagnostics to compute
 */
public record TrainingSettings(@JsonAlias("grain") String granularity, List<TrainingPhase> plan, FitSettings fit, Objective objective,
        Precompute.When precompute, @JsonAlias("insight") DiagnosticsOptions diagnostics) {

    /** @throws IllegalArgumentException if a schedule, the optimizer or a clipping cannot be stored */
    public TrainingSettings {
        plan = List.copyOf(plan);
        requireStorable("ScheduleRecipes", plan.stream().allMatch(TrainingPhase::isStorable));
        requireStorable("an OptimizerRecipe", fit.optimizer() instanceof OptimizerRecipe);
        requireStorable("GradientClipping.ByNorm or ByValue", fit.clipping().stream()
                .allMatch(c -> c instanceof GradientClipping.ByNorm || c instanceof GradientClipping.ByValue));
    }

    /** @throws IllegalArgumentException unless {@code storable}; the message says what is {@code expected} */
    public static void requireStorable(String expected, boolean storable) {
        if (!storable) {
            throw new IllegalArgumentException("a run's settings are stored as text and need " + expected
                    + "; train with others by Learner.run and store its FitState");
        }
    }

    /** A learner with these settings; its metrics are all that there are for the objective. */
    public Learner learner(Network net, ImageFolder images) {
        List<Metric> metrics = objective instanceof Objective.BinaryCrossEntropy binary ? Metric.multi(binary.threshold())
                : Metric.single(images.classes().size());
        Learner learner = new Learner(net, images).granularity(Granularity.byLabel(granularity)).settings(fit).loss(objective)
                .metrics(metrics).precompute(Precompute.of(precompute));
        return diagnostics.isOff() ? learner : learner.diagnostics(diagnostics);
    }
}
