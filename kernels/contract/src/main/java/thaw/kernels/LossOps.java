package thaw.kernels;

import org.jspecify.annotations.Nullable;

/** Softmax and its cross-entropy, on rows of scores {@code [N, C]}. */
public interface LossOps {

    /** {@code y = x − log Σ e^x} along the last dimension of {@code [N, C]}, computed without overflow. */
    Array logSoftmax(Array x);

    /** {@code gx = gy − e^y · Σ gy} along the last dimension. */
    Array logSoftmaxGradient(Array gy, Array y);

    /**
     * Softmax cross-entropy of scores {@code [N, C]}, by PyTorch's definition.
     *
     * <p>Hard targets, class numbers {@code [N]}, with class weights {@code v} (1 if null) and smoothing {@code ε}:
     * {@code l_n = (1 − ε)·v_t·(−log p_t) + ε/C · Σ_c v_c·(−log p_c)}; the mean divides by {@code Σ_n v_t}, and is NaN,
     * like its gradient, if that sum is 0. Soft targets, probabilities {@code q [N, C]}:
     * {@code l_n = −Σ_c v_c·((1 − ε)·q_c + ε/C)·log p_c}; the mean divides by N.
     *
     * @param target      {@code [N]} class numbers, or {@code [N, C]} probabilities
     * @param classWeight {@code [C]}, or null
     * @throws IllegalArgumentException if the shapes do not match or a class number is not in {@code 0 … C−1}
     */
    Loss crossEntropy(Array scores, Array target, @Nullable Array classWeight, double smoothing, Reduction reduction);

    /**
     * A loss (a scalar) and its gradient with respect to the scores, a by-product of the loss that costs almost
     * nothing.
     */
    record Loss(Array value, Array gradient) {
    }
}
