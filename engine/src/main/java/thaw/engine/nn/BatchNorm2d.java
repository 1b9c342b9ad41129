package thaw.engine.nn;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.functional.Activation;
import thaw.engine.functional.Functional;
import thaw.engine.functional.Normalization;
import thaw.engine.functional.StatisticsExchange;
import thaw.kernels.Shape;

/**
 * Batch normalisation of each channel of {@code [N, C, H, W]}, or of each feature of {@code [N, C]}. In training mode it
 * normalises by the batch's statistics and updates the running mean and variance; in evaluation mode it normalises by the
 * running statistics. Whether its parameters require gradients has no influence on the mode: to keep the statistics of a
 * frozen layer unchanged, put it into evaluation mode too.
 */
public final class BatchNorm2d extends Module {

    private final Normalization norm;
    private final AtomicLong batchesTracked;
    private @Nullable StatisticsExchange exchange;

    /** Uses PyTorch's defaults: eps 1e-5 and momentum 0.1. */
    public BatchNorm2d(Device device, int channels) {
        this(device, channels, 1e-5, 0.1);
    }

    /**
     * @param eps      added to the variance
     * @param momentum the weight of the new value in the running statistics
     */
    public BatchNorm2d(Device device, int channels, double eps, double momentum) {
        Shape c = Shape.of(channels);
        norm = new Normalization(parameter("weight", device.ones(c)), parameter("bias", device.zeros(c)),
                buffer("running_mean", device.zeros(c)), variance("running_var", device.ones(c)), momentum, eps);
        batchesTracked = counter("num_batches_tracked");
    }

    @Override
    public Tensor forward(Tensor x) {
        return forward(x, null, Activation.IDENTITY);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        // ONNX's momentum is the weight of the old statistics.
        return graph.node("BatchNormalization", x, graph.tensor(weight()), graph.tensor(bias()), graph.tensor(runningMean()),
                graph.tensor(runningVar())).number("epsilon", norm.eps()).number("momentum", 1 - norm.momentum()).output();
    }

    private Tensor forward(Tensor x, @Nullable Tensor residual, Activation activation) {
        if (!isTraining()) {
            return Functional.batchNormEval(x, norm, residual, activation);
        }
        boolean secondPass = x.device().isRecomputing();
        Normalization updated = secondPass ? norm.withoutStatistics() : norm;
        Tensor y = exchange == null ? Functional.batchNormTrain(x, updated, residual, activation)
                : Functional.syncBatchNorm(x, updated, exchange, residual, activation);
        if (!secondPass) {
            batchesTracked.incrementAndGet();
        }
        return y;
    }

    /**
     * {@code act(norm(x) + residual)}, in one pass unless hooks need {@code norm(x)}.
     *
     * @param residual of x's shape, or null for none
     */
    Tensor call(Tensor x, @Nullable Tensor residual, Activation activation) {
        if (!hasHooks()) {
            return forward(x, residual, activation);
        }
        Tensor y = call(x);
        Tensor sum = residual == null ? y : y.add(residual);
        return activation == Activation.RELU ? sum.relu() : sum;
    }

    /** Sets the processes whose batches together give the statistics in training mode; null, the default, for this one's batch alone. */
    public void synchronise(@Nullable StatisticsExchange exchange) {
        this.exchange = exchange;
    }

    /** Whether this is a constant affine function of its input: fixed statistics, and no gradient of the parameters needed. */
    boolean isConstant(Device device) {
        return !isTraining() && !(device.gradEnabled() && (weight().requiresGrad() || bias().requiresGrad()));
    }

    /** The constant added to the variance. */
    public double eps() {
        return norm.eps();
    }

    /** The scale {@code [C]}. */
    public Tensor weight() {
        return norm.weight();
    }

    /** The shift {@code [C]}. */
    public Tensor bias() {
        return norm.bias();
    }

    /** The running mean {@code [C]}. */
    public Tensor runningMean() {
        return norm.runningMean();
    }

    /** The running variance {@code [C]}; each update uses the batch's unbiased variance. */
    public Tensor runningVar() {
        return norm.runningVar();
    }

    /** The number of batches that the running statistics have been updated with. */
    public long batchesTracked() {
        return batchesTracked.get();
    }

    @Override
    protected String options() {
        return weight().shape().dim(0) + ", eps=" + norm.eps() + ", momentum=" + norm.momentum();
    }
}
