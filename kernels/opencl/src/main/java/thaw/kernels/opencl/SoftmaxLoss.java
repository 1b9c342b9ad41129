package thaw.kernels.opencl;

import java.util.Map;
import thaw.kernels.Array;
import thaw.kernels.LossOps;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/**
 * Softmax and cross-entropy; see {@code softmax.cl}.
 *
 * <p>Class numbers are checked before they are used. A list that came from the host is checked against the remembered
 * values, without waiting for the device; otherwise the device searches for the first invalid number, and the host waits
 * for it.
 */
final class SoftmaxLoss implements LossOps {

    private static final String FILE = "softmax.cl";
    /** Enough work-items for a row of 1000 classes, and not too many for one of 10. */
    private static final int GROUP = 64;

    private final Memory memory;
    private final Programs programs;

    SoftmaxLoss(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
        programs.isOfTraining(FILE, Map.of());
    }

    @Override
    public OpenClArray logSoftmax(Array scores) {
        OpenClArray x = memory.mine(scores);
        return memory.result(x.shape(), y -> {
            CompiledKernel kernel = programs.kernel(FILE, "log_softmax");
            int group = kernel.groupSize(GROUP);
            programs.launch(kernel).array(x).array(y).ints(x.dim(1)).local(group).work(6.0 * x.size(), 8.0 * x.size())
                    .groups(x.dim(0), group);
        });
    }

    @Override
    public OpenClArray logSoftmaxGradient(Array gradient, Array output) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray y = memory.mine(output);
        return memory.result(y.shape(), gx -> {
            CompiledKernel kernel = programs.kernel(FILE, "log_softmax_gradient");
            int group = kernel.groupSize(GROUP);
            programs.launch(kernel).array(gy).array(y).array(gx).ints(y.dim(1)).local(group)
                    .work(4.0 * y.size(), 12.0 * y.size()).groups(y.dim(0), group);
        });
    }

    @Override
    public Loss crossEntropy(Array scoreArray, Array targetArray, Array weightArray, double smoothing, Reduction reduction) {
        Shape shape = scoreArray.shape();
        int rows = shape.dim(0);
        int classes = shape.dim(1);
        OpenClArray scores = memory.mine(scoreArray);
        OpenClArray target = memory.mine(targetArray);
        OpenClArray weight = memory.mineOrNull(weightArray);
        boolean areClasses = target.shape().rank() == 1;
        try (Workspace work = memory.workspace()) {
            if (areClasses) {
                requireClassNumbers(work, target, classes);
            }
            OpenClArray divisors = null;
            if (reduction == Reduction.MEAN && areClasses && weight != null) {
                divisors = work.temporary(1);
                oneGroup("target_weight", target, weight).ints(rows).array(divisors).local(GROUP)
                        .groups(1, group("target_weight"));
            }
            double divisor = reduction == Reduction.MEAN ? rows : 1;
            OpenClArray value = work.result(Shape.SCALAR);
            OpenClArray gradient = work.result(shape);
            OpenClArray losses = work.temporary(rows);
            CompiledKernel kernel = programs.kernel(FILE, "cross_entropy");
            int group = kernel.groupSize(GROUP);
            programs.launch(kernel).array(scores).array(target).ints(areClasses ? 1 : 0).array(weight).floats(1 - smoothing)
                    .floats(smoothing / classes).array(divisors).floats(divisor).ints(classes).array(losses).array(gradient)
                    .local(group).work(16.0 * shape.size(), 8.0 * shape.size()).groups(rows, group);
            total(losses, divisors, divisor, value);
            work.complete();
            return new Loss(value, gradient);
        }
    }

    /** {@code value = Σ losses / divisor}, or divided by the number in {@code divisors} if that is not null. */
    void total(OpenClArray losses, OpenClArray divisors, double divisor, OpenClArray value) {
        oneGroup("total_loss", losses).ints(losses.size()).array(divisors).floats(divisor).array(value).local(GROUP)
                .work(losses.size(), 4.0 * losses.size())
                .groups(1, group("total_loss"));
    }

    private void requireClassNumbers(Workspace work, OpenClArray target, int classes) {
        float[] numbers = target.storage().uploaded();
        if (numbers != null) {
            for (int n = 0; n < numbers.length; n++) {
                Shapes.classNumber(numbers[n], n, classes);
            }
            return;
        }
        OpenClArray wrong = work.temporary(1);
        oneGroup("first_wrong_target", target).ints(target.size()).ints(classes).array(wrong).local(GROUP)
                .groups(1, group("first_wrong_target"));
        float[] first = new float[1];
        memory.read(wrong, first);
        if (first[0] < target.size()) {
            float[] all = new float[target.size()];
            memory.read(target, all);
            Shapes.classNumber(all[(int) first[0]], (int) first[0], classes);
        }
    }

    private Launch oneGroup(String kernel, OpenClArray... arrays) {
        Launch launch = programs.launch(FILE, kernel);
        for (OpenClArray x : arrays) {
            launch.array(x);
        }
        return launch;
    }

    private int group(String kernel) {
        return programs.kernel(FILE, kernel).groupSize(GROUP);
    }
}
