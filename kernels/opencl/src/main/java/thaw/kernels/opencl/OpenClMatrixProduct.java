package thaw.kernels.opencl;

import thaw.kernels.Array;
import thaw.kernels.MatmulOps;
import thaw.kernels.Shapes;

/** Matrix products; see {@link Gemm}. */
final class OpenClMatrixProduct implements MatmulOps {

    private final Memory memory;
    private final Gemm gemm;

    OpenClMatrixProduct(Memory memory, Gemm gemm) {
        this.memory = memory;
        this.gemm = gemm;
    }

    /** {@code op(a) · op(b)}, where op is the transpose or the identity. */
    @Override
    public OpenClArray matmul(Array left, boolean transposeA, Array right, boolean transposeB) {
        OpenClArray a = memory.mine(left);
        OpenClArray b = memory.mine(right);
        return memory.result(Shapes.matmul(a.shape(), transposeA, b.shape(), transposeB), y -> gemm.run("matmul",
                GemmProblem.matrices(y.dim(0), y.dim(1), a.dim(transposeA ? 0 : 1), transposeA, transposeB), a, b, y,
                Gemm.Store.PLAIN));
    }
}
