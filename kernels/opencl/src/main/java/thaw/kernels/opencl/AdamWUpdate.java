package thaw.kernels.opencl;

import java.util.List;
import java.util.Map;
import thaw.kernels.AdamWOps;
import thaw.kernels.Array;

/**
 * One step of AdamW over all parameters of a group, with as many per launch as the device's argument space allows; see
 * {@code adamw.cl}.
 */
final class AdamWUpdate implements AdamWOps {

    private static final int CONSTANTS = 7;
    /** Bytes of the kernel's arguments other than those per tensor: the chunk, the rule's constants and a pointer. */
    private static final int FIXED_BYTES = 4 + 4 * CONSTANTS + 8;

    private final Memory memory;
    private final Programs programs;
    private final int capacity;

    AdamWUpdate(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
        this.capacity = TensorBatch.capacity(programs.argumentBytes(), FIXED_BYTES, 4, 8);
    }

    @Override
    public void adamW(AdamWOps.Options o, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, Array foundInf) {
        CompiledKernel kernel = programs.kernel("adamw.cl", "adamw", Map.of("TENSORS", capacity));
        int group = kernel.groupSize(Launch.GROUP);
        for (int at = 0; at < parameters.size(); at += capacity) {
            TensorBatch batch = TensorBatch.of(parameters, at, capacity, group);
            Launch launch = programs.launch(kernel).ints(batch.table()).floats(rule(o, steps, batch))
                    .array(memory.mineOrNull(foundInf)).work(14 * batch.elements(), 28 * batch.elements());
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
    private static double[] rule(AdamWOps.Options o, long[] steps, TensorBatch batch) {
        double[] rule = new double[CONSTANTS + 2 * batch.capacity()];
        double[] constants = {1 - o.lr() * o.weightDecay(), o.beta1(), 1 - o.beta1(), o.beta2(), 1 - o.beta2(), o.eps(),
            o.maximize() ? -1 : 1};
        System.arraycopy(constants, 0, rule, 0, CONSTANTS);
        for (int t = 0; t < batch.count(); t++) {
            long step = steps[batch.first() + t];
            rule[CONSTANTS + t] = o.lr() / (1 - Math.pow(o.beta1(), step));
            rule[CONSTANTS + batch.capacity() + t] = 1 / (1 - Math.pow(o.beta2(), step));
        }
        return rule;
    }
}
