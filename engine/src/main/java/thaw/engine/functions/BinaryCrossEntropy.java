package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Reduction;

/**
 * Binary cross-entropy through the logistic function σ, see {@link Backend#binaryCrossEntropy}. Its gradient,
 * {@code σ(scores) − target} in the simplest case, is computed with the value; backward scales it by {@code gy}. Targets
 * are constants.
 */
public final class BinaryCrossEntropy extends Function {

    private final Array target;
    private final Array positiveWeight;
    private final Reduction reduction;
    private Saved gradient;

    /** See {@link Backend#binaryCrossEntropy}; the caller keeps the ownership of the arrays. */
    public BinaryCrossEntropy(Array target, Array positiveWeight, Reduction reduction) {
        this.target = target;
        this.positiveWeight = positiveWeight;
        this.reduction = reduction;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        Backend.Loss loss = on.binaryCrossEntropy(in[0], target, positiveWeight, reduction);
        if (needs(0)) {
            gradient = saveOwned(loss.gradient());
        } else {
            loss.gradient().release();
        }
        return loss.value();
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> on.binary(BinaryOp.MUL, gradient.get(), gy));
    }
}
