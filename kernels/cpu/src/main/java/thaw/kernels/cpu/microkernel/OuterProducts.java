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

    private static final int L = OuterProductKernels.L;

    /** The rows of one call for a whole channel block. */
    public static final int ROWS = Math.min(8, L);

    private OuterProducts() {
    }

    /** All channels of an input block, {@link #ROWS} at a time; {@code w} holds {@code [channel][vectors][lane]}. */
    public static void add(float[] x, int xo, int[] at, int steps, float[] g, int go, int gBlock, int vectors,
            float[] w, int wo) {
        for (int c = 0; c < L; c += ROWS) {
            rows(ROWS, x, xo + c, at, steps, g, go, gBlock, vectors, w, wo + c * vectors * L);
        }
    }

    /** 4 or 8 rows by one or two vectors. */
    public static void rows(int rows, float[] x, int xo, int[] at, int steps, float[] g, int go, int gBlock,
            int vectors, float[] w, int wo) {
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
