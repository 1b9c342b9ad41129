package thaw.kernels.cpu.microkernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link TwoVectorTaps#pixels14} and {@link OneVectorTaps#pixels14} for source pixels that are adjacent in a channel
 * block, which is the common case. Because the distance is a constant, C2 needs one address and two bounds checks for 14
 * pixels instead of 14 of each. Two vectors: 116 GFLOP/s, the peak of the core, against 98 (JDK 17; 114 with
 * {@code -XX:-UseFPUForSpilling}, which spills integers to the stack). One vector, over 16 channels: 82 against 72; such a
 * core's limit with one load per multiplication is 87.
 */
final class AdjacentTaps {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private AdjacentTaps() {
    }

    static void pixels14(float[] x, int xo, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yBlock) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector wh0 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a0l = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a0h = FloatVector.broadcast(S, x[first]).mul(wh0);
        FloatVector a1l = FloatVector.broadcast(S, x[first + L]).mul(wl0);
        FloatVector a1h = FloatVector.broadcast(S, x[first + L]).mul(wh0);
        FloatVector a2l = FloatVector.broadcast(S, x[first + 2 * L]).mul(wl0);
        FloatVector a2h = FloatVector.broadcast(S, x[first + 2 * L]).mul(wh0);
        FloatVector a3l = FloatVector.broadcast(S, x[first + 3 * L]).mul(wl0);
        FloatVector a3h = FloatVector.broadcast(S, x[first + 3 * L]).mul(wh0);
        FloatVector a4l = FloatVector.broadcast(S, x[first + 4 * L]).mul(wl0);
        FloatVector a4h = FloatVector.broadcast(S, x[first + 4 * L]).mul(wh0);
        FloatVector a5l = FloatVector.broadcast(S, x[first + 5 * L]).mul(wl0);
        FloatVector a5h = FloatVector.broadcast(S, x[first + 5 * L]).mul(wh0);
        FloatVector a6l = FloatVector.broadcast(S, x[first + 6 * L]).mul(wl0);
        FloatVector a6h = FloatVector.broadcast(S, x[first + 6 * L]).mul(wh0);
        FloatVector a7l = FloatVector.broadcast(S, x[first + 7 * L]).mul(wl0);
        FloatVector a7h = FloatVector.broadcast(S, x[first + 7 * L]).mul(wh0);
        FloatVector a8l = FloatVector.broadcast(S, x[first + 8 * L]).mul(wl0);
        FloatVector a8h = FloatVector.broadcast(S, x[first + 8 * L]).mul(wh0);
        FloatVector a9l = FloatVector.broadcast(S, x[first + 9 * L]).mul(wl0);
        FloatVector a9h = FloatVector.broadcast(S, x[first + 9 * L]).mul(wh0);
        FloatVector a10l = FloatVector.broadcast(S, x[first + 10 * L]).mul(wl0);
        FloatVector a10h = FloatVector.broadcast(S, x[first + 10 * L]).mul(wh0);
        FloatVector a11l = FloatVector.broadcast(S, x[first + 11 * L]).mul(wl0);
        FloatVector a11h = FloatVector.broadcast(S, x[first + 11 * L]).mul(wh0);
        FloatVector a12l = FloatVector.broadcast(S, x[first + 12 * L]).mul(wl0);
        FloatVector a12h = FloatVector.broadcast(S, x[first + 12 * L]).mul(wh0);
        FloatVector a13l = FloatVector.broadcast(S, x[first + 13 * L]).mul(wl0);
        FloatVector a13h = FloatVector.broadcast(S, x[first + 13 * L]).mul(wh0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * 2 * L);
            FloatVector wh = FloatVector.fromArray(S, w, wo + k * 2 * L + L);
            FloatVector x0 = FloatVector.broadcast(S, x[i]);
            a0l = x0.fma(wl, a0l);
            a0h = x0.fma(wh, a0h);
            FloatVector x1 = FloatVector.broadcast(S, x[i + L]);
            a1l = x1.fma(wl, a1l);
            a1h = x1.fma(wh, a1h);
            FloatVector x2 = FloatVector.broadcast(S, x[i + 2 * L]);
            a2l = x2.fma(wl, a2l);
            a2h = x2.fma(wh, a2h);
            FloatVector x3 = FloatVector.broadcast(S, x[i + 3 * L]);
            a3l = x3.fma(wl, a3l);
            a3h = x3.fma(wh, a3h);
            FloatVector x4 = FloatVector.broadcast(S, x[i + 4 * L]);
            a4l = x4.fma(wl, a4l);
            a4h = x4.fma(wh, a4h);
            FloatVector x5 = FloatVector.broadcast(S, x[i + 5 * L]);
            a5l = x5.fma(wl, a5l);
            a5h = x5.fma(wh, a5h);
            FloatVector x6 = FloatVector.broadcast(S, x[i + 6 * L]);
            a6l = x6.fma(wl, a6l);
            a6h = x6.fma(wh, a6h);
            FloatVector x7 = FloatVector.broadcast(S, x[i + 7 * L]);
            a7l = x7.fma(wl, a7l);
            a7h = x7.fma(wh, a7h);
            FloatVector x8 = FloatVector.broadcast(S, x[i + 8 * L]);
            a8l = x8.fma(wl, a8l);
            a8h = x8.fma(wh, a8h);
            FloatVector x9 = FloatVector.broadcast(S, x[i + 9 * L]);
            a9l = x9.fma(wl, a9l);
            a9h = x9.fma(wh, a9h);
            FloatVector x10 = FloatVector.broadcast(S, x[i + 10 * L]);
            a10l = x10.fma(wl, a10l);
            a10h = x10.fma(wh, a10h);
            FloatVector x11 = FloatVector.broadcast(S, x[i + 11 * L]);
            a11l = x11.fma(wl, a11l);
            a11h = x11.fma(wh, a11h);
            FloatVector x12 = FloatVector.broadcast(S, x[i + 12 * L]);
            a12l = x12.fma(wl, a12l);
            a12h = x12.fma(wh, a12h);
            FloatVector x13 = FloatVector.broadcast(S, x[i + 13 * L]);
            a13l = x13.fma(wl, a13l);
            a13h = x13.fma(wh, a13h);
        }
        a0l.intoArray(y, yo);
        a0h.intoArray(y, yo + yBlock);
        a1l.intoArray(y, yo + py);
        a1h.intoArray(y, yo + py + yBlock);
        a2l.intoArray(y, yo + 2 * py);
        a2h.intoArray(y, yo + 2 * py + yBlock);
        a3l.intoArray(y, yo + 3 * py);
        a3h.intoArray(y, yo + 3 * py + yBlock);
        a4l.intoArray(y, yo + 4 * py);
        a4h.intoArray(y, yo + 4 * py + yBlock);
        a5l.intoArray(y, yo + 5 * py);
        a5h.intoArray(y, yo + 5 * py + yBlock);
        a6l.intoArray(y, yo + 6 * py);
        a6h.intoArray(y, yo + 6 * py + yBlock);
        a7l.intoArray(y, yo + 7 * py);
        a7h.intoArray(y, yo + 7 * py + yBlock);
        a8l.intoArray(y, yo + 8 * py);
        a8h.intoArray(y, yo + 8 * py + yBlock);
        a9l.intoArray(y, yo + 9 * py);
        a9h.intoArray(y, yo + 9 * py + yBlock);
        a10l.intoArray(y, yo + 10 * py);
        a10h.intoArray(y, yo + 10 * py + yBlock);
        a11l.intoArray(y, yo + 11 * py);
        a11h.intoArray(y, yo + 11 * py + yBlock);
        a12l.intoArray(y, yo + 12 * py);
        a12h.intoArray(y, yo + 12 * py + yBlock);
        a13l.intoArray(y, yo + 13 * py);
        a13h.intoArray(y, yo + 13 * py + yBlock);
    }

    static void pixels14(float[] x, int xo, int[] taps, int shift, int steps, float[] w, int wo, float[] y, int yo, int py) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector a0 = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a1 = FloatVector.broadcast(S, x[first + L]).mul(wl0);
        FloatVector a2 = FloatVector.broadcast(S, x[first + 2 * L]).mul(wl0);
        FloatVector a3 = FloatVector.broadcast(S, x[first + 3 * L]).mul(wl0);
        FloatVector a4 = FloatVector.broadcast(S, x[first + 4 * L]).mul(wl0);
        FloatVector a5 = FloatVector.broadcast(S, x[first + 5 * L]).mul(wl0);
        FloatVector a6 = FloatVector.broadcast(S, x[first + 6 * L]).mul(wl0);
        FloatVector a7 = FloatVector.broadcast(S, x[first + 7 * L]).mul(wl0);
        FloatVector a8 = FloatVector.broadcast(S, x[first + 8 * L]).mul(wl0);
        FloatVector a9 = FloatVector.broadcast(S, x[first + 9 * L]).mul(wl0);
        FloatVector a10 = FloatVector.broadcast(S, x[first + 10 * L]).mul(wl0);
        FloatVector a11 = FloatVector.broadcast(S, x[first + 11 * L]).mul(wl0);
        FloatVector a12 = FloatVector.broadcast(S, x[first + 12 * L]).mul(wl0);
        FloatVector a13 = FloatVector.broadcast(S, x[first + 13 * L]).mul(wl0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * L);
            a0 = FloatVector.broadcast(S, x[i]).fma(wl, a0);
            a1 = FloatVector.broadcast(S, x[i + L]).fma(wl, a1);
            a2 = FloatVector.broadcast(S, x[i + 2 * L]).fma(wl, a2);
            a3 = FloatVector.broadcast(S, x[i + 3 * L]).fma(wl, a3);
            a4 = FloatVector.broadcast(S, x[i + 4 * L]).fma(wl, a4);
            a5 = FloatVector.broadcast(S, x[i + 5 * L]).fma(wl, a5);
            a6 = FloatVector.broadcast(S, x[i + 6 * L]).fma(wl, a6);
            a7 = FloatVector.broadcast(S, x[i + 7 * L]).fma(wl, a7);
            a8 = FloatVector.broadcast(S, x[i + 8 * L]).fma(wl, a8);
            a9 = FloatVector.broadcast(S, x[i + 9 * L]).fma(wl, a9);
            a10 = FloatVector.broadcast(S, x[i + 10 * L]).fma(wl, a10);
            a11 = FloatVector.broadcast(S, x[i + 11 * L]).fma(wl, a11);
            a12 = FloatVector.broadcast(S, x[i + 12 * L]).fma(wl, a12);
            a13 = FloatVector.broadcast(S, x[i + 13 * L]).fma(wl, a13);
        }
        a0.intoArray(y, yo);
        a1.intoArray(y, yo + py);
        a2.intoArray(y, yo + 2 * py);
        a3.intoArray(y, yo + 3 * py);
        a4.intoArray(y, yo + 4 * py);
        a5.intoArray(y, yo + 5 * py);
        a6.intoArray(y, yo + 6 * py);
        a7.intoArray(y, yo + 7 * py);
        a8.intoArray(y, yo + 8 * py);
        a9.intoArray(y, yo + 9 * py);
        a10.intoArray(y, yo + 10 * py);
        a11.intoArray(y, yo + 11 * py);
        a12.intoArray(y, yo + 12 * py);
        a13.intoArray(y, yo + 13 * py);
    }
}
