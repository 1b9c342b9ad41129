package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;

/**
 * {@code Y = X·Wᵀ + b} for X {@code [N, in]}, W {@code [out, in]}, b {@code [out]} or null:
 * {@code gX = gY·W}, {@code gW = gYᵀ·X}, {@code gb} the sum of gY over the rows.
 */
public final class Linear extends Function {

    private Saved x;
    private Saved w;

    @Override
    protected Array forward(Backend on, Array... in) {
        if (in[0].shape().rank() != 2 || in[0].shape().dim(1) != in[1].shape().dim(1)) {
            throw new IllegalArgumentException("linear: weight " + in[1].shape() + " expects rows of " + in[1].shape().dim(1)
                    + " features, input is " + in[0].shape() + "; flatten(1) it first, or replace the layer");
        }
        x = needs(1) ? save(in[0]) : null;
        w = needs(0) ? save(in[1]) : null;
        Array product = on.matmul(in[0], false, in[1], true);
        if (in[2] == null) {
            return product;
        }
        try {
            return on.binary(BinaryOp.ADD, product, in[2]);
        } finally {
            product.release();
        }
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(
                () -> on.matmul(gy, false, w.get(), false),
                () -> on.matmul(gy, true, x.get(), false),
                () -> on.sum(gy, false, 0));
    }
}
