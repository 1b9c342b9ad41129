package thaw.kernels.opencl;

import thaw.kernels.Array;
import thaw.kernels.Shapes;

/** The product of matrices; see {@code matmul.cl}. */
final class OpenClMatrixProduct {

    private static final int LARGEST_TILE = 16;

    private final Memory memory;
    private final Programs programs;

    OpenClMatrixProduct(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
    }

    /** {@code op(a) · op(b)}, where op transposes if asked to. */
    OpenClArray matmul(Array left, boolean transposeA, Array right, boolean transposeB) {
        OpenClArray a = memory.mine(left);
        OpenClArray b = memory.mine(right);
        return memory.result(Shapes.matmul(a.shape(), transposeA, b.shape(), transposeB), y -> {
            int m = y.dim(0);
            int n = y.dim(1);
            int k = a.dim(transposeA ? 0 : 1);
            CompiledKernel kernel = programs.kernel("matmul.cl", "matmul");
            int tile = LARGEST_TILE;
            while (tile * tile > kernel.largestGroup()) {
                tile /= 2;
            }
            programs.launch(kernel).array(a).array(b).array(y).ints(m, n, k, 0)
                    .ints(transposeA ? 1 : k, transposeA ? m : 1).ints(transposeB ? 1 : n, transposeB ? k : 1)
                    .local(tile * tile).local(tile * tile)
                    .work(2.0 * m * n * k, 4.0 * ((double) m * k + (double) k * n + (double) m * n))
                    .run(new long[] {wholeTiles(n, tile), wholeTiles(m, tile)}, new long[] {tile, tile});
        });
    }

    private static long wholeTiles(int extent, int tile) {
        return (extent + tile - 1L) / tile * tile;
    }
}
