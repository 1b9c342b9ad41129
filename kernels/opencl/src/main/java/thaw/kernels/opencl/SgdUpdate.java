package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import thaw.kernels.Array;
import thaw.kernels.SgdOps;

/**
 * One step of SGD over all parameters of a group, with as many per launch as the device's argument space allows; see
 * {@code sgd.cl}.
 */
final class SgdUpdate implements SgdOps {

    /** Bytes of the kernel's arguments other than those per tensor: the chunk, the rule, two flags and a pointer. */
    private static final int FIXED_BYTES = 4 + 5 * 4 + 2 * 4 + 8;

    private static final String FILE = "sgd.cl";

    private final Memory memory;
    private final Programs programs;
    private final int capacity;

    SgdUpdate(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
        this.capacity = TensorBatch.capacity(programs.argumentBytes(), FIXED_BYTES, 3, 0);
        programs.isOfTraining(FILE, Map.of("TENSORS", capacity));
    }

    /** Parameters that share a launch, with their gradients and buffers. */
    private record Moving(List<Array> parameters, List<Array> gradients, List<Array> buffers) {
        Moving() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    @Override
    public void sgd(SgdOps.Options o, List<Array> parameters, List<Array> gradients, List<Array> buffers, boolean[] first,
            Array foundInf) {
        boolean momentum = o.momentum() != 0;
        Moving begun = new Moving();
        Moving beginning = new Moving();
        for (int i = 0; i < parameters.size(); i++) {
            Moving these = momentum && first[i] ? beginning : begun;
            these.parameters.add(parameters.get(i));
            these.gradients.add(gradients.get(i));
            these.buffers.add(momentum ? buffers.get(i) : null);
        }
        step(o, beginning, true, foundInf);
        step(o, begun, false, foundInf);
    }

    private void step(SgdOps.Options o, Moving moving, boolean first, Array foundInf) {
        boolean momentum = o.momentum() != 0;
        CompiledKernel kernel = programs.kernel(FILE, "sgd", Map.of("TENSORS", capacity));
        int group = kernel.groupSize(Launch.GROUP);
        for (int at = 0; at < moving.parameters.size(); at += capacity) {
            TensorBatch batch = TensorBatch.of(moving.parameters, at, capacity, group);
            Launch launch = programs.launch(kernel).ints(batch.table())
                    .floats(o.lr(), o.momentum(), 1 - o.dampening(), o.weightDecay(), o.maximize() ? -1 : 1)
                    .ints(o.nesterov() ? 1 : 0).ints(first ? 1 : 0).array(memory.mineOrNull(foundInf))
                    .work(6 * batch.elements(), (momentum ? 20 : 12) * batch.elements());
            batch.addTo(launch, memory, List.of(moving.parameters::get, moving.gradients::get, moving.buffers::get));
            launch.groups(batch.groups(), group);
            for (int t = at; t < at + batch.count(); t++) {
                moving.parameters.get(t).storage().changed();
                if (momentum) {
                    moving.buffers.get(t).storage().changed();
                }
            }
        }
    }
}
