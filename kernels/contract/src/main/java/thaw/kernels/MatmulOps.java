package thaw.kernels;

/** The matrix product. */
public interface MatmulOps {

    /** {@code op(a) · op(b)} for matrices, where op is the transpose or the identity: {@code [M, K] × [K, N] → [M, N]}. */
    Array matmul(Array a, boolean transposeA, Array b, boolean transposeB);
}
