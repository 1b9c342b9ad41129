package thaw.kernels.opencl;

import thaw.kernels.Array;
import thaw.kernels.BinaryLossOps;
import thaw.kernels.LossOps;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;

/** Binary cross-entropy; see {@code logistic.cl}. */
final class LogisticLoss implements BinaryLossOps {

    private static final int ELEMENTS_OF_AN_ITEM = 16;

    private final Memory memory;
    private final Programs programs;
    private final SoftmaxLoss loss;

    LogisticLoss(Memory memory, Programs programs, SoftmaxLoss loss) {
        this.memory = memory;
        this.programs = programs;
        this.loss = loss;
    }

    @Override
    public LossOps.Loss binaryCrossEntropy(Array scores, Array targets, Array positiveWeight, Reduction reduction) {
        Shape shape = scores.shape();
        OpenClArray x = memory.mine(scores);
        OpenClArray t = memory.mine(targets);
        OpenClArray v = memory.mineOrNull(positiveWeight);
        double divisor = reduction == Reduction.MEAN ? shape.size() : 1;
        CompiledKernel kernel = programs.kernel("logistic.cl", "binary_cross_entropy");
        int group = kernel.groupSize(Launch.GROUP);
        int chunk = group * ELEMENTS_OF_AN_ITEM;
        int groups = Math.max(1, (x.size() + chunk - 1) / chunk);
        try (Workspace work = memory.workspace()) {
            OpenClArray value = work.result(Shape.SCALAR);
            OpenClArray gradient = work.result(shape);
            OpenClArray losses = work.temporary(groups);
            programs.launch(kernel).array(x).array(t).array(v).ints(v == null ? 1 : v.size()).ints(x.size()).ints(chunk)
                    .floats(divisor).array(losses).array(gradient).local(group).work(16.0 * x.size(), 12.0 * x.size())
                    .groups(groups, group);
            loss.total(losses, null, divisor, value);
            work.complete();
            return new LossOps.Loss(value, gradient);
        }
    }
}
