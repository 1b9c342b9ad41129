package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/** Each element is kept with probability {@code 1 − p} and divided by it, or set to 0; {@code gy} likewise, by the same seed. */
public final class Dropout extends Function {

    private final double p;
    private final long seed;

    public Dropout(double p, long seed) {
        this.p = p;
        this.seed = seed;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        return on.dropout(in[0], p, seed);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> on.dropout(gy, p, seed));
    }
}
