package thaw.kernels.cpu.grouped;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import thaw.kernels.cpu.microkernel.PixelRow;

/**
 * The micro-kernel of grouped and depthwise convolutions, whose vectors run along groups: a lane is a group, and lanes
 * never mix. For pixel {@code p} and output channel {@code q} of every group,
 * <pre>
 * y[yo + p·py + q·yPlane + lane] = Σ_k x[xo + p·px + at[k] + lane] · w[wo + (k·Q + q)·L + lane]      Q outputs
 * </pre>
 * where {@code k} runs over the group's input channels and the filter's positions. Unrolled like
 * {@link thaw.kernels.cpu.microkernel.TwoVectorTaps}, for the same reasons. With 32 vector registers 4 pixels by 4 outputs use 16 accumulators; with
 * 16, 2 by 4 use 8.
 */
final class GroupTaps {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private GroupTaps() {
    }

    /** The number of output channels that one call computes, if {@code left} remain. */
    static int outputs(int left) {
        return left >= 4 ? 4 : 1;
    }

    /** A row of pixels. A last tile that does not fit is shifted back and recomputes some pixels, with the same bits. */
    static void row(int pixels, int outputs, float[] x, int xo, int px, int[] at, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yPlane) {
        int widest = outputs == 1 ? 8 : PixelRow.MANY_REGISTERS ? 4 : 2;
        int tile = pixels >= widest ? widest : 1;
        for (int p = 0; p < pixels; p += tile) {
            int first = Math.min(p, pixels - tile);
            int xa = xo + first * px;
            int ya = yo + first * py;
            if (outputs == 1) {
                if (tile == 8) {
                    pixels8outputs1(x, xa, px, at, steps, w, wo, y, ya, py);
                } else {
                    pixels1outputs1(x, xa, px, at, steps, w, wo, y, ya, py);
                }
            } else {
                switch (tile) {
                    case 4 -> pixels4outputs4(x, xa, px, at, steps, w, wo, y, ya, py, yPlane);
                    case 2 -> pixels2outputs4(x, xa, px, at, steps, w, wo, y, ya, py, yPlane);
                    default -> pixels1outputs4(x, xa, px, at, steps, w, wo, y, ya, py, yPlane);
                }
            }
        }
    }

    private static void pixels4outputs4(float[] x, int xo, int px, int[] at, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yPlane) {
        int first = xo + at[0];
        FloatVector w00 = FloatVector.fromArray(S, w, wo);
        FloatVector w10 = FloatVector.fromArray(S, w, wo + L);
        FloatVector w20 = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector w30 = FloatVector.fromArray(S, w, wo + 3 * L);
        FloatVector x00 = FloatVector.fromArray(S, x, first);
        FloatVector a0a = x00.mul(w00);
        FloatVector a0b = x00.mul(w10);
        FloatVector a0c = x00.mul(w20);
        FloatVector a0d = x00.mul(w30);
        FloatVector x10 = FloatVector.fromArray(S, x, first + px);
        FloatVector a1a = x10.mul(w00);
        FloatVector a1b = x10.mul(w10);
        FloatVector a1c = x10.mul(w20);
        FloatVector a1d = x10.mul(w30);
        FloatVector x20 = FloatVector.fromArray(S, x, first + 2 * px);
        FloatVector a2a = x20.mul(w00);
        FloatVector a2b = x20.mul(w10);
        FloatVector a2c = x20.mul(w20);
        FloatVector a2d = x20.mul(w30);
        FloatVector x30 = FloatVector.fromArray(S, x, first + 3 * px);
        FloatVector a3a = x30.mul(w00);
        FloatVector a3b = x30.mul(w10);
        FloatVector a3c = x30.mul(w20);
        FloatVector a3d = x30.mul(w30);
        for (int k = 1; k < steps; k++) {
            int i = xo + at[k];
            FloatVector w0 = FloatVector.fromArray(S, w, wo + k * 4 * L);
            FloatVector w1 = FloatVector.fromArray(S, w, wo + k * 4 * L + L);
            FloatVector w2 = FloatVector.fromArray(S, w, wo + k * 4 * L + 2 * L);
            FloatVector w3 = FloatVector.fromArray(S, w, wo + k * 4 * L + 3 * L);
            FloatVector x0 = FloatVector.fromArray(S, x, i);
            a0a = x0.fma(w0, a0a);
            a0b = x0.fma(w1, a0b);
            a0c = x0.fma(w2, a0c);
            a0d = x0.fma(w3, a0d);
            FloatVector x1 = FloatVector.fromArray(S, x, i + px);
            a1a = x1.fma(w0, a1a);
            a1b = x1.fma(w1, a1b);
            a1c = x1.fma(w2, a1c);
            a1d = x1.fma(w3, a1d);
            FloatVector x2 = FloatVector.fromArray(S, x, i + 2 * px);
            a2a = x2.fma(w0, a2a);
            a2b = x2.fma(w1, a2b);
            a2c = x2.fma(w2, a2c);
            a2d = x2.fma(w3, a2d);
            FloatVector x3 = FloatVector.fromArray(S, x, i + 3 * px);
            a3a = x3.fma(w0, a3a);
            a3b = x3.fma(w1, a3b);
            a3c = x3.fma(w2, a3c);
            a3d = x3.fma(w3, a3d);
        }
        a0a.intoArray(y, yo);
        a0b.intoArray(y, yo + yPlane);
        a0c.intoArray(y, yo + 2 * yPlane);
        a0d.intoArray(y, yo + 3 * yPlane);
        a1a.intoArray(y, yo + py);
        a1b.intoArray(y, yo + py + yPlane);
        a1c.intoArray(y, yo + py + 2 * yPlane);
        a1d.intoArray(y, yo + py + 3 * yPlane);
        a2a.intoArray(y, yo + 2 * py);
        a2b.intoArray(y, yo + 2 * py + yPlane);
        a2c.intoArray(y, yo + 2 * py + 2 * yPlane);
        a2d.intoArray(y, yo + 2 * py + 3 * yPlane);
        a3a.intoArray(y, yo + 3 * py);
        a3b.intoArray(y, yo + 3 * py + yPlane);
        a3c.intoArray(y, yo + 3 * py + 2 * yPlane);
        a3d.intoArray(y, yo + 3 * py + 3 * yPlane);
    }

