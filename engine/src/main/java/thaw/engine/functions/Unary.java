package thaw.engine.functions;

import java.util.Locale;
import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.UnaryOp;

/** {@code y = f(x)} for each element, so {@code gx = gy · f′(x)}; many {@code f′} are cheaper to compute from {@code y}. */
public final class Unary extends Function {

    private final UnaryOp op;
    private Saved x;
    private Saved y;

    public Unary(UnaryOp op) {
        this.op = op;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        Array value = on.unary(op, in[0]);
        if (needs(0)) {
            if (op.gradientNeedsInput()) {
                x = save(in[0]);
            } else {
                y = save(value);
            }
        }
        return value;
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> on.unaryGradient(op, gy, x == null ? null : x.get(), y == null ? null : y.get()));
    }

    @Override
    protected String name() {
        return op.toString().toLowerCase(Locale.ROOT);
    }
}
