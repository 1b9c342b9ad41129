package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;

/** {@code y = Σ x} over some dimensions (over all if none is given); {@code gx} repeats {@code gy} along them. */
public final class Sum extends Function {

    private final boolean keepDim;
    private final int[] dims;
    private Shape shape;

    public Sum(boolean keepDim, int... dims) {
        this.keepDim = keepDim;
        this.dims = dims;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        shape = in[0].shape();
        return on.sum(in[0], keepDim, dims);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        Array kept = on.reshape(gy, shape.reduce(true, dims.length == 0 ? all(shape.rank()) : dims));
        try {
            return gradients(() -> on.expand(kept, shape));
        } finally {
            kept.release();
        }
    }

    private static int[] all(int rank) {
        int[] dims = new int[rank];
        for (int i = 0; i < rank; i++) {
            dims[i] = i;
        }
        return dims;
    }
}
