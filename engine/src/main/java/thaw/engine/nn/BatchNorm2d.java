package thaw.engine.nn;

import java.util.concurrent.atomic.AtomicLong;
import thaw.engine.Device;
import thaw.engine.Ops;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

/**
 * Batch normalisation of each channel of {@code [N, C, H, W]}, or of each feature of {@code [N, C]}. In training mode it
 * normalises by the batch's statistics and updates the running mean and variance; in evaluation mode it normalises by the
 * running statistics. Whether its parameters require gradients has no influence on the mode: to keep the statistics of a
 * frozen layer unchanged, put it into evaluation mode too.
 */
public final class BatchNorm2d extends Module {

    private final Tensor weight;
    private final Tensor bias;
    private final Tensor runningMean;
    private final Tensor runningVar;
    private final AtomicLong batchesTracked;
    private final double eps;
    private final double momentum;

    /** Uses PyTorch's defaults: eps 1e-5 and momentum 0.1. */
    public BatchNorm2d(Device device, int channels) {
        this(device, channels, 1e-5, 0.1);
    }

    /**
     * @param eps      added to the variance
     * @param momentum the weight of the new value in the running statistics
     */
    public BatchNorm2d(Device device, int channels, double eps, double momentum) {
        this.eps = eps;
        this.momentum = momentum;
        Shape c = Shape.of(channels);
        weight = parameter("weight", device.ones(c));
        bias = parameter("bias", device.zeros(c));
        runningMean = buffer("running_mean", device.zeros(c));
        runningVar = variance("running_var", device.ones(c));
        batchesTracked = counter("num_batches_tracked");
    }

    @Override
    public Tensor forward(Tensor x) {
        return forward(x, null, false);
    }

    private Tensor forward(Tensor x, Tensor residual, boolean relu) {
        boolean training = isTraining();
        boolean secondPass = training && x.device().isRecomputing();
        Tensor y = Ops.batchNorm(x, weight, bias, secondPass ? null : runningMean, secondPass ? null : runningVar,
                training, momentum, eps, residual, relu);
        if (training && !secondPass) {
            batchesTracked.incrementAndGet();
        }
        return y;
    }

    /**
     * {@code act(norm(x) + residual)}, in one pass unless hooks need {@code norm(x)}.
     *
     * @param residual of x's shape, or null for none
     * @param relu     whether act is {@code max(·, 0)}, rather than the identity
     */
    Tensor call(Tensor x, Tensor residual, boolean relu) {
        if (!hasHooks()) {
            return forward(x, residual, relu);
        }
        Tensor y = call(x);
        Tensor sum = residual == null ? y : y.add(residual);
        return relu ? sum.relu() : sum;
    }

    /** Whether this is a constant affine function of its input: fixed statistics, and no gradient of the parameters needed. */
    boolean isConstant(Device device) {
        return !isTraining() && !(device.gradEnabled() && (weight.requiresGrad() || bias.requiresGrad()));
    }

    /** The constant added to the variance. */
    public double eps() {
        return eps;
    }

    /** The scale {@code [C]}. */
    public Tensor weight() {
        return weight;
    }

    /** The shift {@code [C]}. */
    public Tensor bias() {
        return bias;
    }

    /** The running mean {@code [C]}. */
    public Tensor runningMean() {
        return runningMean;
    }

    /** The running variance {@code [C]}; each update uses the batch's unbiased variance. */
    public Tensor runningVar() {
        return runningVar;
    }

    /** The number of batches that the running statistics have been updated with. */
    public long batchesTracked() {
        return batchesTracked.get();
    }

    @Override
    protected String options() {
        return weight.shape().dim(0) + ", eps=" + eps + ", momentum=" + momentum;
    }
}
