package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;

/** The largest value of each window; {@code gy} is added to the element that was the largest. */
public final class MaxPool2d extends Function {

    private final Pool2dOptions options;
    private Shape xShape;
    private Saved indices;

    public MaxPool2d(Pool2dOptions options) {
        this.options = options;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        xShape = in[0].shape();
        Backend.Pooled pooled = on.maxPool2d(in[0], options, needs(0));
        if (needs(0)) {
            indices = saveOwned(pooled.indices());
        }
        return pooled.values();
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> on.maxPool2dGradient(gy, indices.get(), xShape));
    }
}
