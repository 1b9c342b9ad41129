package thaw.kernels.reference;

import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.BinaryLossOps;
import thaw.kernels.LossOps;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/** Softmax and cross-entropy, on rows of scores {@code [N, C]}. */
final class ReferenceLoss implements LossOps, BinaryLossOps {

    private final ReferenceMemory memory;

    ReferenceLoss(ReferenceMemory memory) {
        this.memory = memory;
    }

    @Override
    public Array logSoftmax(Array x) {
        return memory.of(x.shape(), logSoftmax(memory.values(x)));
    }

    /** {@code gx = gy − e^y · Σ gy} */
    @Override
    public Array logSoftmaxGradient(Array gradient, Array output) {
        ReferenceArray gy = memory.values(gradient);
        ReferenceArray y = memory.values(output);
        ReferenceArray gx = memory.zeros(y.shape());
        int classes = y.dim(1);
        for (int row = 0; row < y.data.length; row += classes) {
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                sum += gy.data[row + c];
            }
            for (int c = 0; c < classes; c++) {
                gx.data[row + c] = gy.data[row + c] - Math.exp(y.data[row + c]) * sum;
            }
        }
        return gx;
    }

    @Override
    public Loss crossEntropy(Array scores, Array target, @Nullable Array classWeight, double smoothing, Reduction reduction) {
        int classes = scores.shape().dim(1);
        ReferenceArray t = memory.values(target);
        ReferenceArray v = memory.orNull(classWeight);
        double[] q = target.shape().rank() == 1 ? oneHot(t, classes) : t.data;
        double[] a = coefficients(q, classes, v, smoothing);
        double divisor = divisor(t, v, reduction);
        double[] logP = logSoftmax(memory.values(scores));
        ReferenceArray gradient = memory.zeros(scores.shape());
        crossEntropyGradient(logP, classes, a, divisor, gradient.data);
        return new Loss(memory.of(Shape.SCALAR, new double[] {crossEntropy(logP, a, divisor)}), gradient);
    }

    @Override
    public Loss binaryCrossEntropy(Array scores, Array target, @Nullable Array positiveWeight, Reduction reduction) {
        double[] x = memory.values(scores).data;
        double[] t = memory.values(target).data;
        double[] v = positiveWeight == null ? new double[] {1} : memory.values(positiveWeight).data;
        double divisor = reduction == Reduction.SUM ? 1 : x.length;
        ReferenceArray gradient = memory.zeros(scores.shape());
        binaryCrossEntropyGradient(x, t, v, divisor, gradient.data);
        return new Loss(memory.of(Shape.SCALAR, new double[] {binaryCrossEntropy(x, t, v, divisor)}), gradient);
    }

    /** {@code y = x − m − log Σ e^(x − m)} with {@code m = max x}, which leaves the value unchanged and keeps e^x finite. */
    private static double[] logSoftmax(ReferenceArray x) {
        double[] y = new double[x.data.length];
        int classes = x.dim(1);
        for (int n = 0; n < x.dim(0); n++) {
            int row = n * classes;
            double max = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                max = Math.max(max, x.data[row + c]);
            }
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                sum += Math.exp(x.data[row + c] - max);
            }
            for (int c = 0; c < classes; c++) {
                y[row + c] = x.data[row + c] - max - Math.log(sum);
            }
        }
        return y;
    }

    /** Hard targets {@code t [N]} as probabilities: {@code q[n, c] = 1 if c = t[n], else 0}. */
    private static double[] oneHot(ReferenceArray target, int classes) {
        double[] q = new double[target.dim(0) * classes];
        for (int n = 0; n < target.dim(0); n++) {
            q[n * classes + Shapes.classNumber(target.data[n], n, classes)] = 1;
        }
        return q;
    }

    /** {@code a[n, c] = v[c] · ((1 − ε) · q[n, c] + ε/C)}; both kinds of targets then give {@code l[n] = −Σ_c a·log p}. */
    private static double[] coefficients(double[] q, int classes, ReferenceArray classWeight, double smoothing) {
        double[] a = new double[q.length];
        for (int i = 0; i < q.length; i++) {
            double v = classWeight == null ? 1 : classWeight.data[i % classes];
            a[i] = v * ((1 - smoothing) * q[i] + smoothing / classes);
        }
        return a;
    }

    /** The divisor of the summed loss: {@code Σ_n v[t_n]} for hard targets, NaN in place of 0; N for soft ones. */
    private static double divisor(ReferenceArray target, ReferenceArray classWeight, Reduction reduction) {
        if (reduction == Reduction.SUM) {
            return 1;
        }
        if (target.shape().rank() == 2 || classWeight == null) {
            return target.dim(0);
        }
        double sum = 0;
        for (double t : target.data) {
            sum += classWeight.data[(int) t];
        }
        return sum == 0 ? Double.NaN : sum;
    }

    /** {@code loss = −Σ_n,c a[n, c] · log p[n, c] / divisor}; terms with {@code a = 0} are 0, even where log p is −∞. */
    private static double crossEntropy(double[] logP, double[] a, double divisor) {
        double loss = 0;
        for (int i = 0; i < a.length; i++) {
            loss -= a[i] == 0 ? 0 : a[i] * logP[i];
        }
        return loss / divisor;
    }

    /** {@code gx[n, c] = (p[n, c] · Σ_d a[n, d] − a[n, c]) / divisor}, because {@code ∂ log p[d] / ∂x[c] = 1[c = d] − p[c]}. */
    private static void crossEntropyGradient(double[] logP, int classes, double[] a, double divisor, double[] gx) {
        for (int row = 0; row < logP.length; row += classes) {
            double total = 0;
            for (int c = 0; c < classes; c++) {
                total += a[row + c];
            }
            for (int c = 0; c < classes; c++) {
                gx[row + c] = (Math.exp(logP[row + c]) * total - a[row + c]) / divisor;
            }
        }
    }

    /** {@code Σ_i ((1 − t)·x + (1 + (v − 1)·t)·log(1 + e^(−x))) / divisor}; {@code v} repeats along the last dimension. */
    private static double binaryCrossEntropy(double[] x, double[] t, double[] v, double divisor) {
        double loss = 0;
        for (int i = 0; i < x.length; i++) {
            double softplus = Math.log1p(Math.exp(-Math.abs(x[i]))) + Math.max(-x[i], 0);
            loss += ((1 - t[i]) * x[i] + (1 + (v[i % v.length] - 1) * t[i]) * softplus) / divisor;
        }
        return loss;
    }

    /** {@code gx = (1 − t − (1 + (v − 1)·t)·σ(−x)) / divisor}, because {@code d log(1 + e^(−x)) / dx = −σ(−x)}. */
    private static void binaryCrossEntropyGradient(double[] x, double[] t, double[] v, double divisor, double[] gx) {
        for (int i = 0; i < x.length; i++) {
            gx[i] = (1 - t[i] - (1 + (v[i % v.length] - 1) * t[i]) / (1 + Math.exp(x[i]))) / divisor;
        }
    }
}
