package thaw.kernels;

import org.jspecify.annotations.Nullable;

/** Batch normalisation (Ioffe and Szegedy 2015) and its gradients. */
public interface NormOps {

    /**
     * Normalises each channel by the statistics of the batch, adds the residual and applies the activation:
     * {@code y = act((x − mean) · invStd · weight + bias + residual)} with {@code invStd = 1/√(var + eps)} and the
     * biased variance var. Updates the running statistics in place unless they are null:
     * {@code running ← (1 − momentum) · running + momentum · batch}, with the unbiased variance.
     *
     * @param x        {@code [N, C, …]}, of rank 2 or 4; weight, bias, runningMean and runningVar are {@code [C]}
     * @param residual of x's shape, or null for 0
     * @param relu     whether act is {@code max(·, 0)}, rather than the identity
     * @throws IllegalArgumentException if there is only one value per channel
     */
    Normalized batchNormTrain(Array x, Array weight, Array bias, @Nullable Array runningMean, @Nullable Array runningVar,
            double momentum, double eps, @Nullable Array residual, boolean relu);

    /** A batch-normalised array, and the batch statistics {@code [C]} that its gradient needs. */
    record Normalized(Array y, Array mean, Array invStd) {
    }

    /**
     * Normalises each channel by fixed statistics: {@code y = (x − mean) / √(var + eps) · weight + bias}.
     *
     * @param x {@code [N, C, …]}, of rank 2 or 4; the others are {@code [C]}
     */
    Array batchNormEval(Array x, Array weight, Array bias, Array mean, Array var, double eps);

    /**
     * A fixed batch normalisation written as {@code y = x·scale + shift}: {@code scale = weight / √(var + eps)},
     * {@code shift = bias − mean·scale}; all {@code [C]}.
     */
    ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps);

    /** A factor and a summand per channel, both {@code [C]}. */
    record ChannelAffine(Array scale, Array shift) {
    }

    /**
     * Gradients of {@link #batchNormTrain}. If the activation was a ReLU, {@code g = 0} where {@code y <= 0} and gy
     * elsewhere; otherwise {@code g = gy}. With {@code x̂ = (x − mean)·invStd} and sums over a channel's M values:
     * {@code gBias = Σ g}, {@code gWeight = Σ g·x̂}, {@code gx = weight·invStd·(g − gBias/M − x̂·gWeight/M)} (Ioffe and
     * Szegedy 2015, section 3), {@code gResidual = g}.
     *
     * @param y            the output if the activation was a ReLU, else null
     * @param needInput    whether to compute {@link NormGradients#x}; null otherwise
     * @param needResidual whether to compute {@link NormGradients#residual}; null otherwise. It may be {@code gy},
     *     retained
     */
    NormGradients batchNormTrainGradient(Array gy, Array x, @Nullable Array y, Array weight, Array mean, Array invStd,
            boolean needInput, boolean needResidual);

    /**
     * Gradients of {@link #batchNormEval}, where mean and variance are constants:
     * {@code gx = gy · weight / √(var + eps)}; gWeight and gBias as in training.
     *
     * @param needInput      whether to compute {@link NormGradients#x}; null otherwise
     * @param needParameters whether to compute the gradients of weight and bias; null otherwise
     */
    NormGradients batchNormEvalGradient(Array gy, Array x, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters);

    /** Gradients of a batch normalisation; null where not requested. */
    record NormGradients(@Nullable Array x, @Nullable Array weight, @Nullable Array bias, @Nullable Array residual) {
    }
}
