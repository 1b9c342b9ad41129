package thaw.kernels.cpu.grouped;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import thaw.kernels.cpu.microkernel.PixelRow;

/**
 * The micro-kernel of the gradients of grouped and depthwise weights, whose vectors run along groups, as in
 * {@link GroupTaps}. A row is an input channel of every group at one filter position, {@code rows[row]} floats from the
 * pixel's source; {@code k} runs over output pixels:
 * <pre>
 * w[wo + (r·Q + q)·L + lane] += Σ_k x[rows[row + r] + at[k] + lane] · g[go + q·gPlane + k·L + lane]      Q outputs
 * </pre>
 */
final class GroupProducts {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    /** The number of rows must be a multiple of this. */
    static final int ROWS = 4;

    private GroupProducts() {
    }

    /** All rows by 4 outputs, or by 1; {@code w} holds {@code [row][outputs][lane]}. */
    static void add(int outputs, float[] x, int[] rows, int[] at, int steps, float[] g, int go, int gPlane,
            float[] w, int wo) {
        int count = outputs == 4 && !PixelRow.MANY_REGISTERS ? 2 : ROWS;
        for (int r = 0; r < rows.length; r += count) {
            int to = wo + r * outputs * L;
            if (outputs == 1) {
                rows4outputs1(x, rows, r, at, steps, g, go, w, to);
            } else if (count == 4) {
                rows4outputs4(x, rows, r, at, steps, g, go, gPlane, w, to);
            } else {
                rows2outputs4(x, rows, r, at, steps, g, go, gPlane, w, to);
            }
        }
    }

    private static void rows4outputs4(float[] x, int[] rows, int row, int[] at, int steps,
            float[] g, int go, int gPlane, float[] w, int wo) {
        int x0 = rows[row];
        int x1 = rows[row + 1];
        int x2 = rows[row + 2];
        int x3 = rows[row + 3];
        FloatVector a0a = FloatVector.fromArray(S, w, wo);
        FloatVector a0b = FloatVector.fromArray(S, w, wo + L);
        FloatVector a0c = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector a0d = FloatVector.fromArray(S, w, wo + 3 * L);
        FloatVector a1a = FloatVector.fromArray(S, w, wo + 4 * L);
        FloatVector a1b = FloatVector.fromArray(S, w, wo + 5 * L);
        FloatVector a1c = FloatVector.fromArray(S, w, wo + 6 * L);
        FloatVector a1d = FloatVector.fromArray(S, w, wo + 7 * L);
        FloatVector a2a = FloatVector.fromArray(S, w, wo + 8 * L);
        FloatVector a2b = FloatVector.fromArray(S, w, wo + 9 * L);
        FloatVector a2c = FloatVector.fromArray(S, w, wo + 10 * L);
        FloatVector a2d = FloatVector.fromArray(S, w, wo + 11 * L);
        FloatVector a3a = FloatVector.fromArray(S, w, wo + 12 * L);
        FloatVector a3b = FloatVector.fromArray(S, w, wo + 13 * L);
        FloatVector a3c = FloatVector.fromArray(S, w, wo + 14 * L);
        FloatVector a3d = FloatVector.fromArray(S, w, wo + 15 * L);
        for (int k = 0; k < steps; k++) {
            int i = at[k];
            FloatVector g0 = FloatVector.fromArray(S, g, go + k * L);
            FloatVector g1 = FloatVector.fromArray(S, g, go + gPlane + k * L);
            FloatVector g2 = FloatVector.fromArray(S, g, go + 2 * gPlane + k * L);
            FloatVector g3 = FloatVector.fromArray(S, g, go + 3 * gPlane + k * L);
            FloatVector v0 = FloatVector.fromArray(S, x, x0 + i);
            a0a = v0.fma(g0, a0a);
            a0b = v0.fma(g1, a0b);
            a0c = v0.fma(g2, a0c);
            a0d = v0.fma(g3, a0d);
            FloatVector v1 = FloatVector.fromArray(S, x, x1 + i);
            a1a = v1.fma(g0, a1a);
            a1b = v1.fma(g1, a1b);
            a1c = v1.fma(g2, a1c);
            a1d = v1.fma(g3, a1d);
            FloatVector v2 = FloatVector.fromArray(S, x, x2 + i);
            a2a = v2.fma(g0, a2a);
            a2b = v2.fma(g1, a2b);
            a2c = v2.fma(g2, a2c);
            a2d = v2.fma(g3, a2d);
            FloatVector v3 = FloatVector.fromArray(S, x, x3 + i);
            a3a = v3.fma(g0, a3a);
            a3b = v3.fma(g1, a3b);
            a3c = v3.fma(g2, a3c);
            a3d = v3.fma(g3, a3d);
        }
        a0a.intoArray(w, wo);
        a0b.intoArray(w, wo + L);
        a0c.intoArray(w, wo + 2 * L);
        a0d.intoArray(w, wo + 3 * L);
        a1a.intoArray(w, wo + 4 * L);
        a1b.intoArray(w, wo + 5 * L);
        a1c.intoArray(w, wo + 6 * L);
        a1d.intoArray(w, wo + 7 * L);
        a2a.intoArray(w, wo + 8 * L);
        a2b.intoArray(w, wo + 9 * L);
        a2c.intoArray(w, wo + 10 * L);
        a2d.intoArray(w, wo + 11 * L);
        a3a.intoArray(w, wo + 12 * L);
        a3b.intoArray(w, wo + 13 * L);
        a3c.intoArray(w, wo + 14 * L);
        a3d.intoArray(w, wo + 15 * L);
    }

