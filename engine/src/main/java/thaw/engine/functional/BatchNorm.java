package thaw.engine.functional;

import thaw.engine.Function;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.UnaryOp;

/**
 * {@code y = act((x − mean) / √(var + eps) · weight + bias + residual)} for each channel (Ioffe and Szegedy 2015), where
 * act is the identity or a ReLU.
 *
 * <p>In training the statistics are the batch's, and gradients flow through them ({@link Backend#batchNormTrainGradient});
 * in evaluation they are constants ({@link Backend#batchNormEvalGradient}), as they are for a frozen normalisation in the
 * middle of a trained network. The residual's gradient is {@code gy} where the ReLU was active, and 0 elsewhere.
 *
 * <p>Inputs: x {@code [N, C, …]}, weight {@code [C]}, bias {@code [C]}, residual of x's shape or null.
 */
final class BatchNorm extends Function {

    private static final int RESIDUAL = 3;

    private final Normalization norm;
    private final boolean training;
    private final boolean relu;
    private Saved x;
    private Saved y;
    private Saved weight;
    private Saved mean;
    private Saved invStd;
    private Saved var;

    /** @param training whether to normalise by the batch's statistics, and to update the running ones */
    BatchNorm(Normalization norm, boolean training, Activation activation) {
        super("batchNorm");
        if (!training && (norm.runningMean() == null || norm.runningVar() == null)) {
            throw new IllegalArgumentException("batchNorm: evaluation normalises by the running mean and variance, which are"
                    + " missing; pass both, or train");
        }
        this.norm = norm;
        this.training = training;
        this.relu = activation == Activation.RELU;
    }

    /** The normalisation of x; the residual may be null. */
    Tensor of(Tensor x, Tensor residual) {
        return apply(x, norm.weight(), norm.bias(), residual);
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        Array value = training ? train(on, in) : eval(on, in);
        y = relu && needsAny() ? save(value) : null;
        return value;
    }

    private Array train(Backend on, Array... in) {
        Backend.Normalized n = on.batchNormTrain(in[0], in[1], in[2], array(norm.runningMean()),
                array(norm.runningVar()), norm.momentum(), norm.eps(), in[RESIDUAL], relu);
        if (needsNorm()) {
            x = save(in[0]);
            weight = save(in[1]);
            mean = saveOwned(n.mean());
            invStd = saveOwned(n.invStd());
        } else {
            n.mean().release();
            n.invStd().release();
        }
        return n.y();
    }

    private Array eval(Backend on, Array... in) {
        if (needsNorm()) {
            x = needsParameters() ? save(in[0]) : null;
            weight = save(in[1]);
            mean = save(norm.runningMean().array());
            var = save(norm.runningVar().array());
        }
        Array normalized = on.batchNormEval(in[0], in[1], in[2], norm.runningMean().array(), norm.runningVar().array(),
                norm.eps());
        if (in[RESIDUAL] != null) {
            on.add(normalized, in[RESIDUAL]);
        }
        if (!relu) {
            return normalized;
        }
        Array activated = on.unary(UnaryOp.RELU, normalized);
        normalized.release();
        return activated;
    }

    private static Array array(Tensor t) {
        return t == null ? null : t.array();
    }

    private boolean needsParameters() {
        return needs(1) || needs(2);
    }

    /** Whether any gradient other than the residual's is needed. */
    private boolean needsNorm() {
        return needs(0) || needsParameters();
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        if (training && needsNorm()) {
            requireDerivative();
            Backend.NormGradients g = on.batchNormTrainGradient(gy, x.get(), relu ? y.get() : null, weight.get(), mean.get(),
                    invStd.get(), needs(0), needs(RESIDUAL));
            return new Array[] {g.x(), ifNeeded(1, g.weight()), ifNeeded(2, g.bias()), g.residual()};
        }
        Array activation = relu ? reluGradient(on, gy, y.get()) : gy.retain();
        // only the gradients of weight and bias read x; without them any array of its shape can stand in for it
        Backend.NormGradients g = !needsNorm() ? new Backend.NormGradients(null, null, null, null)
                : on.batchNormEvalGradient(activation, x == null ? gy : x.get(), weight.get(), mean.get(), var.get(), norm.eps(),
                        needs(0), needsParameters());
        return new Array[] {g.x(), ifNeeded(1, g.weight()), ifNeeded(2, g.bias()), ifNeeded(RESIDUAL, activation)};
    }

    private Array ifNeeded(int i, Array g) {
        if (!needs(i) && g != null) {
            g.release();
            return null;
        }
        return g;
    }
}
