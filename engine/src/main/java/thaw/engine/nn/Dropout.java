package thaw.engine.nn;

import thaw.engine.Generator;
import thaw.engine.Ops;
import thaw.engine.Tensor;

/**
 * In training mode, zeroes each element with probability {@code p} and divides the others by {@code 1 − p} (Srivastava et al.
 * 2014); the identity in evaluation mode.
 */
public final class Dropout extends Module {

    private final double p;
    private final Generator generator;

    /** Masks are drawn from the generator of the input's device. */
    public Dropout(double p) {
        this(p, null);
    }

    /** @param generator draws a seed for each forward pass in training mode */
    public Dropout(double p, Generator generator) {
        if (!(p >= 0 && p < 1)) {
            throw new IllegalArgumentException("Dropout: the probability of dropping an element must be at least 0 and less"
                    + " than 1, got " + p);
        }
        this.p = p;
        this.generator = generator;
    }

    @Override
    public Tensor forward(Tensor x) {
        if (!isTraining() || p == 0) {
            return x;
        }
        Generator source = generator == null ? x.device().generator() : generator;
        return Ops.dropout(x, p, x.device().drawSeed(source::nextLong));
    }

    @Override
    protected String options() {
        return "p=" + p;
    }
}
