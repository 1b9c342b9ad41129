package thaw.kernels.cpu.microkernel;

/**
 * The micro-kernel of weight gradients: a sum over pixels of outer products of contiguous numbers of {@code x} with one or
 * two vectors of the output's gradient:
 * <pre>
 * w[wo + (row·V + v)·L + lane] += Σ_k x[xo + at[k] + row] · g[go + k·L + v·gBlock + lane]      V vectors
 * </pre>
 * Rows are channels of a block (or neighbouring pixels of one channel, in a stem), lanes are output channels,
 * {@code k} runs over output pixels, and {@code at} holds the offset of the input pixel that a filter position meets
 * there. The more pixels a call sums over, the less its reading and writing of {@code w} costs.
 *
 * <p>8 rows by 2 vectors use 16 vector registers.
 */
public final class OuterProducts {

    private OuterProducts() {
    }

    /** The rows of one call for a whole channel block. */
    public static int rows(int lanes) {
        return Math.min(8, lanes);
    }

    /** All channels of an input block, {@link #rows} at a time; {@code w} holds {@code [channel][vectors][lane]}. */
    public static void add(BlockLoops loops, float[] x, int xo, int[] at, int steps, float[] g, int go, int gBlock, int vectors,
            float[] w, int wo) {
        int lanes = loops.lanes();
        int rows = rows(lanes);
        for (int c = 0; c < lanes; c += rows) {
            add(loops, rows, x, xo + c, at, steps, g, go, gBlock, vectors, w, wo + c * vectors * lanes);
        }
    }

    /** 4 or 8 rows by one or two vectors. */
    public static void add(BlockLoops loops, int rows, float[] x, int xo, int[] at, int steps, float[] g, int go, int gBlock,
            int vectors, float[] w, int wo) {
        if (!loops.vectors()) {
            scalars(loops.lanes(), rows, x, xo, at, steps, g, go, gBlock, vectors, w, wo);
        } else if (rows == 8) {
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

    private static void scalars(int lanes, int rows, float[] x, int xo, int[] at, int steps, float[] g, int go, int gBlock,
            int vectors, float[] w, int wo) {
        for (int row = 0; row < rows; row += 2) {
            for (int v = 0; v < vectors; v++) {
                for (int lane = 0; lane < lanes; lane += 4) {
                    twoByFour(lanes, x, xo + row, at, steps, g, go + v * gBlock + lane, w, wo + (row * vectors + v) * lanes + lane,
                            vectors * lanes);
                }
            }
        }
    }

    /** Two rows by four channels; rows of {@code w} are {@code width} floats apart. */
    private static void twoByFour(int lanes, float[] x, int xo, int[] at, int steps, float[] g, int go, float[] w, int wo,
            int width) {
        float a0 = w[wo];
        float a1 = w[wo + 1];
        float a2 = w[wo + 2];
        float a3 = w[wo + 3];
        float b0 = w[wo + width];
        float b1 = w[wo + width + 1];
        float b2 = w[wo + width + 2];
        float b3 = w[wo + width + 3];
        for (int k = 0; k < steps; k++) {
            int i = xo + at[k];
            int j = go + k * lanes;
            float xa = x[i];
            float xb = x[i + 1];
            a0 = Math.fma(xa, g[j], a0);
            a1 = Math.fma(xa, g[j + 1], a1);
            a2 = Math.fma(xa, g[j + 2], a2);
            a3 = Math.fma(xa, g[j + 3], a3);
            b0 = Math.fma(xb, g[j], b0);
            b1 = Math.fma(xb, g[j + 1], b1);
            b2 = Math.fma(xb, g[j + 2], b2);
            b3 = Math.fma(xb, g[j + 3], b3);
        }
        w[wo] = a0;
        w[wo + 1] = a1;
        w[wo + 2] = a2;
        w[wo + 3] = a3;
        w[wo + width] = b0;
        w[wo + width + 1] = b1;
        w[wo + width + 2] = b2;
        w[wo + width + 3] = b3;
    }
}
