package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Reduction;

/**
 * Softmax cross-entropy, see {@link Backend#crossEntropy}. Its gradient, {@code softmax(scores) − target} in the simplest
 * case, is computed with the value; backward scales it by {@code gy}. Targets are constants.
 */
public final class CrossEntropy extends Function {

    private final Array target;
    private final Array classWeight;
    private final double smoothing;
    private final Reduction reduction;
    private Saved gradient;

    /** See {@link Backend#crossEntropy}; the caller keeps the ownership of the arrays. */
    public CrossEntropy(Array target, Array classWeight, double smoothing, Reduction reduction) {
        this.target = target;
        this.classWeight = classWeight;
        this.smoothing = smoothing;
        this.reduction = reduction;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        Backend.Loss loss = on.crossEntropy(in[0], target, classWeight, smoothing, reduction);
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
