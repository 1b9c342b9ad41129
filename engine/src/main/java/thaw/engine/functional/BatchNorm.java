package thaw.engine.functional;

import org.jspecify.annotations.Nullable;
import thaw.engine.Function;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.NormOps.ChannelAffine;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/**
 * {@code y = act((x − mean) / √(var + eps) · weight + bias + residual)} for each channel (Ioffe and Szegedy 2015), where
 * act is the identity or a ReLU.
 *
 * <p>In training the statistics are the batch's, and gradients flow through them ({@link Backend#batchNormTrainGradient});
 * in evaluation they are constants ({@link Backend#batchNormEvalGradient}), as they are for a frozen normalisation in the
 * middle of a trained network. Training with {@link SharedStatistics} computes as evaluation does, and adds the gradient through them.
 * The residual's gradient is {@code gy} where the ReLU was active, and 0 elsewhere.
 *
 * <p>Inputs: x {@code [N, C, …]}, weight {@code [C]}, bias {@code [C]}, residual of x's shape or null.
 */
final class BatchNorm extends Function {

    private static final int RESIDUAL = 3;

    private final Normalization norm;
    private final boolean training;
    private final @Nullable SharedStatistics shared;
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
        this.shared = null;
        this.relu = activation == Activation.RELU;
    }

    /** A norm in training that normalises by the statistics of several processes. */
    BatchNorm(Normalization norm, StatisticsExchange exchange, Activation activation) {
        super("batchNorm");
        this.norm = norm;
        this.training = true;
        this.shared = new SharedStatistics(exchange);
        this.relu = activation == Activation.RELU;
    }

    /** The normalisation of x; the residual may be null. */
    Tensor of(Tensor x, Tensor residual) {
        return apply(x, norm.weight(), norm.bias(), residual);
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        Array value = shared != null ? share(on, in) : training ? train(on, in)
                : eval(on, norm.runningMean().array(), norm.runningVar().array(), in);
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

    private Array share(Backend on, Array... in) {
        shared.measure(on, in[0], norm);
        Shape channels = in[1].shape();
        Array ofMean = on.of(channels, shared.mean());
        Array ofVar = on.of(channels, shared.var());
        try {
            return eval(on, ofMean, ofVar, in);
        } finally {
            ofMean.release();
            ofVar.release();
        }
    }

    /** Normalises by these statistics. */
    private Array eval(Backend on, Array ofMean, Array ofVar, Array... in) {
        if (needsNorm()) {
            x = needsParameters() || shared != null ? save(in[0]) : null;
            weight = save(in[1]);
            mean = save(ofMean);
            var = save(ofVar);
        }
        Array normalized = on.batchNormEval(in[0], in[1], in[2], ofMean, ofVar, norm.eps());
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
            if (shared == null) {
                Backend.NormGradients g = on.batchNormTrainGradient(gy, x.get(), relu ? y.get() : null, weight.get(), mean.get(),
                        invStd.get(), needs(0), needs(RESIDUAL));
                return new Array[] {g.x(), ifNeeded(1, g.weight()), ifNeeded(2, g.bias()), g.residual()};
            }
        }
        Array activation = relu ? reluGradient(on, gy, y.get()) : gy.retain();
        boolean needsSums = needsParameters() || shared != null;
        // only these sums, the gradients of weight and bias, read x; without them any array of its shape can stand in for it
        Backend.NormGradients g = !needsNorm() ? new Backend.NormGradients(null, null, null, null)
                : on.batchNormEvalGradient(activation, x == null ? gy : x.get(), weight.get(), mean.get(), var.get(), norm.eps(),
                        needs(0), needsSums);
        if (shared != null && needs(0)) {
            addGradientOfStatistics(on, g);
        }
        return new Array[] {g.x(), ifNeeded(1, g.weight()), ifNeeded(2, g.bias()), ifNeeded(RESIDUAL, activation)};
    }

    private void addGradientOfStatistics(Backend on, Backend.NormGradients g) {
        ChannelAffine factors = shared.gradient(on, g, weight.get(), norm.eps());
        Array ofStatistics = on.batchNormEval(x.get(), factors.scale(), factors.shift(), mean.get(), var.get(), norm.eps());
        on.add(g.x(), ofStatistics);
        ofStatistics.release();
        factors.scale().release();
        factors.shift().release();
    }

    private Array ifNeeded(int i, Array g) {
        if (!needs(i) && g != null) {
            g.release();
            return null;
        }
        return g;
    }
}
