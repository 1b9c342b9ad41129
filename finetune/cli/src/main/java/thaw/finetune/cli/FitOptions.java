package thaw.finetune.cli;

import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import thaw.engine.optim.GradientClipping;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.engine.optim.WeightAverage;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.FitSettings;
import thaw.finetune.train.FrozenBatchNorm;

/** Options for the optimizer and the loss. */
final class FitOptions {

    @Option(names = "--optimizer", paramLabel = "NAME", defaultValue = "sgd",
            description = "sgd or adamw, also with options: adamw(beta2=0.99) (default: sgd).")
    private OptimizerRecipe optimizer;

    @Option(names = "--frozen-bn", paramLabel = "MODE", defaultValue = "statistics",
            description = "Batch norm in frozen groups: statistics (updated), train or eval (default: statistics).")
    private FrozenBatchNorm frozenBatchNorm;

    @Option(names = "--momentum", paramLabel = "M", hidden = true,
            description = "Fixed momentum (default: 0.9; one-cycle: 0.95-0.85-0.95).")
    private @Nullable Double momentum;

    @Option(names = "--nesterov", hidden = true, description = "Nesterov momentum, for sgd.")
    private @Nullable Boolean nesterov;

    @Option(names = "--weight-decay", paramLabel = "W", hidden = true,
            description = "L2 penalty of sgd (default: 1e-4), decoupled decay of adamw (default: 0.01).")
    private @Nullable Double weightDecay;

    @Option(names = "--no-decay-norm", hidden = true, description = "No weight decay for biases and batch norm.")
    private @Nullable Boolean noDecayNorm;

    @Option(names = "--clip", paramLabel = "NORM", hidden = true,
            description = "Clips the norm of all gradients together; 0: no clipping (default: 0).")
    private @Nullable Double clipNorm;

    @Option(names = "--clip-value", paramLabel = "X", hidden = true,
            description = "Clips each element of a gradient; 0: no clipping (default: 0).")
    private @Nullable Double clipValue;

    @Option(names = "--accumulate", paramLabel = "N", hidden = true,
            description = "Accumulates the gradients of N batches for one step (default: 1).")
    private @Nullable Integer accumulate;

    @Option(names = "--ema", arity = "0..1", fallbackValue = "0.99", paramLabel = "DECAY", hidden = true,
            description = "Keeps a moving average of the weights (0.99 if no number is given).")
    private @Nullable Double averageDecay;

    @Option(names = "--label-smoothing", paramLabel = "EPS", defaultValue = "0", hidden = true,
            description = "Share of a target spread over all classes, such as 0.1 (default: 0).")
    private double labelSmoothing;

    @Option(names = "--threshold", paramLabel = "P", hidden = true,
            description = "With --multi-label, predicts the classes above probability P; saved in the model (default: 0.5).")
    private @Nullable Double threshold;

    @Option(names = "--class-weights", hidden = true, description = "Weights the loss towards rare classes.")
    private boolean classWeights;

    /** The fixed momentum; null if the schedule or the default decides. */
    @Nullable
    Double momentum() {
        return momentum;
    }

    /** The rates of a pretrained network if none are given; those of {@code auto} are measured with SGD and too high for AdamW. */
    LearningRates rates() {
        return isSgd() ? LearningRates.auto() : LearningRates.slice(1e-4, 1e-2);
    }

    /** @throws Failure if the plan has rates for another optimizer */
    void requireFit(List<TrainingPhase> plan) {
        for (TrainingPhase phase : plan) {
            LearningRates.Rule rule = phase.rates().rule();
            if (!isSgd() && (rule == LearningRates.Rule.AUTO || rule == LearningRates.Rule.L_DOG)) {
                throw new Failure("--lr " + phase.rates() + (rule == LearningRates.Rule.AUTO ? " is a rate for sgd"
                        : " is an optimizer itself") + ", got --optimizer " + optimizer.name() + "; leave it out, or give rates such as"
                        + " 1e-4:1e-2");
            }
        }
    }

    private boolean isSgd() {
        return optimizer.name().equals("sgd");
    }

    FitSettings settings() {
        OptimizerRecipe recipe = optimizer;
        recipe = with(recipe, "--momentum", momentum, OptimizerRecipe::momentum);
        recipe = with(recipe, "--nesterov", nesterov, (r, on) -> r.with(SGD.NESTEROV, 1));
        recipe = with(recipe, "--weight-decay", weightDecay, (r, decay) -> r.with(ParamGroup.WEIGHT_DECAY, decay));
        recipe = with(recipe, "--no-decay-norm", noDecayNorm, (r, off) -> r.with(ParamGroup.DECAY_BIAS_AND_NORM, 0));
        FitSettings settings = FitSettings.of(recipe).frozenBatchNorm(frozenBatchNorm);
        settings = with(settings, "--clip", clipNorm, (s, norm) -> norm == 0 ? s : s.clip(new GradientClipping.ByNorm(norm)));
        settings = with(settings, "--clip-value", clipValue, (s, value) -> value == 0 ? s : s.clip(new GradientClipping.ByValue(value)));
        settings = with(settings, "--accumulate", accumulate, FitSettings::accumulate);
        return with(settings, "--ema", averageDecay,
                (s, decay) -> decay == 0 ? s : s.average(new WeightAverage.Decay(decay, true)));
    }

    /** Applies an option that was given; one that was not is null. */
    private static <T, V> T with(T settings, String option, @Nullable V value, BiFunction<T, V, T> change) {
        return value == null ? settings : Failure.naming(option, () -> change.apply(settings, value));
    }

    Objective objective(ImageFolder data) {
        if (data.labels().multiLabel()) {
            if (labelSmoothing != 0) {
                throw new Failure("--label-smoothing is for images of one class each; leave it out with --multi-label");
            }
            Objective.BinaryCrossEntropy loss = Objective.binaryCrossEntropy();
            loss = with(loss, "--threshold", threshold, Objective.BinaryCrossEntropy::threshold);
            return classWeights ? loss.positiveWeights(data.classWeights()) : loss;
        }
        if (threshold != null) {
            throw new Failure("--threshold is for images that may show several classes; give --multi-label too");
        }
        Objective.CrossEntropy loss = with(Objective.crossEntropy(), "--label-smoothing", labelSmoothing,
                Objective.CrossEntropy::labelSmoothing);
        return classWeights ? loss.classWeights(data.classWeights()) : loss;
    }
}