    private static void pixels2outputs4(float[] x, int xo, int px, int[] at, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yPlane) {
        int first = xo + at[0];
        FloatVector w00 = FloatVector.fromArray(S, w, wo);
        FloatVector w10 = FloatVector.fromArray(S, w, wo + L);
        FloatVector w20 = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector w30 = FloatVector.fromArray(S, w, wo + 3 * L);
        FloatVector x00 = FloatVector.fromArray(S, x, first);
        FloatVector a0a = x00.mul(w00);
        FloatVector a0b = x00.mul(w10);
        FloatVector a0c = x00.mul(w20);
        FloatVector a0d = x00.mul(w30);
        FloatVector x10 = FloatVector.fromArray(S, x, first + px);
        FloatVector a1a = x10.mul(w00);
        FloatVector a1b = x10.mul(w10);
        FloatVector a1c = x10.mul(w20);
        FloatVector a1d = x10.mul(w30);
        for (int k = 1; k < steps; k++) {
            int i = xo + at[k];
            FloatVector w0 = FloatVector.fromArray(S, w, wo + k * 4 * L);
            FloatVector w1 = FloatVector.fromArray(S, w, wo + k * 4 * L + L);
            FloatVector w2 = FloatVector.fromArray(S, w, wo + k * 4 * L + 2 * L);
            FloatVector w3 = FloatVector.fromArray(S, w, wo + k * 4 * L + 3 * L);
            FloatVector x0 = FloatVector.fromArray(S, x, i);
            a0a = x0.fma(w0, a0a);
            a0b = x0.fma(w1, a0b);
            a0c = x0.fma(w2, a0c);
            a0d = x0.fma(w3, a0d);
            FloatVector x1 = FloatVector.fromArray(S, x, i + px);
            a1a = x1.fma(w0, a1a);
            a1b = x1.fma(w1, a1b);
            a1c = x1.fma(w2, a1c);
            a1d = x1.fma(w3, a1d);
        }
        a0a.intoArray(y, yo);
        a0b.intoArray(y, yo + yPlane);
        a0c.intoArray(y, yo + 2 * yPlane);
        a0d.intoArray(y, yo + 3 * yPlane);
        a1a.intoArray(y, yo + py);
        a1b.intoArray(y, yo + py + yPlane);
        a1c.intoArray(y, yo + py + 2 * yPlane);
        a1d.intoArray(y, yo + py + 3 * yPlane);
    }

