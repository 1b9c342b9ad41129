package thaw.kernels.opencl;

import java.util.List;
import thaw.kernels.AdamWOptions;
import thaw.kernels.Array;
import thaw.kernels.Shapes;

/** One step of AdamW over all parameters of a group, many by one launch; see {@code adamw.cl}. */
final class AdamWUpdate {

    private static final int CONSTANTS = 7;

    private final Memory memory;
    private final Programs programs;

    AdamWUpdate(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
    }

    void step(AdamWOptions o, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps) {
        Shapes.adamW(parameters, gradients, firstMoments, secondMoments, steps);
        CompiledKernel kernel = programs.kernel("adamw.cl", "adamw");
        int group = kernel.groupSize(Launch.GROUP);
        for (int at = 0; at < parameters.size(); at += TensorBatch.TENSORS) {
            TensorBatch batch = TensorBatch.of(parameters, at, group);
            double elements = 0;
            for (int t = 0; t < batch.count(); t++) {
                elements += parameters.get(at + t).shape().size();
            }
            Launch launch = programs.launch(kernel).ints(batch.table()).floats(rule(o, steps, batch))
                    .work(14 * elements, 28 * elements);
            batch.addTo(launch, memory, List.of(parameters::get, gradients::get, firstMoments::get, secondMoments::get));
            launch.groups(batch.groups(), group);
            for (int t = 0; t < batch.count(); t++) {
                parameters.get(at + t).storage().changed();
                firstMoments.get(at + t).storage().changed();
                secondMoments.get(at + t).storage().changed();
            }
        }
    }

    /** The struct {@code Rule} of {@code adamw.cl}. */
    private static double[] rule(AdamWOptions o, long[] steps, TensorBatch batch) {
        double[] rule = new double[CONSTANTS + 2 * TensorBatch.TENSORS];
        double[] constants = {1 - o.lr() * o.weightDecay(), o.beta1(), 1 - o.beta1(), o.beta2(), 1 - o.beta2(), o.eps(),
            o.maximize() ? -1 : 1};
        System.arraycopy(constants, 0, rule, 0, CONSTANTS);
        for (int t = 0; t < batch.count(); t++) {
            long step = steps[batch.first() + t];
            rule[CONSTANTS + t] = o.lr() / (1 - Math.pow(o.beta1(), step));
            rule[CONSTANTS + TensorBatch.TENSORS + t] = 1 / (1 - Math.pow(o.beta2(), step));
        }
        return rule;
    }
}
