package thaw.engine.optim;

import java.util.Collection;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.UnaryOp;

/** Changes gradients between {@link Tensor#backward()} and {@link Optimizer#step()}. Several are applied in order. */
@FunctionalInterface
public interface GradientClipping {

    /** Clips the gradients of these parameters in place; those without a gradient are left alone. */
    void clip(Collection<Tensor> parameters);

    /**
     * Scales all gradients together so that their norm is at most {@code maxNorm} (Pascanu et al. 2013, algorithm 1): by
     * {@code maxNorm / (norm + 1e-6)} if that is below 1, like PyTorch's {@code clip_grad_norm_}. If the norm is infinite or
     * NaN, nothing is changed.
     */
    record ByNorm(double maxNorm) implements GradientClipping {

        /** PyTorch's constant, which avoids a division by 0 for a norm of 0. */
        private static final double EPS = 1e-6;

        /** @throws IllegalArgumentException if {@code maxNorm} is not above 0 */
        public ByNorm {
            requireAboveZero("maxNorm", maxNorm);
        }

        @Override
        public void clip(Collection<Tensor> parameters) {
            double norm = gradNorm(parameters);
            double scale = maxNorm / (norm + EPS);
            if (Double.isFinite(norm) && scale < 1) {
                scale(parameters, scale);
            }
        }

        @Override
        public String toString() {
            return "the norm of all gradients together at most " + maxNorm;
        }
    }

    /** Clips every element of the gradients to {@code −value … value}, like PyTorch's {@code clip_grad_value_}. */
    record ByValue(double value) implements GradientClipping {

        /** @throws IllegalArgumentException if {@code value} is not above 0 */
        public ByValue {
            requireAboveZero("value", value);
        }

        @Override
        public void clip(Collection<Tensor> parameters) {
            for (Tensor p : parameters) {
                if (p.grad() != null) {
                    Backend on = p.device().backend();
                    assign(p.grad(), on.clamp(p.grad().array(), -value, value));
                }
            }
        }

        @Override
        public String toString() {
            return "the absolute value of each element at most " + value;
        }
    }

    /** The Euclidean norm of all these parameters' gradients as one vector; parameters without a gradient count as 0. */
    static double gradNorm(Collection<Tensor> parameters) {
        double sum = 0;
        for (Tensor p : parameters) {
            if (p.grad() != null) {
                sum += sumOfSquares(p.device().backend(), p.grad().array());
            }
        }
        return Math.sqrt(sum);
    }

    /** Multiplies all gradients by a factor. */
    static void scale(Collection<Tensor> parameters, double factor) {
        for (Tensor p : parameters) {
            if (p.grad() != null) {
                assign(p.grad(), p.device().backend().affine(p.grad().array(), factor, 0));
            }
        }
    }

    private static void assign(Tensor gradient, Array value) {
        try {
            gradient.device().backend().assign(gradient.array(), value);
        } finally {
            value.release();
        }
    }

    private static double sumOfSquares(Backend on, Array x) {
        Array squares = on.unary(UnaryOp.SQUARE, x);
        try {
            Array sum = on.sum(squares, false);
            try {
                double[] value = new double[1];
                on.read(sum, value);
                return value[0];
            } finally {
                sum.release();
            }
        } finally {
            squares.release();
        }
    }

    private static void requireAboveZero(String name, double value) {
        if (!(value > 0)) {
            throw new IllegalArgumentException("gradient clipping: " + name + " must be above 0, got " + value
                    + "; omit the clipping to disable it");
        }
    }
}
