package thaw.kernels.cpu.matmul;

import thaw.kernels.Array;

/** The matrix product of {@link thaw.kernels.Backend}: {@link VectorMatrixProduct} and {@link PlainMatrixProduct}. */
public interface MatrixProduct {

    Array matmul(Array a, boolean transposeA, Array b, boolean transposeB);
}
