package thaw.kernels.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.NormOps;

/**
 * Batch normalisation (Ioffe and Szegedy 2015, algorithm 1). Inputs {@code [N, C, …]} are treated as {@code [N, C, P]}
 * with P pixels, so element {@code i} belongs to channel {@code i / P mod C}; a channel has {@code M = N·P} values.
 */
final class ReferenceBatchNorm implements NormOps {

    private final ReferenceMemory memory;

    ReferenceBatchNorm(ReferenceMemory memory) {
        this.memory = memory;
    }

    @Override
    public Normalized batchNormTrain(Array input, Array weight, Array bias, @Nullable Array runningMean,
            @Nullable Array runningVar, double momentum, double eps, @Nullable Array residual, boolean relu) {
        ReferenceArray x = memory.values(input);
        double[] mean = new double[x.dim(1)];
        double[] var = new double[mean.length];
        statistics(x, mean, var);
        double[] invStd = inverseDeviation(var, eps);
        ReferenceArray y = normalize(x, mean, invStd, weight, bias);
        ReferenceEpilogue.apply(y, null, null, memory.orNull(residual), relu);
        if (runningMean != null) {
            updateRunning(runningMean, mean, momentum);
            updateRunning(runningVar, unbiased(var, x), momentum);
        }
        return new Normalized(y, memory.of(weight.shape(), mean), memory.of(weight.shape(), invStd));
    }

    @Override
    public Array batchNormEval(Array x, Array weight, Array bias, Array mean, Array var, double eps) {
        double[] invStd = inverseDeviation(memory.values(var).data, eps);
        return normalize(memory.values(x), memory.values(mean).data, invStd, weight, bias);
    }

