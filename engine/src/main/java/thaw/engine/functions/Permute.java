package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/** Dimension {@code i} of {@code y} is dimension {@code dims[i]} of {@code x}; {@code gx} is permuted inversely. */
public final class Permute extends Function {

    private final int[] dims;

    public Permute(int... dims) {
        this.dims = dims.clone();
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        return on.permute(in[0], dims);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        int[] inverse = new int[dims.length];
        for (int i = 0; i < dims.length; i++) {
            inverse[gy.shape().index(dims[i])] = i;
        }
        return gradients(() -> on.permute(gy, inverse));
    }
}
