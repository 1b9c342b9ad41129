package thaw.kernels;

/** The matrix product. */
public interface MatmulOps {

    /**
     * {@code op(a) · op(b)}, where op is the transpose or the identity: {@code [M, K] × [K, N] → [M, N]}.
     *
     * @param a {@code [M, K]}, or {@code [K, M]} if it is transposed
     * @param b {@code [K, N]}, or {@code [N, K]} if it is transposed
     */
    Array matmul(Array a, boolean transposeA, Array b, boolean transposeB);
}
