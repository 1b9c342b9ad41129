package thaw.engine.nn;

import org.jspecify.annotations.Nullable;
import thaw.engine.Function;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Activation;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.NormOps.ChannelAffine;
import thaw.kernels.Shape;

/**
 * A convolution followed by batch normalisation, computed together: {@code act(norm(conv(x)) + residual)}, with the fewest
 * passes over memory; see {@link Fusion}. It is a view, not a module: names, modes and hooks are those of the two modules.
 *
 * <p>If the norm is constant (in evaluation mode, and no gradient of its parameters is needed), the norm, the residual and
 * the activation are applied to the convolution's results before these are stored. Otherwise the convolution runs first,
 * and the rest takes one pass. Modules with {@linkplain Module#onForward hooks} are called separately, so that each hook
 * receives its module's own result.
 */
public record ConvNorm(Conv2d conv, BatchNorm2d norm) {

    /** {@code act(norm(conv(x)))} for x {@code [N, in, H, W]}. */
    public Tensor call(Tensor x, Activation activation) {
        return call(x, null, activation);
    }

    /**
     * {@code act(norm(conv(x)) + residual)}.
     *
     * @param x        {@code [N, in, H, W]}
     * @param residual of the result's shape, or null for none
     */
    public Tensor call(Tensor x, @Nullable Tensor residual, Activation activation) {
        try (Scope scope = x.device().scope()) {
            boolean fused = norm.isConstant(x.device()) && !conv.hasHooks() && !norm.hasHooks();
            return scope.keep(fused ? new FoldedNorm(conv.convolution(), norm, activation)
                    .apply(x, conv.weight(), conv.bias(), residual)
                    : norm.call(conv.call(x), residual, activation));
        }
    }

    /**
     * A convolution and a batch normalisation by fixed statistics as one operator with a single pass over memory:
     * {@code y = act(norm(x ⋆ w + b) + residual)}. The norm is {@link Backend#batchNormAffine a scale and a shift}. No
     * gradient is computed with respect to the norm's parameters, because it would need the norm's input, which is never
     * stored.
     *
     * <p>With {@code g = gy} where {@code y > 0}, or {@code g = gy} without a ReLU: the residual's gradient is {@code g},
     * and the convolution's output gradient is {@code g·scale}.
     *
     * <p>Inputs: x {@code [N, C, H, W]}, w {@code [K, C/groups, R, S]}, b {@code [K]} or null, residual of y's shape or
     * null.
     */
    private static final class FoldedNorm extends Function {

        private static final int RESIDUAL = 3;

        private final Conv2dOptions options;
        private final Array weight;
        private final Array bias;
        private final Array mean;
        private final Array var;
        private final double eps;
        private final boolean relu;
        private Shape xShape;
        private Shape wShape;
        private Saved x;
        private Saved w;
        private Saved y;
        private Saved savedWeight;
        private Saved savedMean;
        private Saved savedVar;

        private FoldedNorm(Conv2dOptions options, BatchNorm2d norm, Activation activation) {
            super("conv2dBatchNorm");
            this.options = options;
            weight = norm.weight().array();
            bias = norm.bias().array();
            mean = norm.runningMean().array();
            var = norm.runningVar().array();
            eps = norm.eps();
            relu = activation == Activation.RELU;
        }

        @Override
        protected Array forward(Backend on, Array... in) {
            xShape = in[0].shape();
            wShape = in[1].shape();
            x = needs(1) ? save(in[0]) : null;
            w = needs(0) ? save(in[1]) : null;
            if (needsConvolution()) {
                savedWeight = save(weight);
                savedMean = save(mean);
                savedVar = save(var);
            }
            ChannelAffine norm = affine(on, in[2]);
            try {
                Array value = on.conv2d(in[0], in[1], new Epilogue(norm.scale(), norm.shift(), in[RESIDUAL], relu), options);
                y = relu && needsAny() ? save(value) : null;
                return value;
            } finally {
                norm.scale().release();
                norm.shift().release();
            }
        }

        /** The convolution's bias shifts the mean: {@code x ⋆ w + b − mean = x ⋆ w − (mean − b)}. */
        private ChannelAffine affine(Backend on, Array b) {
            Array moved = b == null ? mean.retain() : on.binary(BinaryOp.SUB, mean, b);
            try {
                return on.batchNormAffine(weight, bias, moved, var, eps);
            } finally {
                moved.release();
            }
        }

        private boolean needsConvolution() {
            return needs(0) || needs(1) || needs(2);
        }

        @Override
        protected Array[] backward(Backend on, Array gy) {
            Array g = relu ? reluGradient(on, gy, y.get()) : gy.retain();
            try {
                if (!needsConvolution()) {
                    return new Array[] {null, null, null, g.retain()};
                }
                // without gradients of its parameters, the norm's input may be any array of its shape
                Array scaled = on.batchNormEvalGradient(g, g, savedWeight.get(), savedMean.get(), savedVar.get(), eps, true,
                        false).x();
                try {
                    return gradients(
                            () -> gradientOrAdded(0, () -> on.conv2dInputGradient(scaled, w.get(), xShape, options),
                                    gx -> on.addConv2dInputGradient(gx, scaled, w.get(), options)),
                            () -> on.conv2dWeightGradient(scaled, x.get(), wShape, options),
                            () -> on.sum(scaled, false, 0, 2, 3),
                            g::retain);
                } finally {
                    scaled.release();
                }
            } finally {
                g.release();
            }
        }
    }
}
