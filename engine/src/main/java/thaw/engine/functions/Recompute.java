package thaw.engine.functions;

import java.util.function.UnaryOperator;
import thaw.engine.Function;
import thaw.engine.Scope;
import thaw.engine.Tape;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/**
 * Gradient checkpointing (Chen et al. 2016, "Training deep nets with sublinear memory cost"): a segment of a network of
 * which only the input is saved; backward runs the segment a second time, with recording, and differentiates it.
 *
 * <p>Inputs: x, then the segment's parameters. The parameters' gradients are accumulated by the inner backward pass.
 */
public final class Recompute extends Function {

    private final UnaryOperator<Tensor> segment;
    private final Tape tape = new Tape();
    private Saved x;
    private int inputs;

    public Recompute(UnaryOperator<Tensor> segment) {
        this.segment = segment;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        inputs = in.length;
        x = needsAny() ? save(in[0]) : null;
        try (Scope scope = device().scope()) {
            Tensor input = device().wrap(in[0].retain());
            return device().firstPass(tape, () -> segment.apply(input)).array().retain();
        }
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        Array[] g = new Array[inputs];
        try (Scope scope = device().scope()) {
            Tensor input = device().wrap(x.get().retain()).requiresGrad(needs(0));
            Tensor output = device().secondPass(tape, () -> segment.apply(input));
            if (output.requiresGrad()) {
                output.backward(device().wrap(gy.retain()));
            }
            g[0] = input.grad() == null ? null : input.grad().array().retain();
        }
        return g;
    }
}
