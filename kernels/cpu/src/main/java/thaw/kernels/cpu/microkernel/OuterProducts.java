package thaw.kernels.cpu.microkernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

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
 * <p>Unrolled like {@link TwoVectorTaps}, for the same reasons. 8 rows by 2 vectors use 16 accumulators.
 */
public final class OuterProducts {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

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
                rows8vectors2(x, xo, at, steps, g, go, gBlock, w, wo);
            } else {
                rows8vectors1(x, xo, at, steps, g, go, w, wo);
            }
        } else if (vectors == 2) {
            rows4vectors2(x, xo, at, steps, g, go, gBlock, w, wo);
        } else {
            rows4vectors1(x, xo, at, steps, g, go, w, wo);
        }
    }

    private static void rows8vectors2(float[] x, int xo, int[] at, int steps,
            float[] g, int go, int gBlock, float[] w, int wo) {
        FloatVector a0l = FloatVector.fromArray(S, w, wo);
        FloatVector a0h = FloatVector.fromArray(S, w, wo + L);
        FloatVector a1l = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector a1h = FloatVector.fromArray(S, w, wo + 3 * L);
        FloatVector a2l = FloatVector.fromArray(S, w, wo + 4 * L);
        FloatVector a2h = FloatVector.fromArray(S, w, wo + 5 * L);
        FloatVector a3l = FloatVector.fromArray(S, w, wo + 6 * L);
        FloatVector a3h = FloatVector.fromArray(S, w, wo + 7 * L);
        FloatVector a4l = FloatVector.fromArray(S, w, wo + 8 * L);
        FloatVector a4h = FloatVector.fromArray(S, w, wo + 9 * L);
        FloatVector a5l = FloatVector.fromArray(S, w, wo + 10 * L);
        FloatVector a5h = FloatVector.fromArray(S, w, wo + 11 * L);
        FloatVector a6l = FloatVector.fromArray(S, w, wo + 12 * L);
        FloatVector a6h = FloatVector.fromArray(S, w, wo + 13 * L);
        FloatVector a7l = FloatVector.fromArray(S, w, wo + 14 * L);
        FloatVector a7h = FloatVector.fromArray(S, w, wo + 15 * L);
        for (int k = 0; k < steps; k++) {
            int i = xo + at[k];
            int j = go + k * L;
            FloatVector gl = FloatVector.fromArray(S, g, j);
            FloatVector gh = FloatVector.fromArray(S, g, j + gBlock);
            FloatVector x0 = FloatVector.broadcast(S, x[i]);
            a0l = x0.fma(gl, a0l);
            a0h = x0.fma(gh, a0h);
            FloatVector x1 = FloatVector.broadcast(S, x[i + 1]);
            a1l = x1.fma(gl, a1l);
            a1h = x1.fma(gh, a1h);
            FloatVector x2 = FloatVector.broadcast(S, x[i + 2]);
            a2l = x2.fma(gl, a2l);
            a2h = x2.fma(gh, a2h);
            FloatVector x3 = FloatVector.broadcast(S, x[i + 3]);
            a3l = x3.fma(gl, a3l);
            a3h = x3.fma(gh, a3h);
            FloatVector x4 = FloatVector.broadcast(S, x[i + 4]);
            a4l = x4.fma(gl, a4l);
            a4h = x4.fma(gh, a4h);
            FloatVector x5 = FloatVector.broadcast(S, x[i + 5]);
            a5l = x5.fma(gl, a5l);
            a5h = x5.fma(gh, a5h);
            FloatVector x6 = FloatVector.broadcast(S, x[i + 6]);
            a6l = x6.fma(gl, a6l);
            a6h = x6.fma(gh, a6h);
            FloatVector x7 = FloatVector.broadcast(S, x[i + 7]);
            a7l = x7.fma(gl, a7l);
            a7h = x7.fma(gh, a7h);
        }
        a0l.intoArray(w, wo);
        a0h.intoArray(w, wo + L);
        a1l.intoArray(w, wo + 2 * L);
        a1h.intoArray(w, wo + 3 * L);
        a2l.intoArray(w, wo + 4 * L);
        a2h.intoArray(w, wo + 5 * L);
        a3l.intoArray(w, wo + 6 * L);
        a3h.intoArray(w, wo + 7 * L);
        a4l.intoArray(w, wo + 8 * L);
        a4h.intoArray(w, wo + 9 * L);
        a5l.intoArray(w, wo + 10 * L);
        a5h.intoArray(w, wo + 11 * L);
        a6l.intoArray(w, wo + 12 * L);
        a6h.intoArray(w, wo + 13 * L);
        a7l.intoArray(w, wo + 14 * L);
        a7h.intoArray(w, wo + 15 * L);
    }

    private static void rows8vectors1(float[] x, int xo, int[] at, int steps,
            float[] g, int go, float[] w, int wo) {
        FloatVector a0 = FloatVector.fromArray(S, w, wo);
        FloatVector a1 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a2 = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector a3 = FloatVector.fromArray(S, w, wo + 3 * L);
        FloatVector a4 = FloatVector.fromArray(S, w, wo + 4 * L);
        FloatVector a5 = FloatVector.fromArray(S, w, wo + 5 * L);
        FloatVector a6 = FloatVector.fromArray(S, w, wo + 6 * L);
        FloatVector a7 = FloatVector.fromArray(S, w, wo + 7 * L);
        for (int k = 0; k < steps; k++) {
            int i = xo + at[k];
            int j = go + k * L;
            FloatVector gl = FloatVector.fromArray(S, g, j);
            a0 = FloatVector.broadcast(S, x[i]).fma(gl, a0);
            a1 = FloatVector.broadcast(S, x[i + 1]).fma(gl, a1);
            a2 = FloatVector.broadcast(S, x[i + 2]).fma(gl, a2);
            a3 = FloatVector.broadcast(S, x[i + 3]).fma(gl, a3);
            a4 = FloatVector.broadcast(S, x[i + 4]).fma(gl, a4);
            a5 = FloatVector.broadcast(S, x[i + 5]).fma(gl, a5);
            a6 = FloatVector.broadcast(S, x[i + 6]).fma(gl, a6);
            a7 = FloatVector.broadcast(S, x[i + 7]).fma(gl, a7);
        }
        a0.intoArray(w, wo);
        a1.intoArray(w, wo + L);
        a2.intoArray(w, wo + 2 * L);
        a3.intoArray(w, wo + 3 * L);
        a4.intoArray(w, wo + 4 * L);
        a5.intoArray(w, wo + 5 * L);
        a6.intoArray(w, wo + 6 * L);
        a7.intoArray(w, wo + 7 * L);
    }

    private static void rows4vectors2(float[] x, int xo, int[] at, int steps,
            float[] g, int go, int gBlock, float[] w, int wo) {
        FloatVector a0l = FloatVector.fromArray(S, w, wo);
        FloatVector a0h = FloatVector.fromArray(S, w, wo + L);
        FloatVector a1l = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector a1h = FloatVector.fromArray(S, w, wo + 3 * L);
        FloatVector a2l = FloatVector.fromArray(S, w, wo + 4 * L);
        FloatVector a2h = FloatVector.fromArray(S, w, wo + 5 * L);
        FloatVector a3l = FloatVector.fromArray(S, w, wo + 6 * L);
        FloatVector a3h = FloatVector.fromArray(S, w, wo + 7 * L);
        for (int k = 0; k < steps; k++) {
            int i = xo + at[k];
            int j = go + k * L;
            FloatVector gl = FloatVector.fromArray(S, g, j);
            FloatVector gh = FloatVector.fromArray(S, g, j + gBlock);
            FloatVector x0 = FloatVector.broadcast(S, x[i]);
            a0l = x0.fma(gl, a0l);
            a0h = x0.fma(gh, a0h);
            FloatVector x1 = FloatVector.broadcast(S, x[i + 1]);
            a1l = x1.fma(gl, a1l);
            a1h = x1.fma(gh, a1h);
            FloatVector x2 = FloatVector.broadcast(S, x[i + 2]);
            a2l = x2.fma(gl, a2l);
            a2h = x2.fma(gh, a2h);
            FloatVector x3 = FloatVector.broadcast(S, x[i + 3]);
            a3l = x3.fma(gl, a3l);
            a3h = x3.fma(gh, a3h);
        }
        a0l.intoArray(w, wo);
        a0h.intoArray(w, wo + L);
        a1l.intoArray(w, wo + 2 * L);
        a1h.intoArray(w, wo + 3 * L);
        a2l.intoArray(w, wo + 4 * L);
        a2h.intoArray(w, wo + 5 * L);
        a3l.intoArray(w, wo + 6 * L);
        a3h.intoArray(w, wo + 7 * L);
    }

    private static void rows4vectors1(float[] x, int xo, int[] at, int steps,
            float[] g, int go, float[] w, int wo) {
        FloatVector a0 = FloatVector.fromArray(S, w, wo);
        FloatVector a1 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a2 = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector a3 = FloatVector.fromArray(S, w, wo + 3 * L);
        for (int k = 0; k < steps; k++) {
            int i = xo + at[k];
            int j = go + k * L;
            FloatVector gl = FloatVector.fromArray(S, g, j);
            a0 = FloatVector.broadcast(S, x[i]).fma(gl, a0);
            a1 = FloatVector.broadcast(S, x[i + 1]).fma(gl, a1);
            a2 = FloatVector.broadcast(S, x[i + 2]).fma(gl, a2);
            a3 = FloatVector.broadcast(S, x[i + 3]).fma(gl, a3);
        }
        a0.intoArray(w, wo);
        a1.intoArray(w, wo + L);
        a2.intoArray(w, wo + 2 * L);
        a3.intoArray(w, wo + 3 * L);
    }
}
