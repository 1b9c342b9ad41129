package thaw.engine.nn;

import org.jspecify.annotations.Nullable;
import thaw.engine.Generator;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;

/**
 * Dropout (Srivastava et al. 2014): in training mode, zeroes each element with probability {@code p} and divides the others
 * by {@code 1 − p}; in evaluation mode, the identity.
 */
public final class Dropout extends Module {

    private final double p;
    private final @Nullable Generator generator;

    /** Masks are drawn from the generator of the input's device. */
    public Dropout(double p) {
        this(p, null);
    }

    /**
     * @param p         the probability of dropping an element, at least 0 and less than 1
     * @param generator draws a seed for each forward pass in training mode; null for the generator of the input's device
     * @throws IllegalArgumentException if {@code p} is out of range
     */
    public Dropout(double p, @Nullable Generator generator) {
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
        return Functional.dropout(x, p, x.device().drawSeed(source::nextLong));
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return x;
    }

    @Override
    protected String options() {
        return "p=" + p;
    }
}
