package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/** {@code y = alpha·x + beta}, so {@code gx = alpha·gy}. */
public final class Affine extends Function {

    private final double alpha;
    private final double beta;

    public Affine(double alpha, double beta) {
        this.alpha = alpha;
        this.beta = beta;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        return on.affine(in[0], alpha, beta);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> alpha == 1 ? gy.retain() : on.affine(gy, alpha, 0));
    }
}
