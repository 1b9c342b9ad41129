package thaw.engine.functions;

import java.util.List;
import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;

/** The slice {@code start … start + length − 1} of a dimension; {@code gx} is {@code gy} there and 0 elsewhere. */
public final class Narrow extends Function {

    private final int dim;
    private final int start;
    private final int length;
    private Shape shape;

    public Narrow(int dim, int start, int length) {
        this.dim = dim;
        this.start = start;
        this.length = length;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        shape = in[0].shape();
        return on.narrow(in[0], shape.index(dim), start, length);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        int d = shape.index(dim);
        Array before = on.zeros(shape.with(d, start));
        Array after = on.zeros(shape.with(d, shape.dim(d) - start - length));
        try {
            return gradients(() -> on.cat(List.of(before, gy, after), d));
        } finally {
            before.release();
            after.release();
        }
    }
}
