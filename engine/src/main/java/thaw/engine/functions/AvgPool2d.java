package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;

/** The mean of each window; {@code gy} is distributed evenly over it. */
public final class AvgPool2d extends Function {

    private final Pool2dOptions options;
    private Shape xShape;

    public AvgPool2d(Pool2dOptions options) {
        this.options = options;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        xShape = in[0].shape();
        return on.avgPool2d(in[0], options);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> on.avgPool2dGradient(gy, xShape, options));
    }
}
