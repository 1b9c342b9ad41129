package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;

/** The mean of each of {@code outH × outW} cells; {@code gy} is distributed evenly over its cell. */
public final class AdaptiveAvgPool2d extends Function {

    private final int outH;
    private final int outW;
    private Shape xShape;

    public AdaptiveAvgPool2d(int outH, int outW) {
        this.outH = outH;
        this.outW = outW;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        xShape = in[0].shape();
        return on.adaptiveAvgPool2d(in[0], outH, outW);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> on.adaptiveAvgPool2dGradient(gy, xShape));
    }
}
