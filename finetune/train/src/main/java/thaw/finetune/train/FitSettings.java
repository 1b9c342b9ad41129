package thaw.finetune.train;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import thaw.engine.optim.GradientClipping;
import thaw.engine.optim.LDoG;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.WeightAverage;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.OptimizerRecipe;

/**
 * The settings of a {@link Learner} that apply to every phase of a plan. Immutable.
 *
 * @param optimizer       creates the optimizer of each phase: an {@link OptimizerRecipe}, or any other factory, such as the
 *     constructor of an own optimizer, with one group for each layer group
 * @param clipping        applied to all gradients before each step, in order
 * @param accumulate      the number of batches whose gradients are accumulated into one step, at least 1; the result
 *     equals one large batch, except for batch norm
 * @param average         the decay of a moving average of the weights, which is then validated and kept; null for none
 * @param frozenBatchNorm the mode of batch norm in frozen layer groups
 */
public record FitSettings(@JsonDeserialize(as = OptimizerRecipe.class) Optimizer.Factory optimizer,
        @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type") @JsonSubTypes( {
            @Type(value = GradientClipping.ByNorm.class, name = "ByNorm"),
            @Type(value = GradientClipping.ByValue.class, name = "ByValue")}) List<GradientClipping> clipping,
        int accumulate, WeightAverage.@Nullable Decay average, FrozenBatchNorm frozenBatchNorm){

    private static final WeightAverage.Share DOG_AVERAGE = new WeightAverage.PolynomialDecay(8);

    /** @throws IllegalArgumentException if {@code accumulate} is less than 1 */
    public FitSettings {
        Objects.requireNonNull(optimizer, "optimizer");
        Objects.requireNonNull(frozenBatchNorm, "frozenBatchNorm");
        clipping = List.copyOf(clipping);
        if (accumulate < 1) {
            throw new IllegalArgumentException("accumulate: expected at least 1 batch a step, got " + accumulate);
        }
    }

    /** The optimizer of a phase with these rates: L-DoG is one itself. */
    Optimizer.Factory optimizerFor(LearningRates rates) {
        return rates.rule() == LearningRates.Rule.L_DOG ? LDoG::new : optimizer;
    }

    /** The average of the weights in a phase with these rates: unless another is set, L-DoG has the one of its paper. */
    Optional<WeightAverage.Share> averageFor(LearningRates rates) {
        return average == null && rates.rule() == LearningRates.Rule.L_DOG ? Optional.of(DOG_AVERAGE) : Optional.ofNullable(average);
    }

    /** Settings with this optimizer and everything else off. */
    public static FitSettings of(Optimizer.Factory optimizer) {
        return new FitSettings(optimizer, List.of(), 1, null, FrozenBatchNorm.STATISTICS);
    }

    /** SGD with momentum 0.9 and weight decay 1e-4, everything else off. */
    public static FitSettings sgd() {
        return of(OptimizerRecipe.of("sgd"));
    }

    /** AdamW with PyTorch's defaults, everything else off. */
    public static FitSettings adamW() {
        return of(OptimizerRecipe.of("adamw"));
    }

    /**
     * Sets an option of the optimizer by PyTorch's name, such as {@code "weight_decay"}.
     *
     * @throws IllegalArgumentException if the optimizer does not have it, or the value is invalid
     * @throws IllegalStateException    if the optimizer is not an {@link OptimizerRecipe}
     */
    public FitSettings option(String option, double value) {
        if (optimizer instanceof OptimizerRecipe recipe) {
            return new FitSettings(recipe.with(option, value), clipping, accumulate, average, frozenBatchNorm);
        }
        throw new IllegalStateException("only the options of an OptimizerRecipe can be changed; set " + option
                + " in the optimizer's factory");
    }

    /** Adds a clipping after those present. */
    public FitSettings clip(GradientClipping next) {
        List<GradientClipping> more = new ArrayList<>(clipping);
        more.add(next);
        return new FitSettings(optimizer, more, accumulate, average, frozenBatchNorm);
    }

    /** Sets the number of batches whose gradients are accumulated into one step, at least 1. */
    public FitSettings accumulate(int batches) {
        return new FitSettings(optimizer, clipping, batches, average, frozenBatchNorm);
    }

    /** Sets the decay of the moving average of the weights; null for no average. */
    public FitSettings average(WeightAverage.@Nullable Decay decay) {
        return new FitSettings(optimizer, clipping, accumulate, decay, frozenBatchNorm);
    }

    /** Sets the mode of batch norm in frozen layer groups. */
    public FitSettings frozenBatchNorm(FrozenBatchNorm mode) {
        return new FitSettings(optimizer, clipping, accumulate, average, mode);
    }
}
