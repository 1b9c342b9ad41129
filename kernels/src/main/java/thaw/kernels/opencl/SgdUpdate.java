package thaw.kernels.opencl;

import java.util.List;
import thaw.kernels.Array;
import thaw.kernels.SgdOptions;
import thaw.kernels.Shapes;

/** One step of SGD over all parameters of a group, many by one launch; see {@code sgd.cl}. */
final class SgdUpdate {

    private final Memory memory;
    private final Programs programs;

    SgdUpdate(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
    }

    void step(SgdOptions o, List<Array> parameters, List<Array> gradients, List<Array> buffers, boolean[] first) {
        Shapes.sgd(o, parameters, gradients, buffers, first);
        boolean momentum = o.momentum() != 0;
        CompiledKernel kernel = programs.kernel("sgd.cl", "sgd");
        int group = kernel.groupSize(Launch.GROUP);
        for (int at = 0; at < parameters.size(); at += TensorBatch.TENSORS) {
            TensorBatch batch = TensorBatch.of(parameters, at, group);
            double elements = 0;
            int firstBits = 0;
            for (int t = 0; t < batch.count(); t++) {
                elements += parameters.get(at + t).shape().size();
                firstBits |= momentum && first[at + t] ? 1 << t : 0;
            }
            Launch launch = programs.launch(kernel).ints(batch.table())
                    .floats(o.lr(), o.momentum(), 1 - o.dampening(), o.weightDecay(), o.maximize() ? -1 : 1)
                    .ints(o.nesterov() ? 1 : 0).ints(firstBits).work(6 * elements, (momentum ? 20 : 12) * elements);
            batch.addTo(launch, memory, List.of(parameters::get, gradients::get, i -> momentum ? buffers.get(i) : null));
            launch.groups(batch.groups(), group);
            for (int t = 0; t < batch.count(); t++) {
                parameters.get(at + t).storage().changed();
                if (momentum) {
                    buffers.get(at + t).storage().changed();
                }
            }
        }
    }
}