    private static void rows2outputs4(float[] x, int[] rows, int row, int[] at, int steps,
            float[] g, int go, int gPlane, float[] w, int wo) {
        int x0 = rows[row];
        int x1 = rows[row + 1];
        FloatVector a0a = FloatVector.fromArray(S, w, wo);
        FloatVector a0b = FloatVector.fromArray(S, w, wo + L);
        FloatVector a0c = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector a0d = FloatVector.fromArray(S, w, wo + 3 * L);
        FloatVector a1a = FloatVector.fromArray(S, w, wo + 4 * L);
        FloatVector a1b = FloatVector.fromArray(S, w, wo + 5 * L);
        FloatVector a1c = FloatVector.fromArray(S, w, wo + 6 * L);
        FloatVector a1d = FloatVector.fromArray(S, w, wo + 7 * L);
        for (int k = 0; k < steps; k++) {
            int i = at[k];
            FloatVector g0 = FloatVector.fromArray(S, g, go + k * L);
            FloatVector g1 = FloatVector.fromArray(S, g, go + gPlane + k * L);
            FloatVector g2 = FloatVector.fromArray(S, g, go + 2 * gPlane + k * L);
            FloatVector g3 = FloatVector.fromArray(S, g, go + 3 * gPlane + k * L);
            FloatVector v0 = FloatVector.fromArray(S, x, x0 + i);
            a0a = v0.fma(g0, a0a);
            a0b = v0.fma(g1, a0b);
            a0c = v0.fma(g2, a0c);
            a0d = v0.fma(g3, a0d);
            FloatVector v1 = FloatVector.fromArray(S, x, x1 + i);
            a1a = v1.fma(g0, a1a);
            a1b = v1.fma(g1, a1b);
            a1c = v1.fma(g2, a1c);
            a1d = v1.fma(g3, a1d);
        }
        a0a.intoArray(w, wo);
        a0b.intoArray(w, wo + L);
        a0c.intoArray(w, wo + 2 * L);
        a0d.intoArray(w, wo + 3 * L);
        a1a.intoArray(w, wo + 4 * L);
        a1b.intoArray(w, wo + 5 * L);
        a1c.intoArray(w, wo + 6 * L);
        a1d.intoArray(w, wo + 7 * L);
    }

    private static void rows4outputs1(float[] x, int[] rows, int row, int[] at, int steps,
            float[] g, int go, float[] w, int wo) {
        int x0 = rows[row];
        int x1 = rows[row + 1];
        int x2 = rows[row + 2];
        int x3 = rows[row + 3];
        FloatVector a0 = FloatVector.fromArray(S, w, wo);
        FloatVector a1 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a2 = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector a3 = FloatVector.fromArray(S, w, wo + 3 * L);
        for (int k = 0; k < steps; k++) {
            int i = at[k];
            FloatVector g0 = FloatVector.fromArray(S, g, go + k * L);
            FloatVector v0 = FloatVector.fromArray(S, x, x0 + i);
            a0 = v0.fma(g0, a0);
            FloatVector v1 = FloatVector.fromArray(S, x, x1 + i);
            a1 = v1.fma(g0, a1);
            FloatVector v2 = FloatVector.fromArray(S, x, x2 + i);
            a2 = v2.fma(g0, a2);
            FloatVector v3 = FloatVector.fromArray(S, x, x3 + i);
            a3 = v3.fma(g0, a3);
        }
        a0.intoArray(w, wo);
        a1.intoArray(w, wo + L);
        a2.intoArray(w, wo + 2 * L);
        a3.intoArray(w, wo + 3 * L);
    }
}
