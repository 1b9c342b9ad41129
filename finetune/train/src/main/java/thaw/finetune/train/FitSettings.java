package thaw.finetune.train;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * The settings of a {@link Learner} that apply to every phase of a plan. Immutable. A number that is 0 turns its feature
 * off.
 *
 * @param momentum         of SGD, beta1 of AdamW, unless the schedule varies it
 * @param nesterov         Nesterov momentum, SGD only
 * @param beta2            of AdamW
 * @param eps              of AdamW
 * @param weightDecay      see {@link thaw.engine.optim.ParamGroup#weightDecay(double)}
 * @param decayBiasAndNorm whether biases and the weights of norms are decayed too: true in PyTorch, false in fastai and
 *     timm
 * @param clipNorm         the largest allowed norm of all gradients together
 * @param clipValue        the largest allowed absolute value of a gradient's element
 * @param accumulate       the number of batches whose gradients are accumulated into one step, at least 1; the result
 *     equals one large batch, except for batch norm
 * @param averageDecay     the decay of the {@linkplain thaw.engine.optim.WeightAverage moving average} of the weights
 * @param averageWarmup    whether the average starts with smaller decays
 * @param frozenBatchNorm  the mode of batch norm in frozen layer groups
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
        if (!(value >= 0 && Double.isFinite(value))) {
            throw new IllegalArgumentException("invalid " + name + " " + value + ", it must be at least 0 and finite");
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
        return with(draft -> draft.optimizer = kind);
    }

    public FitSettings momentum(double value) {
        return with(draft -> draft.momentum = value);
    }

    public FitSettings nesterov(boolean on) {
        return with(draft -> draft.nesterov = on);
    }

    public FitSettings beta2(double value) {
        return with(draft -> draft.beta2 = value);
    }

    public FitSettings eps(double value) {
        return with(draft -> draft.eps = value);
    }

    public FitSettings weightDecay(double value) {
        return with(draft -> draft.weightDecay = value);
    }

    public FitSettings decayBiasAndNorm(boolean on) {
        return with(draft -> draft.decayBiasAndNorm = on);
    }

    public FitSettings clipNorm(double largest) {
        return with(draft -> draft.clipNorm = largest);
    }

    public FitSettings clipValue(double largest) {
        return with(draft -> draft.clipValue = largest);
    }

    public FitSettings accumulate(int batches) {
        return with(draft -> draft.accumulate = batches);
    }

    public FitSettings average(double decay, boolean warmup) {
        return with(draft -> {
            draft.averageDecay = decay;
            draft.averageWarmup = warmup;
        });
    }

    public FitSettings frozenBatchNorm(FrozenBatchNorm mode) {
        return with(draft -> draft.frozenBatchNorm = mode);
    }

    /** A mutable copy, so that each setter names only the component that it changes. */
    private static final class Draft {
        private OptimizerKind optimizer;
        private double momentum;
        private boolean nesterov;
        private double beta2;
        private double eps;
        private double weightDecay;
        private boolean decayBiasAndNorm;
        private double clipNorm;
        private double clipValue;
        private int accumulate;
        private double averageDecay;
        private boolean averageWarmup;
        private FrozenBatchNorm frozenBatchNorm;

        private Draft(FitSettings from) {
            optimizer = from.optimizer;
            momentum = from.momentum;
            nesterov = from.nesterov;
            beta2 = from.beta2;
            eps = from.eps;
            weightDecay = from.weightDecay;
            decayBiasAndNorm = from.decayBiasAndNorm;
            clipNorm = from.clipNorm;
            clipValue = from.clipValue;
            accumulate = from.accumulate;
            averageDecay = from.averageDecay;
            averageWarmup = from.averageWarmup;
            frozenBatchNorm = from.frozenBatchNorm;
        }

        private FitSettings finish() {
            return new FitSettings(optimizer, momentum, nesterov, beta2, eps, weightDecay, decayBiasAndNorm, clipNorm, clipValue,
                    accumulate, averageDecay, averageWarmup, frozenBatchNorm);
        }
    }

    private FitSettings with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.finish();
    }
}
