package thaw.engine.functions;

import thaw.engine.Function;
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
public final class BatchNorm extends Function {

    private static final int RESIDUAL = 3;

    private final boolean training;
    private final Array runningMean;
    private final Array runningVar;
    private final double momentum;
    private final double eps;
    private final boolean relu;
    private Saved x;
    private Saved y;
    private Saved weight;
    private Saved mean;
    private Saved invStd;
    private Saved var;

    /**
     * @param training    whether to normalise by the batch's statistics, and to update the running ones unless they
     *     are null
     * @param runningMean {@code [C]}; the caller keeps its ownership, likewise of {@code runningVar}
     * @param momentum    the weight of the new value in the running statistics
     * @param relu        whether act is {@code max(·, 0)}
     * @throws IllegalArgumentException if running statistics are missing in evaluation
     */
    public BatchNorm(boolean training, Array runningMean, Array runningVar, double momentum, double eps, boolean relu) {
        if (!training && (runningMean == null || runningVar == null)) {
            throw new IllegalArgumentException("batchNorm: evaluation normalises by the running mean and variance, which are"
                    + " missing; pass both, or train");
        }
        this.training = training;
        this.runningMean = runningMean;
        this.runningVar = runningVar;
        this.momentum = momentum;
        this.eps = eps;
        this.relu = relu;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        Array value = training ? train(on, in) : eval(on, in);
        y = relu && needsAny() ? save(value) : null;
        return value;
    }

    private Array train(Backend on, Array... in) {
        Backend.Normalized n = on.batchNormTrain(in[0], in[1], in[2], runningMean, runningVar, momentum, eps, in[RESIDUAL],
                relu);
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
            mean = save(runningMean);
            var = save(runningVar);
        }
        Array normalized = on.batchNormEval(in[0], in[1], in[2], runningMean, runningVar, eps);
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
            Backend.NormGradients g = on.batchNormTrainGradient(gy, x.get(), relu ? y.get() : null, weight.get(), mean.get(),
                    invStd.get(), needs(0), needs(RESIDUAL));
            return new Array[] {g.x(), ifNeeded(1, g.weight()), ifNeeded(2, g.bias()), g.residual()};
        }
        Array activation = relu ? on.unaryGradient(UnaryOp.RELU, gy, null, y.get()) : gy.retain();
        // only the gradients of weight and bias read x; without them any array of its shape can stand in for it
        Backend.NormGradients g = !needsNorm() ? new Backend.NormGradients(null, null, null, null)
                : on.batchNormEvalGradient(activation, x == null ? gy : x.get(), weight.get(), mean.get(), var.get(), eps,
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
