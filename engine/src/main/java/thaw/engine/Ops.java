package thaw.engine;

import java.util.List;
import thaw.engine.functions.AdaptiveAvgPool2d;
import thaw.engine.functions.AdaptiveMaxPool2d;
import thaw.engine.functions.AvgPool2d;
import thaw.engine.functions.BatchNorm;
import thaw.engine.functions.BinaryCrossEntropy;
import thaw.engine.functions.Cat;
import thaw.engine.functions.Conv2d;
import thaw.engine.functions.CrossEntropy;
import thaw.engine.functions.Dropout;
import thaw.engine.functions.Linear;
import thaw.engine.functions.MaxPool2d;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;

/**
 * The operators of networks as plain functions, for static import; those with one operand are methods of {@link Tensor}.
 * All throw {@link IllegalArgumentException}, with the shapes in its message, if shapes do not match or tensors are on
 * different devices.
 */
public final class Ops {

    private Ops() {
    }

    /**
     * See {@link thaw.kernels.Backend#conv2d}.
     *
     * @param x      {@code [N, C, H, W]}
     * @param weight {@code [K, C/groups, R, S]}
     * @param bias   {@code [K]}, or null
     */
    public static Tensor conv2d(Tensor x, Tensor weight, Tensor bias, Conv2dOptions options) {
        return new Conv2d(options).apply(x, weight, bias);
    }

    /**
     * {@code x·weightᵀ + bias}
     *
     * @param x      {@code [N, in]}
     * @param weight {@code [out, in]}
     * @param bias   {@code [out]}, or null
     */
    public static Tensor linear(Tensor x, Tensor weight, Tensor bias) {
        return new Linear().apply(x, weight, bias);
    }

    /**
     * Batch normalisation, by the batch's statistics in training, otherwise by the running statistics.
     *
     * @param x           {@code [N, C]} or {@code [N, C, H, W]}; all other tensors {@code [C]}
     * @param runningMean updated in place in training, unless null; likewise {@code runningVar}
     * @param momentum    the weight of the new value in the running statistics
     */
    public static Tensor batchNorm(Tensor x, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVar,
            boolean training, double momentum, double eps) {
        return batchNorm(x, weight, bias, runningMean, runningVar, training, momentum, eps, null, false);
    }

    /**
     * Batch normalisation followed by {@code act(y + residual)}, which in training takes no additional passes over memory.
     *
     * @param residual of x's shape, or null for 0
     * @param relu     whether act is {@code max(·, 0)}, rather than the identity
     */
    public static Tensor batchNorm(Tensor x, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVar,
            boolean training, double momentum, double eps, Tensor residual, boolean relu) {
        return new BatchNorm(training, runningMean == null ? null : runningMean.array(),
                runningVar == null ? null : runningVar.array(), momentum, eps, relu).apply(x, weight, bias, residual);
    }

    /** The largest value of each window: {@code [N, C, H, W] → [N, C, OH, OW]}. */
    public static Tensor maxPool2d(Tensor x, Pool2dOptions options) {
        return new MaxPool2d(options).apply(x);
    }

    /** The mean of each window: {@code [N, C, H, W] → [N, C, OH, OW]}. */
    public static Tensor avgPool2d(Tensor x, Pool2dOptions options) {
        return new AvgPool2d(options).apply(x);
    }

    /** The mean of each cell: {@code [N, C, H, W] → [N, C, outH, outW]}. */
    public static Tensor adaptiveAvgPool2d(Tensor x, int outH, int outW) {
        return new AdaptiveAvgPool2d(outH, outW).apply(x);
    }

    /** The largest value of each cell: {@code [N, C, H, W] → [N, C, outH, outW]}. */
    public static Tensor adaptiveMaxPool2d(Tensor x, int outH, int outW) {
        return new AdaptiveMaxPool2d(outH, outW).apply(x);
    }

    /** Zeroes elements with probability {@code p} and divides the others by {@code 1 − p}; the seed determines which. */
    public static Tensor dropout(Tensor x, double p, long seed) {
        return new Dropout(p, seed).apply(x);
    }

    /** Concatenates tensors along {@code dim}. */
    public static Tensor cat(List<Tensor> xs, int dim) {
        return new Cat(dim).apply(xs.toArray(new Tensor[0]));
    }

    /** The mean cross-entropy of scores {@code [N, C]} against class numbers {@code [N]} or probabilities {@code [N, C]}. */
    public static Tensor crossEntropy(Tensor scores, Tensor target) {
        return crossEntropy(scores, target, null, 0, Reduction.MEAN);
    }

    /**
     * See {@link thaw.kernels.Backend#crossEntropy}.
     *
     * @param classWeight {@code [C]}, or null
     * @param smoothing   label smoothing, from 0 (none) to 1
     * @throws IllegalArgumentException if a class number is not among the scores', or the target requires a gradient
     */
    public static Tensor crossEntropy(Tensor scores, Tensor target, Tensor classWeight, double smoothing,
            Reduction reduction) {
        if (target.requiresGrad()) {
            throw new IllegalArgumentException("crossEntropy: no gradient is computed with respect to the target; detach() it");
        }
        return new CrossEntropy(target.array(), classWeight == null ? null : classWeight.array(), smoothing, reduction)
                .apply(scores);
    }

    /** The mean of {@link #binaryCrossEntropy(Tensor, Tensor, Tensor, Reduction)} without weights. */
    public static Tensor binaryCrossEntropy(Tensor scores, Tensor target) {
        return binaryCrossEntropy(scores, target, null, Reduction.MEAN);
    }

    /**
     * Binary cross-entropy of scores through the logistic function, for multi-label targets; see
     * {@link thaw.kernels.Backend#binaryCrossEntropy}.
     *
     * @param target         of the scores' shape, 0 to 1
     * @param positiveWeight the factor for targets of 1, one per class of the last dimension; or null for 1
     * @throws IllegalArgumentException if the shapes do not match, or the target requires a gradient
     */
    public static Tensor binaryCrossEntropy(Tensor scores, Tensor target, Tensor positiveWeight, Reduction reduction) {
        if (target.requiresGrad()) {
            throw new IllegalArgumentException("binaryCrossEntropy: no gradient is computed with respect to the target;"
                    + " detach() it");
        }
        return new BinaryCrossEntropy(target.array(), positiveWeight == null ? null : positiveWeight.array(), reduction)
                .apply(scores);
    }
}