    /** {@code shift = bias − mean·scale}, so that {@code x·scale + shift} equals {@link #normalize}. */
    @Override
    public ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps) {
        double[] w = memory.values(weight).data;
        double[] b = memory.values(bias).data;
        double[] m = memory.values(mean).data;
        double[] invStd = inverseDeviation(memory.values(var).data, eps);
        ReferenceArray scale = memory.zeros(weight.shape());
        ReferenceArray shift = memory.zeros(weight.shape());
        for (int c = 0; c < w.length; c++) {
            scale.data[c] = w[c] * invStd[c];
            shift.data[c] = b[c] - m[c] * scale.data[c];
        }
        return new ChannelAffine(scale, shift);
    }

    @Override
    public NormGradients batchNormTrainGradient(Array gy, Array input, @Nullable Array output, Array weight, Array meanArray,
            Array invStdArray, boolean needInput, boolean needResidual) {
        ReferenceArray x = memory.values(input);
        double[] mean = memory.values(meanArray).data;
        double[] invStd = memory.values(invStdArray).data;
        double[] w = memory.values(weight).data;
        ReferenceArray g = memory.values(gy);
        if (output == null) {
            g.retain();
        } else {
            g = whereActive(g, memory.values(output));
        }
        double[] gWeight = weightGradient(g, x, mean, invStd);
        double[] gBias = biasGradient(g);
        ReferenceArray gx = null;
        if (needInput) {
            gx = memory.zeros(x.shape());
            trainInputGradient(g, x, w, mean, invStd, gWeight, gBias, gx.data);
        }
        if (!needResidual) {
            g.release();
        }
        return new NormGradients(gx, memory.of(weight.shape(), gWeight), memory.of(weight.shape(), gBias),
                needResidual ? g : null);
    }

    /** The gradient before a ReLU with output {@code y}. */
    private ReferenceArray whereActive(ReferenceArray gy, ReferenceArray y) {
        ReferenceArray g = memory.copy(gy);
        for (int i = 0; i < g.data.length; i++) {
            g.data[i] *= y.data[i] <= 0 ? 0 : 1;
        }
        return g;
    }

    @Override
    public NormGradients batchNormEvalGradient(Array gyArray, Array x, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters) {
        ReferenceArray gy = memory.values(gyArray);
        double[] invStd = inverseDeviation(memory.values(var).data, eps);
        ReferenceArray gx = null;
        if (needInput) {
            gx = memory.zeros(x.shape());
            evalInputGradient(gy, memory.values(weight).data, invStd, gx.data);
        }
        if (!needParameters) {
            return new NormGradients(gx, null, null, null);
        }
        return new NormGradients(gx,
                memory.of(weight.shape(), weightGradient(gy, memory.values(x), memory.values(mean).data, invStd)),
                memory.of(weight.shape(), biasGradient(gy)), null);
    }

    /** {@code mean[c] = Σ x / M} and {@code var[c] = Σ (x − mean)² / M}; both arrays are zero on entry. */
    private static void statistics(ReferenceArray x, double[] mean, double[] var) {
        int pixels = pixels(x);
        double m = valuesPerChannel(x);
        for (int i = 0; i < x.data.length; i++) {
            mean[i / pixels % x.dim(1)] += x.data[i] / m;
        }
        for (int i = 0; i < x.data.length; i++) {
            int c = i / pixels % x.dim(1);
            var[c] += (x.data[i] - mean[c]) * (x.data[i] - mean[c]) / m;
        }
    }

    /** {@code running ← (1 − momentum) · running + momentum · batch} */
    private void updateRunning(Array array, double[] batch, double momentum) {
        double[] running = memory.values(array).data;
        for (int c = 0; c < running.length; c++) {
            running[c] = (1 - momentum) * running[c] + momentum * batch[c];
        }
        array.storage().changed();
    }

    /** {@code var · M/(M − 1)}, the estimate of the population variance from a sample of M values. */
    private static double[] unbiased(double[] var, ReferenceArray x) {
        double m = valuesPerChannel(x);
        return Arrays.stream(var).map(v -> v * m / (m - 1)).toArray();
    }

    /** {@code invStd = 1 / √(var + eps)} */
    private static double[] inverseDeviation(double[] var, double eps) {
        return Arrays.stream(var).map(v -> 1 / Math.sqrt(v + eps)).toArray();
    }

    /** {@code y = (x − mean) · invStd · weight + bias} */
    private ReferenceArray normalize(ReferenceArray x, double[] mean, double[] invStd, Array weight, Array bias) {
        double[] w = memory.values(weight).data;
        double[] b = memory.values(bias).data;
        ReferenceArray y = memory.zeros(x.shape());
        int pixels = pixels(x);
        for (int i = 0; i < y.data.length; i++) {
            int c = i / pixels % x.dim(1);
            y.data[i] = (x.data[i] - mean[c]) * invStd[c] * w[c] + b[c];
        }
        return y;
    }

    /** {@code gWeight[c] = Σ gy·x̂}, with {@code x̂ = (x − mean)·invStd} */
    private static double[] weightGradient(ReferenceArray gy, ReferenceArray x, double[] mean, double[] invStd) {
        int pixels = pixels(x);
        double[] gWeight = new double[x.dim(1)];
        for (int i = 0; i < x.data.length; i++) {
            int c = i / pixels % x.dim(1);
            gWeight[c] += gy.data[i] * (x.data[i] - mean[c]) * invStd[c];
        }
        return gWeight;
    }

    /** {@code gBias[c] = Σ gy} */
    private static double[] biasGradient(ReferenceArray gy) {
        int pixels = pixels(gy);
        double[] gBias = new double[gy.dim(1)];
        for (int i = 0; i < gy.data.length; i++) {
            gBias[i / pixels % gy.dim(1)] += gy.data[i];
        }
        return gBias;
    }

    /** {@code gx = weight·invStd·(gy − gBias/M − x̂·gWeight/M)}, since mean and variance depend on {@code x} too. */
    private static void trainInputGradient(ReferenceArray gy, ReferenceArray x, double[] weight, double[] mean, double[] invStd,
            double[] gWeight, double[] gBias, double[] gx) {
        int pixels = pixels(x);
        double m = valuesPerChannel(x);
        for (int i = 0; i < gx.length; i++) {
            int c = i / pixels % x.dim(1);
            double normalized = (x.data[i] - mean[c]) * invStd[c];
            gx[i] = weight[c] * invStd[c] * (gy.data[i] - gBias[c] / m - normalized * gWeight[c] / m);
        }
    }

    /** {@code gx = gy · weight · invStd}: the statistics are constants. */
    private static void evalInputGradient(ReferenceArray gy, double[] weight, double[] invStd, double[] gx) {
        int pixels = pixels(gy);
        for (int i = 0; i < gx.length; i++) {
            int c = i / pixels % gy.dim(1);
            gx[i] = gy.data[i] * weight[c] * invStd[c];
        }
    }

    private static int valuesPerChannel(ReferenceArray x) {
        return x.dim(0) * pixels(x);
    }

    private static int pixels(ReferenceArray x) {
        return x.shape().rank() == 4 ? x.dim(2) * x.dim(3) : 1;
    }
}
