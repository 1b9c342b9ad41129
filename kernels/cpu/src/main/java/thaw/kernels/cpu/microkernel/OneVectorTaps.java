package thaw.kernels.cpu.microkernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The micro-kernel of convolutions and matrix products: one vector of output channels by a tile of pixels. For pixel
 * {@code p} and a tile of L output channels,
 * <pre>
 * y[yo + p·py + lane] = Σ_k x[xo + p·px + taps[k >> shift] + k % 2^shift] · w[wo + k·L + lane]
 * </pre>
 * Each step multiplies one number of {@code x} per pixel with a vector of weights that all pixels share. A tap
 * stands for {@code 2^shift} contiguous numbers of {@code x}: the channels of a block at one filter position.
 *
 * <p>Used for a last odd block of output channels, and for narrow layers. With one vector of weights per load of {@code x}
 * it is bound by loads: 14 pixels 57–70 GFLOP/s on a core whose peak is 116.
 */
final class OneVectorTaps {

    static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    static final int L = S.length();

    private OneVectorTaps() {
    }

    static void pixels14(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector a0 = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a1 = FloatVector.broadcast(S, x[first + px]).mul(wl0);
        FloatVector a2 = FloatVector.broadcast(S, x[first + 2 * px]).mul(wl0);
        FloatVector a3 = FloatVector.broadcast(S, x[first + 3 * px]).mul(wl0);
        FloatVector a4 = FloatVector.broadcast(S, x[first + 4 * px]).mul(wl0);
        FloatVector a5 = FloatVector.broadcast(S, x[first + 5 * px]).mul(wl0);
        FloatVector a6 = FloatVector.broadcast(S, x[first + 6 * px]).mul(wl0);
        FloatVector a7 = FloatVector.broadcast(S, x[first + 7 * px]).mul(wl0);
        FloatVector a8 = FloatVector.broadcast(S, x[first + 8 * px]).mul(wl0);
        FloatVector a9 = FloatVector.broadcast(S, x[first + 9 * px]).mul(wl0);
        FloatVector a10 = FloatVector.broadcast(S, x[first + 10 * px]).mul(wl0);
        FloatVector a11 = FloatVector.broadcast(S, x[first + 11 * px]).mul(wl0);
        FloatVector a12 = FloatVector.broadcast(S, x[first + 12 * px]).mul(wl0);
        FloatVector a13 = FloatVector.broadcast(S, x[first + 13 * px]).mul(wl0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * L);
            a0 = FloatVector.broadcast(S, x[i]).fma(wl, a0);
            a1 = FloatVector.broadcast(S, x[i + px]).fma(wl, a1);
            a2 = FloatVector.broadcast(S, x[i + 2 * px]).fma(wl, a2);
            a3 = FloatVector.broadcast(S, x[i + 3 * px]).fma(wl, a3);
            a4 = FloatVector.broadcast(S, x[i + 4 * px]).fma(wl, a4);
            a5 = FloatVector.broadcast(S, x[i + 5 * px]).fma(wl, a5);
            a6 = FloatVector.broadcast(S, x[i + 6 * px]).fma(wl, a6);
            a7 = FloatVector.broadcast(S, x[i + 7 * px]).fma(wl, a7);
            a8 = FloatVector.broadcast(S, x[i + 8 * px]).fma(wl, a8);
            a9 = FloatVector.broadcast(S, x[i + 9 * px]).fma(wl, a9);
            a10 = FloatVector.broadcast(S, x[i + 10 * px]).fma(wl, a10);
            a11 = FloatVector.broadcast(S, x[i + 11 * px]).fma(wl, a11);
            a12 = FloatVector.broadcast(S, x[i + 12 * px]).fma(wl, a12);
            a13 = FloatVector.broadcast(S, x[i + 13 * px]).fma(wl, a13);
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

    static void pixels8(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector a0 = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a1 = FloatVector.broadcast(S, x[first + px]).mul(wl0);
        FloatVector a2 = FloatVector.broadcast(S, x[first + 2 * px]).mul(wl0);
        FloatVector a3 = FloatVector.broadcast(S, x[first + 3 * px]).mul(wl0);
        FloatVector a4 = FloatVector.broadcast(S, x[first + 4 * px]).mul(wl0);
        FloatVector a5 = FloatVector.broadcast(S, x[first + 5 * px]).mul(wl0);
        FloatVector a6 = FloatVector.broadcast(S, x[first + 6 * px]).mul(wl0);
        FloatVector a7 = FloatVector.broadcast(S, x[first + 7 * px]).mul(wl0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * L);
            a0 = FloatVector.broadcast(S, x[i]).fma(wl, a0);
            a1 = FloatVector.broadcast(S, x[i + px]).fma(wl, a1);
            a2 = FloatVector.broadcast(S, x[i + 2 * px]).fma(wl, a2);
            a3 = FloatVector.broadcast(S, x[i + 3 * px]).fma(wl, a3);
            a4 = FloatVector.broadcast(S, x[i + 4 * px]).fma(wl, a4);
            a5 = FloatVector.broadcast(S, x[i + 5 * px]).fma(wl, a5);
            a6 = FloatVector.broadcast(S, x[i + 6 * px]).fma(wl, a6);
            a7 = FloatVector.broadcast(S, x[i + 7 * px]).fma(wl, a7);
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

    static void pixels7(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector a0 = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a1 = FloatVector.broadcast(S, x[first + px]).mul(wl0);
        FloatVector a2 = FloatVector.broadcast(S, x[first + 2 * px]).mul(wl0);
        FloatVector a3 = FloatVector.broadcast(S, x[first + 3 * px]).mul(wl0);
        FloatVector a4 = FloatVector.broadcast(S, x[first + 4 * px]).mul(wl0);
        FloatVector a5 = FloatVector.broadcast(S, x[first + 5 * px]).mul(wl0);
        FloatVector a6 = FloatVector.broadcast(S, x[first + 6 * px]).mul(wl0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * L);
            a0 = FloatVector.broadcast(S, x[i]).fma(wl, a0);
            a1 = FloatVector.broadcast(S, x[i + px]).fma(wl, a1);
            a2 = FloatVector.broadcast(S, x[i + 2 * px]).fma(wl, a2);
            a3 = FloatVector.broadcast(S, x[i + 3 * px]).fma(wl, a3);
            a4 = FloatVector.broadcast(S, x[i + 4 * px]).fma(wl, a4);
            a5 = FloatVector.broadcast(S, x[i + 5 * px]).fma(wl, a5);
            a6 = FloatVector.broadcast(S, x[i + 6 * px]).fma(wl, a6);
        }
        a0.intoArray(y, yo);
        a1.intoArray(y, yo + py);
        a2.intoArray(y, yo + 2 * py);
        a3.intoArray(y, yo + 3 * py);
        a4.intoArray(y, yo + 4 * py);
        a5.intoArray(y, yo + 5 * py);
        a6.intoArray(y, yo + 6 * py);
    }

    static void pixels4(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector a0 = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a1 = FloatVector.broadcast(S, x[first + px]).mul(wl0);
        FloatVector a2 = FloatVector.broadcast(S, x[first + 2 * px]).mul(wl0);
        FloatVector a3 = FloatVector.broadcast(S, x[first + 3 * px]).mul(wl0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * L);
            a0 = FloatVector.broadcast(S, x[i]).fma(wl, a0);
            a1 = FloatVector.broadcast(S, x[i + px]).fma(wl, a1);
            a2 = FloatVector.broadcast(S, x[i + 2 * px]).fma(wl, a2);
            a3 = FloatVector.broadcast(S, x[i + 3 * px]).fma(wl, a3);
        }
        a0.intoArray(y, yo);
        a1.intoArray(y, yo + py);
        a2.intoArray(y, yo + 2 * py);
        a3.intoArray(y, yo + 3 * py);
    }

    static void pixels1(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector a0 = FloatVector.broadcast(S, x[first]).mul(wl0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * L);
            a0 = FloatVector.broadcast(S, x[i]).fma(wl, a0);
        }
        a0.intoArray(y, yo);
    }
}
