package thaw.kernels.reference;

import java.util.Arrays;

/**
 * Batch normalisation (Ioffe and Szegedy 2015, algorithm 1). Inputs {@code [N, C, …]} are treated as {@code [N, C, P]}
 * with P pixels, so element {@code i} belongs to channel {@code i / P mod C}; a channel has {@code M = N·P} values.
 */
final class ReferenceBatchNorm {

    private ReferenceBatchNorm() {
    }

    /** {@code mean[c] = Σ x / M} and {@code var[c] = Σ (x − mean)² / M}; both arrays are zero on entry. */
    static void statistics(ReferenceArray x, double[] mean, double[] var) {
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
    static void updateRunning(double[] running, double[] batch, double momentum) {
        for (int c = 0; c < running.length; c++) {
            running[c] = (1 - momentum) * running[c] + momentum * batch[c];
        }
    }

    /** {@code var · M/(M − 1)}, the estimate of the population variance from a sample of M values. */
    static double[] unbiased(double[] var, ReferenceArray x) {
        double m = valuesPerChannel(x);
        return Arrays.stream(var).map(v -> v * m / (m - 1)).toArray();
    }

    /** {@code invStd = 1 / √(var + eps)} */
    static double[] inverseDeviation(double[] var, double eps) {
        return Arrays.stream(var).map(v -> 1 / Math.sqrt(v + eps)).toArray();
    }

    /** {@code y = (x − mean) · invStd · weight + bias} */
    static void normalize(ReferenceArray x, double[] mean, double[] invStd, double[] weight, double[] bias, double[] y) {
        int pixels = pixels(x);
        for (int i = 0; i < y.length; i++) {
            int c = i / pixels % x.dim(1);
            y[i] = (x.data[i] - mean[c]) * invStd[c] * weight[c] + bias[c];
        }
    }

    /** {@code scale = weight · invStd} */
    static void scale(double[] weight, double[] invStd, double[] scale) {
        for (int c = 0; c < scale.length; c++) {
            scale[c] = weight[c] * invStd[c];
        }
    }

    /** {@code shift = bias − mean·scale}, so that {@code x·scale + shift} equals {@link #normalize}. */
    static void shift(double[] bias, double[] mean, double[] scale, double[] shift) {
        for (int c = 0; c < shift.length; c++) {
            shift[c] = bias[c] - mean[c] * scale[c];
        }
    }

    /** {@code gWeight[c] = Σ gy·x̂}, with {@code x̂ = (x − mean)·invStd} */
    static double[] weightGradient(ReferenceArray gy, ReferenceArray x, double[] mean, double[] invStd) {
        int pixels = pixels(x);
        double[] gWeight = new double[x.dim(1)];
        for (int i = 0; i < x.data.length; i++) {
            int c = i / pixels % x.dim(1);
            gWeight[c] += gy.data[i] * (x.data[i] - mean[c]) * invStd[c];
        }
        return gWeight;
    }

    /** {@code gBias[c] = Σ gy} */
    static double[] biasGradient(ReferenceArray gy) {
        int pixels = pixels(gy);
        double[] gBias = new double[gy.dim(1)];
        for (int i = 0; i < gy.data.length; i++) {
            gBias[i / pixels % gy.dim(1)] += gy.data[i];
        }
        return gBias;
    }

    /** {@code gx = weight·invStd·(gy − gBias/M − x̂·gWeight/M)}, since mean and variance depend on {@code x} too. */
    static void trainInputGradient(ReferenceArray gy, ReferenceArray x, double[] weight, double[] mean, double[] invStd,
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
    static void evalInputGradient(ReferenceArray gy, double[] weight, double[] invStd, double[] gx) {
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
