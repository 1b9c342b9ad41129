package thaw.finetune;

import java.util.Objects;

/**
 * How a {@link Learner} trains whatever the plan; data, so that a run can be made again. A number that is 0 turns its lever off.
 *
 * @param momentum         of SGD, beta1 of AdamW, where the schedule doesn't vary it
 * @param nesterov         of SGD
 * @param beta2            of AdamW
 * @param eps              of AdamW
 * @param weightDecay      see {@link thaw.engine.optim.ParamGroup#weightDecay(double)}
 * @param decayBiasAndNorm whether biases and the weights of norms are decayed too: as PyTorch does, and fastai and timm do not
 * @param clipNorm         the largest norm of all gradients together
 * @param clipValue        the largest element of a gradient
 * @param accumulate       batches whose gradients make one step, as if they were one batch (but to batch norm); at least 1
 * @param averageDecay     of the {@linkplain thaw.engine.optim.WeightAverage moving average} of the weights
 * @param averageWarmup    whether that begins with smaller decays
 * @param frozenBatchNorm  what batch norm does in frozen groups
 */
public record FitSettings(OptimizerKind optimizer, double momentum, boolean nesterov, double beta2, double eps,
        double weightDecay, boolean decayBiasAndNorm, double clipNorm, double clipValue, int accumulate, double averageDecay,
        boolean averageWarmup, FrozenBatchNorm frozenBatchNorm) {

    public FitSettings {
        Objects.requireNonNull(optimizer, "optimizer");
        Objects.requireNonNull(frozenBatchNorm, "frozenBatchNorm");
        requireAtLeastZero("clipNorm", clipNorm);
        requireAtLeastZero("clipValue", clipValue);
        requireAtLeastZero("weight decay", weightDecay);
        requireAtLeastZero("momentum", momentum);
        if (accumulate < 1) {
            throw new IllegalArgumentException("accumulate: expected at least 1 batch a step, got " + accumulate);
        }
        if (!(averageDecay >= 0 && averageDecay < 1)) {
            throw new IllegalArgumentException("averageDecay: expected 0 for no average, or a number below 1 such as 0.99, got "
                    + averageDecay);
        }
    }

    private static void requireAtLeastZero(String name, double value) {
        if (!(value >= 0)) {
            throw new IllegalArgumentException("invalid " + name + " " + value + ", it must be at least 0");
        }
    }

    /** SGD with momentum 0.9 and weight decay 1e-4, everything else off. */
    public static FitSettings sgd() {
        return new FitSettings(OptimizerKind.SGD, 0.9, false, 0.999, 1e-8, 1e-4, true, 0, 0, 1, 0, true,
                FrozenBatchNorm.STATISTICS);
    }

    /** AdamW with PyTorch's defaults, everything else off. */
    public static FitSettings adamW() {
        return sgd().optimizer(OptimizerKind.ADAM_W).weightDecay(0.01);
    }

    public FitSettings optimizer(OptimizerKind kind) {
        return new FitSettings(kind, momentum, nesterov, beta2, eps, weightDecay, decayBiasAndNorm, clipNorm, clipValue,
                accumulate, averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings momentum(double value) {
        return new FitSettings(optimizer, value, nesterov, beta2, eps, weightDecay, decayBiasAndNorm, clipNorm, clipValue,
                accumulate, averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings nesterov(boolean on) {
        return new FitSettings(optimizer, momentum, on, beta2, eps, weightDecay, decayBiasAndNorm, clipNorm, clipValue,
                accumulate, averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings beta2(double value) {
        return new FitSettings(optimizer, momentum, nesterov, value, eps, weightDecay, decayBiasAndNorm, clipNorm, clipValue,
                accumulate, averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings eps(double value) {
        return new FitSettings(optimizer, momentum, nesterov, beta2, value, weightDecay, decayBiasAndNorm, clipNorm, clipValue,
                accumulate, averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings weightDecay(double value) {
        return new FitSettings(optimizer, momentum, nesterov, beta2, eps, value, decayBiasAndNorm, clipNorm, clipValue,
                accumulate, averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings decayBiasAndNorm(boolean on) {
        return new FitSettings(optimizer, momentum, nesterov, beta2, eps, weightDecay, on, clipNorm, clipValue, accumulate,
                averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings clipNorm(double largest) {
        return new FitSettings(optimizer, momentum, nesterov, beta2, eps, weightDecay, decayBiasAndNorm, largest, clipValue,
                accumulate, averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings clipValue(double largest) {
        return new FitSettings(optimizer, momentum, nesterov, beta2, eps, weightDecay, decayBiasAndNorm, clipNorm, largest,
                accumulate, averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings accumulate(int batches) {
        return new FitSettings(optimizer, momentum, nesterov, beta2, eps, weightDecay, decayBiasAndNorm, clipNorm, clipValue,
                batches, averageDecay, averageWarmup, frozenBatchNorm);
    }

    public FitSettings average(double decay, boolean warmup) {
        return new FitSettings(optimizer, momentum, nesterov, beta2, eps, weightDecay, decayBiasAndNorm, clipNorm, clipValue,
                accumulate, decay, warmup, frozenBatchNorm);
    }

    public FitSettings frozenBatchNorm(FrozenBatchNorm mode) {
        return new FitSettings(optimizer, momentum, nesterov, beta2, eps, weightDecay, decayBiasAndNorm, clipNorm, clipValue,
                accumulate, averageDecay, averageWarmup, mode);
    }
}
