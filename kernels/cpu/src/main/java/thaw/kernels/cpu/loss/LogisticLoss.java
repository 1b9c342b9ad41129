package thaw.kernels.cpu.loss;

import thaw.kernels.Array;
import thaw.kernels.BinaryLossOps;
import thaw.kernels.LossOps;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;

/** Binary cross-entropy, see {@link BinaryLossOps#binaryCrossEntropy}. Scores are few: one thread, and sums in double precision. */
public final class LogisticLoss implements BinaryLossOps {

    private final Memory memory;

    public LogisticLoss(Memory memory) {
        this.memory = memory;
    }

    @Override
    public LossOps.Loss binaryCrossEntropy(Array scores, Array target, Array positiveWeight, Reduction reduction) {
        CpuArray x = memory.asRowMajor(scores);
        CpuArray t = memory.asRowMajor(target);
        CpuArray gradient = memory.like(x);
        float[] weights = positiveWeight == null ? new float[] {1} : Memory.cpu(positiveWeight).data();
        int count = x.length();
        int labels = positiveWeight == null ? 1 : positiveWeight.shape().size();
        double factor = reduction == Reduction.MEAN ? 1.0 / count : 1;
        double total = 0;
        for (int i = 0; i < count; i++) {
            double score = x.data()[i];
            double truth = t.data()[i];
            double slope = 1 + (weights[i % labels] - 1) * truth;
            // log(1 + e^−x) without overflow, and its derivative −σ(−x).
            double e = Math.exp(-Math.abs(score));
            total += (1 - truth) * score + slope * (Math.log1p(e) + Math.max(-score, 0));
            double sigma = (score < 0 ? 1 : e) / (1 + e);
            gradient.data()[i] = (float) ((1 - truth - slope * sigma) * factor);
        }
        CpuArray value = memory.rowMajor(Shape.SCALAR);
        value.data()[0] = (float) (total * factor);
        x.release();
        t.release();
        return new LossOps.Loss(value, gradient);
    }
}
