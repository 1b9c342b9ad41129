package thaw.kernels;

import org.jspecify.annotations.Nullable;

/**
 * Operators that compute each element of the result from the elements at the same position. The result has the shape of
 * the argument, or the shape to which two arguments broadcast.
 */
public interface ElementwiseOps {

    /** {@code y = f(x)} */
    Array unary(UnaryOp op, Array x);

    /**
     * {@code gx = gy · f′(x)}. Only one of {@code x} and {@code y = f(x)} is read, the one that
     * {@link UnaryOp#gradientNeedsInput} names; the other may be null. The derivative of RELU and ABS at 0 is 0;
     * at NaN RELU's is 1 and ABS's 0, as PyTorch's.
     */
    Array unaryGradient(UnaryOp op, Array gy, @Nullable Array x, @Nullable Array y);

    /** {@code a ∘ b}, with {@linkplain Shape#broadcast broadcasting}. */
    Array binary(BinaryOp op, Array a, Array b);

    /** {@code alpha · x + beta} */
    Array affine(Array x, double alpha, double beta);

    /** {@code min(max(x, low), high)}; NaN stays NaN. */
    Array clamp(Array x, double low, double high);

    /** In place: {@code target ← target + x}, of the same shape. */
    void add(Array target, Array x);

    /**
     * Dropout (Srivastava et al. 2014): each element is kept with probability {@code 1 − p} and divided by it, or set
     * to 0. Element {@code i} in row-major order is kept if the top 24 bits of splitmix64(seed + i), as a fraction, are
     * at least {@code p}; the gradient is therefore the same operator with the same seed, and no mask is stored.
     */
    Array dropout(Array x, double p, long seed);

    /**
     * In place: {@code target ← target + weight·(x − target)}, of the same shape: a moving average, for example of
     * weights.
     */
    void lerp(Array target, Array x, double weight);
}
