package thaw.kernels.cpu.microkernel;

/**
 * The micro-kernel of weight gradients: a sum over pixels of outer products of contiguous numbers of {@code x} with some
 * vectors of the output's gradient:
 * <pre>
 * w[wo + (row·V + v)·L + lane] += Σ_k x[xo + at[k] + row] · g[go + k·L + v·gBlock + lane]      V vectors
 * </pre>
 * Rows are channels of a block (or neighbouring pixels of one channel, in a stem), lanes are output channels,
 * {@code k} runs over output pixels, and {@code at} holds the offset of the input pixel that a filter position meets
 * there. The more pixels a call sums over, the less its reading and writing of {@code w} costs.
 *
 * <p>8 rows by 2 vectors keep their sums in 16 vector registers. Where there are no more (AVX2), 4 rows reach 75 GFLOP/s of one core
 * of a Xeon by taking 4 steps per turn of the loop, and 8 rows 44.
 */
public final class OuterProducts {

    /** The rows of one call with 16 vector registers. */
    private static final int FEW_ROWS = 4;

    private OuterProducts() {
    }

    /** The rows of one call for a whole channel block. */
    public static int rows(int lanes) {
        return Math.min(8, lanes);
    }

    /**
     * The products of {@code rows} numbers from each of some places in {@code x} on, 4 or 8 or a block's channels; {@code w} holds
     * {@code [place][row][vectors][lane]}.
     *
     * @param from the places, to which {@code at} is added
     */
    public static void add(BlockLoops loops, int rows, float[] x, int[] from, int[] at, int steps, float[] g, int go, int gBlock,
            int vectors, float[] w, int wo) {
        if (!loops.vectors()) {
            loops.scalars().add(rows, x, from, at, steps, g, go, gBlock, vectors, w, wo);
            return;
        }
        int together = Math.min(rows, loops.manyRegisters() ? rows(loops.lanes()) : FEW_ROWS);
        for (int i = 0; i < from.length; i++) {
            for (int row = 0; row < rows; row += together) {
                add(together, x, from[i] + row, at, steps, g, go, gBlock, vectors, w,
                        wo + (i * rows + row) * vectors * loops.lanes());
            }
        }
    }

    private static void add(int rows, float[] x, int xo, int[] at, int steps, float[] g, int go, int gBlock, int vectors,
            float[] w, int wo) {
        if (rows == 8) {
            if (vectors == 2) {
                OuterProductKernels.rows8vectors2(x, xo, at, steps, g, go, gBlock, w, wo);
            } else {
                OuterProductKernels.rows8vectors1(x, xo, at, steps, g, go, gBlock, w, wo);
            }
        } else if (vectors == 2) {
            OuterProductKernels.rows4vectors2(x, xo, at, steps, g, go, gBlock, w, wo);
        } else {
            OuterProductKernels.rows4vectors1(x, xo, at, steps, g, go, gBlock, w, wo);
        }
    }
}
