package thaw.kernels.reference;

/**
 * Batch normalisation (Ioffe and Szegedy 2015, algorithm 1). Inputs {@code [N, C, …]} are seen as {@code [N, C, P]} with
 * P pixels; a channel has {@code M = N·P} values.
 */
final class ReferenceBatchNorm {

    private ReferenceBatchNorm() {
    }

    /** {@code mean[c] = Σ x / M} and {@code var[c] = Σ (x − mean)² / M} */
    static void statistics(ReferenceArray x, double[] mean, double[] var) {
        int pixels = pixels(x);
        double m = valuesPerChannel(x);
        for (int c = 0; c < x.dim(1); c++) {
            for (int n = 0; n < x.dim(0); n++) {
                for (int p = 0; p < pixels; p++) {
                    mean[c] += x.data[(n * x.dim(1) + c) * pixels + p] / m;
                }
            }
            for (int n = 0; n < x.dim(0); n++) {
                for (int p = 0; p < pixels; p++) {
                    double d = x.data[(n * x.dim(1) + c) * pixels + p] - mean[c];
                    var[c] += d * d / m;
                }
            }
        }
    }

    /** {@code running ← (1 − momentum) · running + momentum · batch} */
    static void updateRunning(double[] running, double[] batch, double momentum) {
        for (int c = 0; c < running.length; c++) {
            running[c] = (1 - momentum) * running[c] + momentum * batch[c];
        }
    }

    /** {@code invStd = 1 / √(var + eps)} */
    static void inverseDeviation(double[] var, double eps, double[] invStd) {
        for (int c = 0; c < var.length; c++) {
            invStd[c] = 1 / Math.sqrt(var[c] + eps);
        }
    }

    /** {@code y = (x − mean) · invStd · weight + bias} */
    static void normalize(ReferenceArray x, double[] mean, double[] invStd, double[] weight, double[] bias, double[] y) {
        int pixels = pixels(x);
        for (int n = 0; n < x.dim(0); n++) {
            for (int c = 0; c < x.dim(1); c++) {
                for (int p = 0; p < pixels; p++) {
                    int i = (n * x.dim(1) + c) * pixels + p;
                    y[i] = (x.data[i] - mean[c]) * invStd[c] * weight[c] + bias[c];
                }
            }
        }
    }

    /** {@code gWeight = Σ gy·x̂} and {@code gBias = Σ gy}, with {@code x̂ = (x − mean)·invStd} */
    static void parameterGradients(ReferenceArray gy, ReferenceArray x, double[] mean, double[] invStd,
            double[] gWeight, double[] gBias) {
        int pixels = pixels(x);
        for (int n = 0; n < x.dim(0); n++) {
            for (int c = 0; c < x.dim(1); c++) {
                for (int p = 0; p < pixels; p++) {
                    int i = (n * x.dim(1) + c) * pixels + p;
                    gWeight[c] += gy.data[i] * (x.data[i] - mean[c]) * invStd[c];
                    gBias[c] += gy.data[i];
                }
            }
        }
    }

    /** {@code gx = weight·invStd·(gy − gBias/M − x̂·gWeight/M)}: mean and variance depend on {@code x} too. */
    static void trainInputGradient(ReferenceArray gy, ReferenceArray x, double[] weight, double[] mean, double[] invStd,
            double[] gWeight, double[] gBias, double[] gx) {
        int pixels = pixels(x);
        double m = valuesPerChannel(x);
        for (int n = 0; n < x.dim(0); n++) {
            for (int c = 0; c < x.dim(1); c++) {
                for (int p = 0; p < pixels; p++) {
                    int i = (n * x.dim(1) + c) * pixels + p;
                    double normalized = (x.data[i] - mean[c]) * invStd[c];
                    gx[i] = weight[c] * invStd[c] * (gy.data[i] - gBias[c] / m - normalized * gWeight[c] / m);
                }
            }
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

    static int valuesPerChannel(ReferenceArray x) {
        return x.dim(0) * pixels(x);
    }

    private static int pixels(ReferenceArray x) {
        return x.shape().rank() == 4 ? x.dim(2) * x.dim(3) : 1;
    }
}
