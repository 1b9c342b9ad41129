package thaw.kernels.cpu;

import thaw.kernels.Array;

/** The matrix product of {@link thaw.kernels.Backend}: {@link VectorMatrixProduct} and {@link PlainMatrixProduct}. */
interface MatrixProduct {

    Array matmul(Array a, boolean transposeA, Array b, boolean transposeB);
}
