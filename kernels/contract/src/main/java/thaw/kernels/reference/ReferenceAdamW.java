package thaw.kernels.reference;

import thaw.kernels.AdamWOptions;

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), in PyTorch's order. */
final class ReferenceAdamW {

    private ReferenceAdamW() {
    }

    /**
     * One step of one parameter, in place.
     *
     * @param t the step number, from 1
     * @param m the first moment
     * @param v the second moment
     */
    static void step(AdamWOptions o, long t, double[] p, double[] gradient, double[] m, double[] v) {
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
