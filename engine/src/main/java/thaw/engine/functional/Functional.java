package thaw.engine.functional;

import java.util.List;
import org.jspecify.annotations.Nullable;
import thaw.engine.Function;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;

/**
 * The operators of networks, for static import; each with its forward value and its backward rule, in which {@code gy} is
 * the gradient of the final result with respect to the operator's value {@code y}, and {@code gx} that with respect to
 * {@code x}. All throw {@link IllegalArgumentException}, with the shapes in its message, if shapes do not match or tensors
 * are on different devices.
 */
public final class Functional {

    private Functional() {
    }

    // ---- products ------------------------------------------------------------------------------------------------

    /** {@link #conv2d(Tensor, Tensor, Tensor, Conv2dOptions)} without bias. */
    public static Tensor conv2d(Tensor x, Tensor weight, Conv2dOptions options) {
        return conv2d(x, weight, null, options);
    }

    /**
     * The convolution {@code x ⋆ weight + bias}, see {@link Backend#conv2d}. All three gradients are linear in {@code gy}:
     * that of {@code x} distributes each {@code gy} over its window by the weights, that of the weight correlates {@code gy}
     * with {@code x}, that of the bias is the sum of {@code gy} over images, rows and columns.
     *
     * @param x      {@code [N, C, H, W]}
     * @param weight {@code [K, C/groups, R, S]}
     * @param bias   {@code [K]}, or null
     */
    public static Tensor conv2d(Tensor x, Tensor weight, @Nullable Tensor bias, Conv2dOptions options) {
        Shape xShape = x.shape();
        Shape wShape = weight.shape();
        return new Function("conv2d") {
            private Saved savedX;
            private Saved savedW;

            @Override
            protected Array forward(Backend on, Array... in) {
                savedX = needs(1) ? save(in[0]) : null;
                savedW = needs(0) ? save(in[1]) : null;
                return on.conv2d(in[0], in[1], Epilogue.bias(in[2]), options);
            }

            @Override
            protected Array[] backward(Backend on, Array gy) {
                return gradients(
                        () -> gradientOrAdded(0, () -> on.conv2dInputGradient(gy, savedW.get(), xShape, options),
                                gx -> on.addConv2dInputGradient(gx, gy, savedW.get(), options)),
                        () -> on.conv2dWeightGradient(gy, savedX.get(), wShape, options),
                        () -> on.sum(gy, false, 0, 2, 3));
            }
        }.apply(x, weight, bias);
    }

    /** {@link #linear(Tensor, Tensor, Tensor)} without bias. */
    public static Tensor linear(Tensor x, Tensor weight) {
        return linear(x, weight, null);
    }

