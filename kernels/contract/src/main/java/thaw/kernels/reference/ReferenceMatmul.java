package thaw.kernels.reference;

/** Matrix product, and the row-wise argmax. */
final class ReferenceMatmul {

    private ReferenceMatmul() {
    }

    /** {@code y[i, j] = Σ_k op(a)[i, k] · op(b)[k, j]} */
    static void forward(ReferenceArray a, boolean transposeA, ReferenceArray b, boolean transposeB, ReferenceArray y) {
        int rows = y.dim(0);
        int columns = y.dim(1);
        int inner = a.dim(transposeA ? 0 : 1);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double sum = 0;
                for (int k = 0; k < inner; k++) {
                    double left = a.data[transposeA ? k * rows + i : i * inner + k];
                    double right = b.data[transposeB ? j * inner + k : k * columns + j];
                    sum += left * right;
                }
                y.data[i * columns + j] = sum;
            }
        }
    }

    /** The column of the largest element of each row, the first among equals; NaN counts as larger than any number. */
    static void argmax(ReferenceArray x, ReferenceArray y) {
        int columns = x.dim(1);
        for (int n = 0; n < x.dim(0); n++) {
            int best = 0;
            for (int c = 1; c < columns; c++) {
                double v = x.data[n * columns + c];
                double top = x.data[n * columns + best];
                if (v > top || Double.isNaN(v) && !Double.isNaN(top)) {
                    best = c;
                }
            }
            y.data[n] = best;
        }
    }
}
