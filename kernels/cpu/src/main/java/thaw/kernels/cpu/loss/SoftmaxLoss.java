package thaw.kernels.cpu.loss;

import thaw.kernels.Array;
import thaw.kernels.LossOps;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;

/** Log-softmax and cross-entropy over rows of scores. Scores are few: one thread, and sums in double precision. */
public final class SoftmaxLoss implements LossOps {

    private final Memory memory;

    public SoftmaxLoss(Memory memory) {
        this.memory = memory;
    }

    @Override
    public Array logSoftmax(Array array) {
        CpuArray x = memory.asRowMajor(array);
        CpuArray y = memory.like(x);
        int columns = x.shape().dim(1);
        for (int n = 0; n < x.shape().dim(0); n++) {
            logSoftmaxRow(x.data(), n * columns, columns, y.data());
        }
        x.release();
        return y;
    }

    private static void logSoftmaxRow(float[] x, int from, int columns, float[] y) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + columns; i++) {
            max = Math.max(max, x[i]);
        }
        double sum = 0;
        for (int i = from; i < from + columns; i++) {
            sum += Math.exp(x[i] - max);
        }
        double log = Math.log(sum);
        for (int i = from; i < from + columns; i++) {
            y[i] = (float) ((double) x[i] - max - log); // max + log would lose log beside a max of 1e30
        }
    }

    @Override
    public Array logSoftmaxGradient(Array gradient, Array output) {
        CpuArray gy = memory.asRowMajor(gradient);
        CpuArray y = memory.asRowMajor(output);
        CpuArray gx = memory.like(y);
        int columns = y.shape().dim(1);
        float[] g = gy.data();
        float[] v = y.data();
        float[] out = gx.data();
        for (int from = 0; from < y.shape().size(); from += columns) {
            double sum = 0;
            for (int i = from; i < from + columns; i++) {
                sum += g[i];
            }
            for (int i = from; i < from + columns; i++) {
                out[i] = (float) (g[i] - Math.exp(v[i]) * sum);
            }
        }
        gy.release();
        y.release();
        return gx;
    }

    @Override
    public Loss crossEntropy(Array scores, Array target, Array classWeight, double smoothing, Reduction reduction) {
        int rows = scores.shape().dim(0);
        int classes = scores.shape().dim(1);
        boolean hard = target.shape().rank() == 1;
        for (int n = 0; hard && n < rows; n++) {
            Shapes.classNumber(Memory.cpu(target).data()[n], n, classes);
        }
        CpuArray logP = (CpuArray) logSoftmax(scores);
        CpuArray t = memory.asRowMajor(target);
        CpuArray gradient = memory.like(logP);
        float[] weight = classWeight == null ? null : Memory.cpu(classWeight).data();
        float[] lp = logP.data();
        float[] g = gradient.data();

        double total = 0;
        double weights = 0;
        for (int n = 0; n < rows; n++) {
            int row = n * classes;
            int label = hard ? (int) t.data()[n] : -1;
            weights += !hard ? 1 : weight == null ? 1 : weight[label];
            // With q the smoothed, weighted target: l = −Σ q·log p, whose gradient is p·Σq − q.
            double qSum = 0;
            for (int c = 0; c < classes; c++) {
                double q = target(t.data(), hard, n, c, label, classes, smoothing) * (weight == null ? 1 : weight[c]);
                qSum += q;
                if (q != 0) {
                    total -= q * lp[row + c];
                }
                g[row + c] = (float) -q;
            }
            for (int c = 0; c < classes; c++) {
                g[row + c] += (float) (Math.exp(lp[row + c]) * qSum);
            }
        }
        // Without any weight there is no mean; 1/0 would make an infinite one of the smoothing's share.
        double divisor = !hard ? rows : weights == 0 ? Double.NaN : weights;
        double factor = reduction == Reduction.MEAN ? 1 / divisor : 1;
        for (int i = 0; i < rows * classes; i++) {
            g[i] *= (float) factor;
        }
        CpuArray value = memory.rowMajor(Shape.SCALAR);
        value.data()[0] = (float) (total * factor);
        logP.release();
        t.release();
        return new Loss(value, gradient);
    }

    private static double target(float[] t, boolean hard, int n, int c, int label, int classes, double smoothing) {
        double q = hard ? (c == label ? 1 : 0) : t[n * classes + c];
        return (1 - smoothing) * q + smoothing / classes;
    }
}
