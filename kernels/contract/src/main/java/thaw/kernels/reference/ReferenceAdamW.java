package thaw.kernels.reference;

import java.util.List;
import org.jspecify.annotations.Nullable;
import thaw.kernels.AdamWOps;
import thaw.kernels.Array;

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), in PyTorch's order. */
final class ReferenceAdamW implements AdamWOps {

    private final ReferenceMemory memory;

    ReferenceAdamW(ReferenceMemory memory) {
        this.memory = memory;
    }

    @Override
    public void adamW(AdamWOps.Options options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, @Nullable Array foundInf) {
        if (foundInf != null && memory.values(foundInf).data[0] != 0) {
            return;
        }
        for (int i = 0; i < parameters.size(); i++) {
            step(options, steps[i], memory.values(parameters.get(i)).data, memory.values(gradients.get(i)).data,
                    memory.values(firstMoments.get(i)).data, memory.values(secondMoments.get(i)).data);
            parameters.get(i).storage().changed();
            firstMoments.get(i).storage().changed();
            secondMoments.get(i).storage().changed();
        }
    }

    /**
     * One step of one parameter, in place.
     *
     * @param t the step number, from 1
     * @param m the first moment
     * @param v the second moment
     */
    private static void step(AdamWOps.Options o, long t, double[] p, double[] gradient, double[] m, double[] v) {
        double correction1 = 1 - Math.pow(o.beta1(), t);
        double correction2 = 1 - Math.pow(o.beta2(), t);
        for (int i = 0; i < p.length; i++) {
            double g = o.maximize() ? -gradient[i] : gradient[i];
            p[i] -= o.lr() * o.weightDecay() * p[i];
            m[i] = o.beta1() * m[i] + (1 - o.beta1()) * g;
            v[i] = o.beta2() * v[i] + (1 - o.beta2()) * g * g;
            p[i] -= o.lr() * (m[i] / correction1) / (Math.sqrt(v[i] / correction2) + o.eps());
        }
    }
}
