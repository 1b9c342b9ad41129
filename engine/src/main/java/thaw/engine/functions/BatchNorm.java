package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/**
 * {@code y = (x − mean) / √(var + eps) · weight + bias} for each channel (Ioffe and Szegedy 2015).
 *
 * <p>In training the statistics are the batch's, and gradients flow through them ({@link Backend#batchNormTrainGradient});
 * in evaluation they are constants ({@link Backend#batchNormEvalGradient}), which is also what a frozen normalisation
 * in the middle of a trained network needs.
 *
 * <p>Inputs: x {@code [N, C, …]}, weight {@code [C]}, bias {@code [C]}.
 */
public final class BatchNorm extends Function {

    private final boolean training;
    private final Array runningMean;
    private final Array runningVar;
    private final double momentum;
    private final double eps;
    private Saved x;
    private Saved weight;
    private Saved mean;
    private Saved invStd;
    private Saved var;

    /**
     * @param training    whether to normalise by the batch's statistics, and to update the running ones unless they are null
     * @param runningMean {@code [C]}; stays the caller's, as {@code runningVar} does
     * @param momentum    the share of the new value in the running statistics
     */
    public BatchNorm(boolean training, Array runningMean, Array runningVar, double momentum, double eps) {
        if (!training && (runningMean == null || runningVar == null)) {
            throw new IllegalArgumentException("batchNorm: evaluation normalises by the running mean and variance, which are"
                    + " missing; pass both, or train");
        }
        this.training = training;
        this.runningMean = runningMean;
        this.runningVar = runningVar;
        this.momentum = momentum;
        this.eps = eps;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        return training ? train(on, in) : eval(on, in);
    }

    private Array train(Backend on, Array... in) {
        Backend.Normalized n = on.batchNormTrain(in[0], in[1], in[2], runningMean, runningVar, momentum, eps, null, false);
        if (needsAny()) {
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
        if (needsAny()) {
            x = needsParameters() ? save(in[0]) : null;
            weight = save(in[1]);
            mean = save(runningMean);
            var = save(runningVar);
        }
        return on.batchNormEval(in[0], in[1], in[2], runningMean, runningVar, eps);
    }

    private boolean needsParameters() {
        return needs(1) || needs(2);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        Backend.NormGradients g = training
                ? on.batchNormTrainGradient(gy, x.get(), null, weight.get(), mean.get(), invStd.get(), needs(0), false)
                // x has a part in the gradients of weight and bias only, so anything of its shape will do without them
                : on.batchNormEvalGradient(gy, x == null ? gy : x.get(), weight.get(), mean.get(), var.get(), eps,
                        needs(0), needsParameters());
        return new Array[] {g.x(), ifNeeded(1, g.weight()), ifNeeded(2, g.bias())};
    }

    private Array ifNeeded(int i, Array g) {
        if (!needs(i) && g != null) {
            g.release();
            return null;
        }
        return g;
    }
}
