package thaw.engine.functional;

import java.util.Arrays;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.NormOps.ChannelAffine;
import thaw.kernels.NormOps.NormGradients;
import thaw.kernels.Shape;

/**
 * The mean and variance of each channel over the images of all processes (PyTorch's SyncBatchNorm), and the gradient through them. With
 * sums over the channel's M values in all processes,
 *
 * <pre>
 * m = Σ x / M,   mean = m + Σ (x − m) / M,   var = Σ (x − m)² / M − (mean − m)²,
 * </pre>
 *
 * where m is rounded, as the sums are on their way, and the terms with it correct for that (Chan, Golub and LeVeque 1983). What follows
 * from the sums is computed on the host, so that it has the same bits in every process.
 */
final class SharedStatistics {

    private final StatisticsExchange exchange;
    private double count;
    private double[] mean;
    private double[] var;

    SharedStatistics(StatisticsExchange exchange) {
        this.exchange = exchange;
    }

    /** The mean {@code [C]}. */
    double[] mean() {
        return mean;
    }

    /** The biased variance {@code [C]}. */
    double[] var() {
        return var;
    }

    /**
     * Computes the statistics, and updates the running ones of the norm as {@link Backend#batchNormTrain} does.
     *
     * @param x {@code [N, C, …]}
     * @throws IllegalArgumentException if there is only one value per channel in all processes
     */
    void measure(Backend on, Array x, Normalization norm) {
        int channels = x.shape().dim(1);
        Array zero = on.zeros(Shape.of(channels));
        Array one = on.zeros(Shape.of(channels));
        on.fill(one, 1);
        try {
            double[] first = Arrays.copyOf(sums(on, x, zero, one), channels + 1); // without Σ x²
            first[channels] = (double) x.shape().size() / channels;
            total(first);
            count = first[channels];
            if (count < 2) {
                throw new IllegalArgumentException("batchNorm: expected several values per channel in all processes together, got one;"
                        + " use larger batches or evaluation mode");
            }
            mean = new double[channels];
            for (int c = 0; c < channels; c++) {
                mean[c] = first[c] / count;
            }
            measureAround(on, x, zero, one);
        } finally {
            zero.release();
            one.release();
        }
        if (norm.runningMean() != null) {
            update(norm.runningMean(), mean, 1, norm.momentum());
            update(norm.runningVar(), var, count / (count - 1), norm.momentum());
        }
    }

    private void measureAround(Backend on, Array x, Array zero, Array one) {
        Array m = on.of(zero.shape(), mean);
        mean = read(on, m); // in the device's precision
        Array centred = on.batchNormEval(x, one, zero, m, one, 0);
        m.release();
        double[] second;
        try {
            second = sums(on, centred, zero, one);
        } finally {
            centred.release();
        }
        total(second);
        var = new double[mean.length];
        for (int c = 0; c < mean.length; c++) {
            double moved = second[c] / count;
            mean[c] += moved;
            var[c] = Math.max(0, second[mean.length + c] / count - moved * moved);
        }
    }

    /** {@code Σ x} and {@code Σ x²} of this process: the gradients of a norm that is the identity, with gradient and input x. */
    private static double[] sums(Backend on, Array x, Array zero, Array one) {
        NormGradients of = on.batchNormEvalGradient(x, x, one, zero, one, 0, false, true);
        try {
            return sums(on, of);
        } finally {
            of.bias().release();
            of.weight().release();
        }
    }

    /** The gradients of the bias, then those of the weight. */
    private static double[] sums(Backend on, NormGradients of) {
        double[] bias = read(on, of.bias());
        double[] sums = Arrays.copyOf(bias, 2 * bias.length);
        System.arraycopy(read(on, of.weight()), 0, sums, bias.length, bias.length);
        return sums;
    }

    private static double[] read(Backend on, Array x) {
        double[] values = new double[x.shape().size()];
        on.read(x, values);
        return values;
    }

    private void total(double[] own) {
        if (!exchange.hasImages()) {
            Arrays.fill(own, 0);
        }
        exchange.sum(own);
    }

    private static void update(Tensor running, double[] value, double factor, double momentum) {
        double[] updated = running.toDoubles();
        for (int c = 0; c < updated.length; c++) {
            updated[c] = (1 - momentum) * updated[c] + momentum * factor * value[c];
        }
        try (Tensor source = running.device().tensor(running.shape(), updated)) {
            running.copyFrom(source);
        }
    }

    /**
     * The scale and shift of x̂ that give the gradient through the statistics, {@code −weight·invStd·(x̂·Σ(g·x̂)/M + Σg/M)}; zeros for a
     * stand-in.
     *
     * @param own the gradients of weight and bias, Σ(g·x̂) and Σg of this process
     */
    ChannelAffine gradient(Backend on, NormGradients own, Array weight, double eps) {
        double[] sums = sums(on, own);
        total(sums);
        double[] w = read(on, weight);
        double[] scale = new double[w.length];
        double[] shift = new double[w.length];
        for (int c = 0; c < w.length && exchange.hasImages(); c++) {
            double factor = -w[c] / Math.sqrt(var[c] + eps) / count;
            shift[c] = factor * sums[c];
            scale[c] = factor * sums[w.length + c];
        }
        return new ChannelAffine(on.of(weight.shape(), scale), on.of(weight.shape(), shift));
    }
}