    /**
     * {@code y = x·weightᵀ + bias}, so {@code gx = gy·weight}, {@code gweight = gyᵀ·x}, and {@code gbias} is the sum of
     * {@code gy} over the rows.
     *
     * @param x      {@code [N, in]}
     * @param weight {@code [out, in]}
     * @param bias   {@code [out]}, or null
     */
    public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
        return new Function("linear") {
            private Saved savedX;
            private Saved savedW;

            @Override
            protected Array forward(Backend on, Array... in) {
                if (in[0].shape().rank() != 2 || in[0].shape().dim(1) != in[1].shape().dim(1)) {
                    throw new IllegalArgumentException("linear: weight " + in[1].shape() + " expects rows of "
                            + in[1].shape().dim(1) + " features, input is " + in[0].shape() + "; flatten(1) it first, or"
                            + " replace the layer");
                }
                savedX = needs(1) ? save(in[0]) : null;
                savedW = needs(0) ? save(in[1]) : null;
                Array product = on.matmul(in[0], false, in[1], true);
                if (in[2] == null) {
                    return product;
                }
                try {
                    return on.binary(BinaryOp.ADD, product, in[2]);
                } finally {
                    product.release();
                }
            }

            @Override
            protected Array[] backward(Backend on, Array gy) {
                return gradients(
                        () -> on.matmul(gy, false, savedW.get(), false),
                        () -> on.matmul(gy, true, savedX.get(), false),
                        () -> on.sum(gy, false, 0));
            }
        }.apply(x, weight, bias);
    }

    // ---- normalisation and dropout -------------------------------------------------------------------------------

    /** Batch normalisation by the statistics of the batch, which also update the running ones. */
    public static Tensor batchNormTrain(Tensor x, Normalization norm) {
        return batchNormTrain(x, norm, null, Activation.IDENTITY);
    }

    /**
     * {@code act(norm(x) + residual)} with {@link #batchNormTrain(Tensor, Normalization)}, in the same passes over memory.
     *
     * @param x        {@code [N, C]} or {@code [N, C, H, W]}
     * @param residual of x's shape, or null for 0
     */
    public static Tensor batchNormTrain(Tensor x, Normalization norm, @Nullable Tensor residual, Activation activation) {
        return new BatchNorm(norm, true, activation).of(x, residual);
    }

    /**
     * {@link #batchNormTrain(Tensor, Normalization, Tensor, Activation)} by the statistics of the batches of several processes
     * (PyTorch's SyncBatchNorm). The gradients of weight and bias are those of this process's part of the loss.
     */
    public static Tensor syncBatchNorm(Tensor x, Normalization norm, StatisticsExchange exchange, @Nullable Tensor residual,
            Activation activation) {
        return new BatchNorm(norm, exchange, activation).of(x, residual);
    }

    /**
     * Batch normalisation by the running statistics.
     *
     * @throws IllegalArgumentException if the running statistics are missing
     */
    public static Tensor batchNormEval(Tensor x, Normalization norm) {
        return batchNormEval(x, norm, null, Activation.IDENTITY);
    }

    /**
     * {@code act(norm(x) + residual)} with {@link #batchNormEval(Tensor, Normalization)}.
     *
     * @param x        {@code [N, C]} or {@code [N, C, H, W]}
     * @param residual of x's shape, or null for 0
     */
    public static Tensor batchNormEval(Tensor x, Normalization norm, @Nullable Tensor residual, Activation activation) {
        return new BatchNorm(norm, false, activation).of(x, residual);
    }

    /**
     * Zeroes elements with probability {@code p} and divides the others by {@code 1 − p}; the seed determines which. The
     * gradient is treated likewise, by the same seed.
     */
    public static Tensor dropout(Tensor x, double p, long seed) {
        return Function.linear("dropout", x, (on, a) -> on.dropout(a, p, seed), (on, gy) -> on.dropout(gy, p, seed));
    }

    // ---- pooling -------------------------------------------------------------------------------------------------

    /** The largest value of each window, {@code [N, C, H, W] → [N, C, OH, OW]}; {@code gy} is added to that element. */
    public static Tensor maxPool2d(Tensor x, Pool2dOptions options) {
        return maxPool("maxPool2d", x, (on, a, needIndices) -> on.maxPool2d(a, options, needIndices));
    }

    /** The largest value of each cell, {@code [N, C, H, W] → [N, C, outH, outW]}; {@code gy} is added to that element. */
    public static Tensor adaptiveMaxPool2d(Tensor x, int outH, int outW) {
        return maxPool("adaptiveMaxPool2d", x, (on, a, needIndices) -> on.adaptiveMaxPool2d(a, outH, outW));
    }

    private interface MaxPoolKernel {
        Backend.Pooled compute(Backend on, Array x, boolean needIndices);
    }

    private static Tensor maxPool(String name, Tensor x, MaxPoolKernel kernel) {
        Shape shape = x.shape();
        return new Function(name) {
            private Saved indices;

            @Override
            protected Array forward(Backend on, Array... in) {
                Backend.Pooled pooled = kernel.compute(on, in[0], needs(0));
                indices = pooled.indices() == null ? null : saveOwned(pooled.indices());
                return pooled.values();
            }

            @Override
            protected Array[] backward(Backend on, Array gy) {
                return gradients(() -> on.maxPool2dGradient(gy, indices.get(), shape));
            }
        }.apply(x);
    }

    /** The mean of each window, {@code [N, C, H, W] → [N, C, OH, OW]}; {@code gy} is distributed evenly over it. */
    public static Tensor avgPool2d(Tensor x, Pool2dOptions options) {
        Shape shape = x.shape();
        return Function.linear("avgPool2d", x, (on, a) -> on.avgPool2d(a, options),
                (on, gy) -> on.avgPool2dGradient(gy, shape, options));
    }

    /** The mean of each cell, {@code [N, C, H, W] → [N, C, outH, outW]}; {@code gy} is distributed evenly over it. */
    public static Tensor adaptiveAvgPool2d(Tensor x, int outH, int outW) {
        Shape shape = x.shape();
        return Function.linear("adaptiveAvgPool2d", x, (on, a) -> on.adaptiveAvgPool2d(a, outH, outW),
                (on, gy) -> on.adaptiveAvgPool2dGradient(gy, shape));
    }

    /** Concatenates tensors along {@code dim}; each gets its slice of {@code gy}. */
    public static Tensor cat(List<Tensor> xs, int dim) {
        int d = xs.get(0).shape().index(dim);
        int[] extents = xs.stream().mapToInt(x -> x.shape().dim(d)).toArray();
        return new Function("cat") {
            @Override
            protected Array forward(Backend on, Array... in) {
                return on.cat(List.of(in), d);
            }

            @Override
            protected Array[] backward(Backend on, Array gy) {
                Array[] g = new Array[extents.length];
                int start = 0;
                for (int i = 0; i < g.length; i++) {
                    g[i] = needs(i) ? on.narrow(gy, d, start, extents[i]) : null;
                    start += extents[i];
                }
                return g;
            }
        }.apply(xs.toArray(new Tensor[0]));
    }

    // ---- losses --------------------------------------------------------------------------------------------------

    /** The mean cross-entropy of scores {@code [N, C]} against class numbers {@code [N]} or probabilities {@code [N, C]}. */
    public static Tensor crossEntropy(Tensor scores, Tensor target) {
        return crossEntropy(scores, target, null, 0, Reduction.MEAN);
    }

    /**
     * The cross-entropy of scores through softmax, see {@link Backend#crossEntropy}. Its gradient is
     * {@code softmax(scores) − target} in the simplest case.
     *
     * @param classWeight {@code [C]}, or null for 1
     * @param smoothing   label smoothing, from 0 (none) to 1
     * @throws IllegalArgumentException if a class number is not among the scores', or the target requires a gradient
     */
    public static Tensor crossEntropy(Tensor scores, Tensor target, @Nullable Tensor classWeight, double smoothing,
            Reduction reduction) {
        return loss("crossEntropy", scores, target, classWeight, (on, x, t, w) -> on.crossEntropy(x, t, w, smoothing, reduction));
    }

    /** The mean of {@link #binaryCrossEntropy(Tensor, Tensor, Tensor, Reduction)} without weights. */
    public static Tensor binaryCrossEntropy(Tensor scores, Tensor target) {
        return binaryCrossEntropy(scores, target, null, Reduction.MEAN);
    }

    /**
     * The binary cross-entropy of scores through the logistic function σ, for multi-label targets; see
     * {@link Backend#binaryCrossEntropy}. Its gradient is {@code σ(scores) − target} in the simplest case.
     *
     * @param target         of the scores' shape, 0 to 1
     * @param positiveWeight the factor for targets of 1, one per class of the last dimension; or null for 1
     * @throws IllegalArgumentException if the shapes do not match, or the target requires a gradient
     */
    public static Tensor binaryCrossEntropy(Tensor scores, Tensor target, @Nullable Tensor positiveWeight, Reduction reduction) {
        return loss("binaryCrossEntropy", scores, target, positiveWeight,
                (on, x, t, w) -> on.binaryCrossEntropy(x, t, w, reduction));
    }

    /** Computes a loss and its gradient with respect to the scores; the weight may be null. */
    private interface LossKernel {
        Backend.Loss compute(Backend on, Array scores, Array target, @Nullable Array weight);
    }

    /** A loss whose gradient is computed with its value; backward scales it by {@code gy}. Targets are constants. */
    private static Tensor loss(String name, Tensor scores, Tensor target, @Nullable Tensor weight, LossKernel kernel) {
        if (target.requiresGrad()) {
            throw new IllegalArgumentException(name + ": no gradient is computed with respect to the target; detach() it");
        }
        Array targets = target.array();
        Array weights = weight == null ? null : weight.array();
        return new Function(name) {
            private Saved gradient;

            @Override
            protected Array forward(Backend on, Array... in) {
                Backend.Loss loss = kernel.compute(on, in[0], targets, weights);
                gradient = saveOwned(loss.gradient());
                return loss.value();
            }

            @Override
            protected Array[] backward(Backend on, Array gy) {
                return gradients(() -> on.binary(BinaryOp.MUL, gradient.get(), gy));
            }
        }.apply(scores);
    }
}
