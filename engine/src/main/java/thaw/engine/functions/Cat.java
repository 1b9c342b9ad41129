package thaw.engine.functions;

import java.util.List;
import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/** Arrays concatenated along a dimension; each gets its slice of {@code gy}. */
public final class Cat extends Function {

    private final int dim;
    private int[] extents;

    public Cat(int dim) {
        this.dim = dim;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        int d = in[0].shape().index(dim);
        extents = new int[in.length];
        for (int i = 0; i < in.length; i++) {
            extents[i] = in[i].shape().dim(d);
        }
        return on.cat(List.of(in), d);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        Array[] g = new Array[extents.length];
        int start = 0;
        for (int i = 0; i < g.length; i++) {
            g[i] = needs(i) ? on.narrow(gy, gy.shape().index(dim), start, extents[i]) : null;
            start += extents[i];
        }
        return g;
    }
}
