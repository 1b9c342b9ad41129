package thaw.kernels.reference;

import thaw.kernels.Array;
import thaw.kernels.MatmulOps;
import thaw.kernels.Shapes;

/** Matrix product. */
final class ReferenceMatmul implements MatmulOps {

    private final ReferenceMemory memory;

    ReferenceMatmul(ReferenceMemory memory) {
        this.memory = memory;
    }

    /** {@code y[i, j] = Σ_k op(a)[i, k] · op(b)[k, j]} */
    @Override
    public Array matmul(Array left, boolean transposeA, Array right, boolean transposeB) {
        ReferenceArray a = memory.values(left);
        ReferenceArray b = memory.values(right);
        ReferenceArray y = memory.zeros(Shapes.matmul(a.shape(), transposeA, b.shape(), transposeB));
        int rows = y.dim(0);
        int columns = y.dim(1);
        int inner = a.dim(transposeA ? 0 : 1);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double sum = 0;
                for (int k = 0; k < inner; k++) {
                    double x = a.data[transposeA ? k * rows + i : i * inner + k];
                    double w = b.data[transposeB ? j * inner + k : k * columns + j];
                    sum += x * w;
                }
                y.data[i * columns + j] = sum;
            }
        }
        return y;
    }
}