    private static void pixels1outputs4(float[] x, int xo, int px, int[] at, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yPlane) {
        int first = xo + at[0];
        FloatVector w00 = FloatVector.fromArray(S, w, wo);
        FloatVector w10 = FloatVector.fromArray(S, w, wo + L);
        FloatVector w20 = FloatVector.fromArray(S, w, wo + 2 * L);
        FloatVector w30 = FloatVector.fromArray(S, w, wo + 3 * L);
        FloatVector x00 = FloatVector.fromArray(S, x, first);
        FloatVector a0a = x00.mul(w00);
        FloatVector a0b = x00.mul(w10);
        FloatVector a0c = x00.mul(w20);
        FloatVector a0d = x00.mul(w30);
        for (int k = 1; k < steps; k++) {
            int i = xo + at[k];
            FloatVector w0 = FloatVector.fromArray(S, w, wo + k * 4 * L);
            FloatVector w1 = FloatVector.fromArray(S, w, wo + k * 4 * L + L);
            FloatVector w2 = FloatVector.fromArray(S, w, wo + k * 4 * L + 2 * L);
            FloatVector w3 = FloatVector.fromArray(S, w, wo + k * 4 * L + 3 * L);
            FloatVector x0 = FloatVector.fromArray(S, x, i);
            a0a = x0.fma(w0, a0a);
            a0b = x0.fma(w1, a0b);
            a0c = x0.fma(w2, a0c);
            a0d = x0.fma(w3, a0d);
        }
        a0a.intoArray(y, yo);
        a0b.intoArray(y, yo + yPlane);
        a0c.intoArray(y, yo + 2 * yPlane);
        a0d.intoArray(y, yo + 3 * yPlane);
    }

    private static void pixels8outputs1(float[] x, int xo, int px, int[] at, int steps, float[] w, int wo,
            float[] y, int yo, int py) {
        int first = xo + at[0];
        FloatVector w00 = FloatVector.fromArray(S, w, wo);
        FloatVector x00 = FloatVector.fromArray(S, x, first);
        FloatVector a0 = x00.mul(w00);
        FloatVector x10 = FloatVector.fromArray(S, x, first + px);
        FloatVector a1 = x10.mul(w00);
        FloatVector x20 = FloatVector.fromArray(S, x, first + 2 * px);
        FloatVector a2 = x20.mul(w00);
        FloatVector x30 = FloatVector.fromArray(S, x, first + 3 * px);
        FloatVector a3 = x30.mul(w00);
        FloatVector x40 = FloatVector.fromArray(S, x, first + 4 * px);
        FloatVector a4 = x40.mul(w00);
        FloatVector x50 = FloatVector.fromArray(S, x, first + 5 * px);
        FloatVector a5 = x50.mul(w00);
        FloatVector x60 = FloatVector.fromArray(S, x, first + 6 * px);
        FloatVector a6 = x60.mul(w00);
        FloatVector x70 = FloatVector.fromArray(S, x, first + 7 * px);
        FloatVector a7 = x70.mul(w00);
        for (int k = 1; k < steps; k++) {
            int i = xo + at[k];
            FloatVector w0 = FloatVector.fromArray(S, w, wo + k * L);
            FloatVector x0 = FloatVector.fromArray(S, x, i);
            a0 = x0.fma(w0, a0);
            FloatVector x1 = FloatVector.fromArray(S, x, i + px);
            a1 = x1.fma(w0, a1);
            FloatVector x2 = FloatVector.fromArray(S, x, i + 2 * px);
            a2 = x2.fma(w0, a2);
            FloatVector x3 = FloatVector.fromArray(S, x, i + 3 * px);
            a3 = x3.fma(w0, a3);
            FloatVector x4 = FloatVector.fromArray(S, x, i + 4 * px);
            a4 = x4.fma(w0, a4);
            FloatVector x5 = FloatVector.fromArray(S, x, i + 5 * px);
            a5 = x5.fma(w0, a5);
            FloatVector x6 = FloatVector.fromArray(S, x, i + 6 * px);
            a6 = x6.fma(w0, a6);
            FloatVector x7 = FloatVector.fromArray(S, x, i + 7 * px);
            a7 = x7.fma(w0, a7);
        }
        a0.intoArray(y, yo);
        a1.intoArray(y, yo + py);
        a2.intoArray(y, yo + 2 * py);
        a3.intoArray(y, yo + 3 * py);
        a4.intoArray(y, yo + 4 * py);
        a5.intoArray(y, yo + 5 * py);
        a6.intoArray(y, yo + 6 * py);
        a7.intoArray(y, yo + 7 * py);
    }

    private static void pixels1outputs1(float[] x, int xo, int px, int[] at, int steps, float[] w, int wo,
            float[] y, int yo, int py) {
        int first = xo + at[0];
        FloatVector w00 = FloatVector.fromArray(S, w, wo);
        FloatVector x00 = FloatVector.fromArray(S, x, first);
        FloatVector a0 = x00.mul(w00);
        for (int k = 1; k < steps; k++) {
            int i = xo + at[k];
            FloatVector w0 = FloatVector.fromArray(S, w, wo + k * L);
            FloatVector x0 = FloatVector.fromArray(S, x, i);
            a0 = x0.fma(w0, a0);
        }
        a0.intoArray(y, yo);
    }
}
