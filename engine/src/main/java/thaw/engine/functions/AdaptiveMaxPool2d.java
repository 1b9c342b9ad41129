package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;

/** The largest value of each of {@code outH × outW} cells; {@code gy} is added to the element that was the largest. */
public final class AdaptiveMaxPool2d extends Function {

    private final int outH;
    private final int outW;
    private Shape xShape;
    private Saved indices;

    public AdaptiveMaxPool2d(int outH, int outW) {
        this.outH = outH;
        this.outW = outW;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        xShape = in[0].shape();
        Backend.Pooled pooled = on.adaptiveMaxPool2d(in[0], outH, outW);
        if (needs(0)) {
            indices = saveOwned(pooled.indices());
        } else {
            pooled.indices().release();
        }
        return pooled.values();
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> on.maxPool2dGradient(gy, indices.get(), xShape));
    }
}
