package thaw.kernels.reference;

import java.util.List;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.SgdOps;

/** Stochastic gradient descent with momentum (Sutskever et al. 2013), in PyTorch's order. */
final class ReferenceSgd implements SgdOps {

    private final ReferenceMemory memory;

    ReferenceSgd(ReferenceMemory memory) {
        this.memory = memory;
    }

    @Override
    public void sgd(SgdOps.Options options, List<Array> parameters, List<Array> gradients,
            List<@Nullable Array> momentumBuffers, boolean[] first, @Nullable Array foundInf) {
        if (foundInf != null && memory.values(foundInf).data[0] != 0) {
            return;
        }
        for (int i = 0; i < parameters.size(); i++) {
            boolean momentum = options.momentum() != 0;
            step(options, memory.values(parameters.get(i)).data, memory.values(gradients.get(i)).data,
                    momentum ? memory.values(momentumBuffers.get(i)).data : null, momentum && first[i]);
            parameters.get(i).storage().changed();
            if (momentum) {
                momentumBuffers.get(i).storage().changed();
            }
        }
    }

    /**
     * One step of one parameter, in place.
     *
     * @param b     the momentum buffer; null without momentum
     * @param first whether {@code b} is still empty
     */
    private static void step(SgdOps.Options o, double[] p, double[] gradient, double @Nullable [] b, boolean first) {
        for (int i = 0; i < p.length; i++) {
            double g = (o.maximize() ? -gradient[i] : gradient[i]) + o.weightDecay() * p[i];
            if (b != null) {
                b[i] = first ? g : o.momentum() * b[i] + (1 - o.dampening()) * g;
                g = o.nesterov() ? g + o.momentum() * b[i] : b[i];
            }
            p[i] -= o.lr() * g;
        }
    }
}
