package thaw.kernels.reference;

import thaw.kernels.SgdOptions;

/** Stochastic gradient descent with momentum (Sutskever et al. 2013), in PyTorch's order. */
final class ReferenceSgd {

    private ReferenceSgd() {
    }

    /**
     * One step of one parameter, in place.
     *
     * @param b     the momentum buffer; null without momentum
     * @param first whether {@code b} is still empty
     */
    static void step(SgdOptions o, double[] p, double[] gradient, double[] b, boolean first) {
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
