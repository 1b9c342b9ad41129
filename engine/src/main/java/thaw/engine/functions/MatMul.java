package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/** {@code Y = A·B}, so {@code gA = gY·Bᵀ} and {@code gB = Aᵀ·gY}. */
public final class MatMul extends Function {

    private Saved a;
    private Saved b;

    @Override
    protected Array forward(Backend on, Array... in) {
        a = needs(1) ? save(in[0]) : null;
        b = needs(0) ? save(in[1]) : null;
        return on.matmul(in[0], false, in[1], false);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(
                () -> on.matmul(gy, false, b.get(), true),
                () -> on.matmul(a.get(), true, gy, false));
    }
}
