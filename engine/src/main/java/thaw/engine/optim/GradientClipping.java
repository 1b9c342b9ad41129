package thaw.engine.optim;

import java.util.Collection;
import java.util.List;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.UnaryOp;

/** Clips gradients by norm or by value, between {@link Tensor#backward()} and {@link Optimizer#step()}. */
public final class GradientClipping {

    /** PyTorch's constant, which avoids a division by 0 for a norm of 0. */
    private static final double EPS = 1e-6;

    private GradientClipping() {
    }

    /** The Euclidean norm of all these parameters' gradients as one vector; parameters without a gradient count as 0. */
    public static double gradNorm(Collection<Tensor> parameters) {
        double sum = 0;
        for (Tensor p : parameters) {
            if (p.grad() != null) {
                sum += sumOfSquares(p.device().backend(), p.grad().array());
            }
        }
        return Math.sqrt(sum);
    }

    static double sumOfSquares(Backend on, Array x) {
        Array squares = on.unary(UnaryOp.SQUARE, x);
        Array sum = on.sum(squares, false);
        double[] value = new double[1];
        on.read(sum, value);
        squares.release();
        sum.release();
        return value[0];
    }

    /**
     * Scales all gradients together so that their norm is at most {@code maxNorm} (Pascanu et al. 2013, algorithm 1): by
     * {@code maxNorm / (norm + 1e-6)} if that is below 1, like PyTorch's {@code clip_grad_norm_}.
     *
     * @return the norm before clipping; if it is infinite or NaN, nothing is changed
     * @throws IllegalArgumentException if {@code maxNorm} is not above 0
     */
    public static double clipGradNorm(Collection<Tensor> parameters, double maxNorm) {
        requireAboveZero("maxNorm", maxNorm);
        double norm = gradNorm(parameters);
        double scale = maxNorm / (norm + EPS);
        if (Double.isFinite(norm) && scale < 1) {
            for (Tensor p : withGradient(parameters)) {
                Backend on = p.device().backend();
                Array scaled = on.affine(p.grad().array(), scale, 0);
                on.assign(p.grad().array(), scaled);
                scaled.release();
            }
        }
        return norm;
    }

    /**
     * Clips every element of the gradients to {@code −value … value}, like PyTorch's {@code clip_grad_value_}.
     *
     * @throws IllegalArgumentException if {@code value} is not above 0
     */
    public static void clipGradValue(Collection<Tensor> parameters, double value) {
        requireAboveZero("value", value);
        for (Tensor p : withGradient(parameters)) {
            Backend on = p.device().backend();
            Array clipped = on.clamp(p.grad().array(), -value, value);
            on.assign(p.grad().array(), clipped);
            clipped.release();
        }
    }

    private static List<Tensor> withGradient(Collection<Tensor> parameters) {
        return parameters.stream().filter(p -> p.grad() != null).toList();
    }

    private static void requireAboveZero(String name, double value) {
        if (!(value > 0)) {
            throw new IllegalArgumentException("gradient clipping: " + name + " must be above 0, got " + value
                    + "; omit the clipping to disable it");
        }
    }
}
