package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/** {@code y = x − log Σ e^x} along the rows of {@code [N, C]}, so {@code gx = gy − e^y · Σ gy}. */
public final class LogSoftmax extends Function {

    private Saved y;

    @Override
    protected Array forward(Backend on, Array... in) {
        Array value = on.logSoftmax(in[0]);
        y = needs(0) ? save(value) : null;
        return value;
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> on.logSoftmaxGradient(gy, y.get()));
    }
}
