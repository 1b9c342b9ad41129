package thaw.kernels.cpu.microkernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The micro-kernel of convolutions and matrix products: two vectors of output channels by a tile of pixels. For pixel
 * {@code p} and a tile of 2·L output channels,
 * <pre>
 * y[yo + p·py + block·yBlock + lane] = Σ_k x[xo + p·px + taps[k >> shift] + k % 2^shift] · w[wo + k·2·L + lane]
 * </pre>
 * Each step multiplies one number of {@code x} per pixel with two vectors of weights that all pixels share. A tap
 * stands for {@code 2^shift} contiguous numbers of {@code x}: the channels of a block at one filter position.
 *
 * <p>The code has one local variable per accumulator, one flat loop, and accumulators initialised by products rather than
 * by a shared zero: JDK 17's C2 needs this form to keep them in registers (nested loops over taps and channels run at 6
 * GFLOP/s there). GFLOP/s on one core whose peak is 116, JDK 17 and 25, with 64 to 512 input channels: 14 pixels 93–113, 8
 * pixels 69–84, 7 pixels 58–87, 6 pixels 63–85. With 16 vector registers (AVX2) 6 pixels are the most that fit.
 *
 * <p>The narrow tiles are slower because C2 spills integers to the vector registers that they leave free, which delays
 * addresses. {@code -XX:-UseFPUForSpilling} spills to the stack instead: 14, 8 and 7 pixels 114–116, 4 pixels 112, and
 * {@link OneVectorTaps} with 14 pixels 87 rather than 70.
 */
final class TwoVectorTaps {

    static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    static final int L = S.length();

    private TwoVectorTaps() {
    }

    static void pixels14(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yBlock) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector wh0 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a0l = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a0h = FloatVector.broadcast(S, x[first]).mul(wh0);
        FloatVector a1l = FloatVector.broadcast(S, x[first + px]).mul(wl0);
        FloatVector a1h = FloatVector.broadcast(S, x[first + px]).mul(wh0);
        FloatVector a2l = FloatVector.broadcast(S, x[first + 2 * px]).mul(wl0);
        FloatVector a2h = FloatVector.broadcast(S, x[first + 2 * px]).mul(wh0);
        FloatVector a3l = FloatVector.broadcast(S, x[first + 3 * px]).mul(wl0);
        FloatVector a3h = FloatVector.broadcast(S, x[first + 3 * px]).mul(wh0);
        FloatVector a4l = FloatVector.broadcast(S, x[first + 4 * px]).mul(wl0);
        FloatVector a4h = FloatVector.broadcast(S, x[first + 4 * px]).mul(wh0);
        FloatVector a5l = FloatVector.broadcast(S, x[first + 5 * px]).mul(wl0);
        FloatVector a5h = FloatVector.broadcast(S, x[first + 5 * px]).mul(wh0);
        FloatVector a6l = FloatVector.broadcast(S, x[first + 6 * px]).mul(wl0);
        FloatVector a6h = FloatVector.broadcast(S, x[first + 6 * px]).mul(wh0);
        FloatVector a7l = FloatVector.broadcast(S, x[first + 7 * px]).mul(wl0);
        FloatVector a7h = FloatVector.broadcast(S, x[first + 7 * px]).mul(wh0);
        FloatVector a8l = FloatVector.broadcast(S, x[first + 8 * px]).mul(wl0);
        FloatVector a8h = FloatVector.broadcast(S, x[first + 8 * px]).mul(wh0);
        FloatVector a9l = FloatVector.broadcast(S, x[first + 9 * px]).mul(wl0);
        FloatVector a9h = FloatVector.broadcast(S, x[first + 9 * px]).mul(wh0);
        FloatVector a10l = FloatVector.broadcast(S, x[first + 10 * px]).mul(wl0);
        FloatVector a10h = FloatVector.broadcast(S, x[first + 10 * px]).mul(wh0);
        FloatVector a11l = FloatVector.broadcast(S, x[first + 11 * px]).mul(wl0);
        FloatVector a11h = FloatVector.broadcast(S, x[first + 11 * px]).mul(wh0);
        FloatVector a12l = FloatVector.broadcast(S, x[first + 12 * px]).mul(wl0);
        FloatVector a12h = FloatVector.broadcast(S, x[first + 12 * px]).mul(wh0);
        FloatVector a13l = FloatVector.broadcast(S, x[first + 13 * px]).mul(wl0);
        FloatVector a13h = FloatVector.broadcast(S, x[first + 13 * px]).mul(wh0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * 2 * L);
            FloatVector wh = FloatVector.fromArray(S, w, wo + k * 2 * L + L);
            FloatVector x0 = FloatVector.broadcast(S, x[i]);
            a0l = x0.fma(wl, a0l);
            a0h = x0.fma(wh, a0h);
            FloatVector x1 = FloatVector.broadcast(S, x[i + px]);
            a1l = x1.fma(wl, a1l);
            a1h = x1.fma(wh, a1h);
            FloatVector x2 = FloatVector.broadcast(S, x[i + 2 * px]);
            a2l = x2.fma(wl, a2l);
            a2h = x2.fma(wh, a2h);
            FloatVector x3 = FloatVector.broadcast(S, x[i + 3 * px]);
            a3l = x3.fma(wl, a3l);
            a3h = x3.fma(wh, a3h);
            FloatVector x4 = FloatVector.broadcast(S, x[i + 4 * px]);
            a4l = x4.fma(wl, a4l);
            a4h = x4.fma(wh, a4h);
            FloatVector x5 = FloatVector.broadcast(S, x[i + 5 * px]);
            a5l = x5.fma(wl, a5l);
            a5h = x5.fma(wh, a5h);
            FloatVector x6 = FloatVector.broadcast(S, x[i + 6 * px]);
            a6l = x6.fma(wl, a6l);
            a6h = x6.fma(wh, a6h);
            FloatVector x7 = FloatVector.broadcast(S, x[i + 7 * px]);
            a7l = x7.fma(wl, a7l);
            a7h = x7.fma(wh, a7h);
            FloatVector x8 = FloatVector.broadcast(S, x[i + 8 * px]);
            a8l = x8.fma(wl, a8l);
            a8h = x8.fma(wh, a8h);
            FloatVector x9 = FloatVector.broadcast(S, x[i + 9 * px]);
            a9l = x9.fma(wl, a9l);
            a9h = x9.fma(wh, a9h);
            FloatVector x10 = FloatVector.broadcast(S, x[i + 10 * px]);
            a10l = x10.fma(wl, a10l);
            a10h = x10.fma(wh, a10h);
            FloatVector x11 = FloatVector.broadcast(S, x[i + 11 * px]);
            a11l = x11.fma(wl, a11l);
            a11h = x11.fma(wh, a11h);
            FloatVector x12 = FloatVector.broadcast(S, x[i + 12 * px]);
            a12l = x12.fma(wl, a12l);
            a12h = x12.fma(wh, a12h);
            FloatVector x13 = FloatVector.broadcast(S, x[i + 13 * px]);
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

    static void pixels8(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yBlock) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector wh0 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a0l = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a0h = FloatVector.broadcast(S, x[first]).mul(wh0);
        FloatVector a1l = FloatVector.broadcast(S, x[first + px]).mul(wl0);
        FloatVector a1h = FloatVector.broadcast(S, x[first + px]).mul(wh0);
        FloatVector a2l = FloatVector.broadcast(S, x[first + 2 * px]).mul(wl0);
        FloatVector a2h = FloatVector.broadcast(S, x[first + 2 * px]).mul(wh0);
        FloatVector a3l = FloatVector.broadcast(S, x[first + 3 * px]).mul(wl0);
        FloatVector a3h = FloatVector.broadcast(S, x[first + 3 * px]).mul(wh0);
        FloatVector a4l = FloatVector.broadcast(S, x[first + 4 * px]).mul(wl0);
        FloatVector a4h = FloatVector.broadcast(S, x[first + 4 * px]).mul(wh0);
        FloatVector a5l = FloatVector.broadcast(S, x[first + 5 * px]).mul(wl0);
        FloatVector a5h = FloatVector.broadcast(S, x[first + 5 * px]).mul(wh0);
        FloatVector a6l = FloatVector.broadcast(S, x[first + 6 * px]).mul(wl0);
        FloatVector a6h = FloatVector.broadcast(S, x[first + 6 * px]).mul(wh0);
        FloatVector a7l = FloatVector.broadcast(S, x[first + 7 * px]).mul(wl0);
        FloatVector a7h = FloatVector.broadcast(S, x[first + 7 * px]).mul(wh0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * 2 * L);
            FloatVector wh = FloatVector.fromArray(S, w, wo + k * 2 * L + L);
            FloatVector x0 = FloatVector.broadcast(S, x[i]);
            a0l = x0.fma(wl, a0l);
            a0h = x0.fma(wh, a0h);
            FloatVector x1 = FloatVector.broadcast(S, x[i + px]);
            a1l = x1.fma(wl, a1l);
            a1h = x1.fma(wh, a1h);
            FloatVector x2 = FloatVector.broadcast(S, x[i + 2 * px]);
            a2l = x2.fma(wl, a2l);
            a2h = x2.fma(wh, a2h);
            FloatVector x3 = FloatVector.broadcast(S, x[i + 3 * px]);
            a3l = x3.fma(wl, a3l);
            a3h = x3.fma(wh, a3h);
            FloatVector x4 = FloatVector.broadcast(S, x[i + 4 * px]);
            a4l = x4.fma(wl, a4l);
            a4h = x4.fma(wh, a4h);
            FloatVector x5 = FloatVector.broadcast(S, x[i + 5 * px]);
            a5l = x5.fma(wl, a5l);
            a5h = x5.fma(wh, a5h);
            FloatVector x6 = FloatVector.broadcast(S, x[i + 6 * px]);
            a6l = x6.fma(wl, a6l);
            a6h = x6.fma(wh, a6h);
            FloatVector x7 = FloatVector.broadcast(S, x[i + 7 * px]);
            a7l = x7.fma(wl, a7l);
            a7h = x7.fma(wh, a7h);
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
    }

    static void pixels7(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yBlock) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector wh0 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a0l = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a0h = FloatVector.broadcast(S, x[first]).mul(wh0);
        FloatVector a1l = FloatVector.broadcast(S, x[first + px]).mul(wl0);
        FloatVector a1h = FloatVector.broadcast(S, x[first + px]).mul(wh0);
        FloatVector a2l = FloatVector.broadcast(S, x[first + 2 * px]).mul(wl0);
        FloatVector a2h = FloatVector.broadcast(S, x[first + 2 * px]).mul(wh0);
        FloatVector a3l = FloatVector.broadcast(S, x[first + 3 * px]).mul(wl0);
        FloatVector a3h = FloatVector.broadcast(S, x[first + 3 * px]).mul(wh0);
        FloatVector a4l = FloatVector.broadcast(S, x[first + 4 * px]).mul(wl0);
        FloatVector a4h = FloatVector.broadcast(S, x[first + 4 * px]).mul(wh0);
        FloatVector a5l = FloatVector.broadcast(S, x[first + 5 * px]).mul(wl0);
        FloatVector a5h = FloatVector.broadcast(S, x[first + 5 * px]).mul(wh0);
        FloatVector a6l = FloatVector.broadcast(S, x[first + 6 * px]).mul(wl0);
        FloatVector a6h = FloatVector.broadcast(S, x[first + 6 * px]).mul(wh0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * 2 * L);
            FloatVector wh = FloatVector.fromArray(S, w, wo + k * 2 * L + L);
            FloatVector x0 = FloatVector.broadcast(S, x[i]);
            a0l = x0.fma(wl, a0l);
            a0h = x0.fma(wh, a0h);
            FloatVector x1 = FloatVector.broadcast(S, x[i + px]);
            a1l = x1.fma(wl, a1l);
            a1h = x1.fma(wh, a1h);
            FloatVector x2 = FloatVector.broadcast(S, x[i + 2 * px]);
            a2l = x2.fma(wl, a2l);
            a2h = x2.fma(wh, a2h);
            FloatVector x3 = FloatVector.broadcast(S, x[i + 3 * px]);
            a3l = x3.fma(wl, a3l);
            a3h = x3.fma(wh, a3h);
            FloatVector x4 = FloatVector.broadcast(S, x[i + 4 * px]);
            a4l = x4.fma(wl, a4l);
            a4h = x4.fma(wh, a4h);
            FloatVector x5 = FloatVector.broadcast(S, x[i + 5 * px]);
            a5l = x5.fma(wl, a5l);
            a5h = x5.fma(wh, a5h);
            FloatVector x6 = FloatVector.broadcast(S, x[i + 6 * px]);
            a6l = x6.fma(wl, a6l);
            a6h = x6.fma(wh, a6h);
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
    }

    static void pixels6(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yBlock) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector wh0 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a0l = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a0h = FloatVector.broadcast(S, x[first]).mul(wh0);
        FloatVector a1l = FloatVector.broadcast(S, x[first + px]).mul(wl0);
        FloatVector a1h = FloatVector.broadcast(S, x[first + px]).mul(wh0);
        FloatVector a2l = FloatVector.broadcast(S, x[first + 2 * px]).mul(wl0);
        FloatVector a2h = FloatVector.broadcast(S, x[first + 2 * px]).mul(wh0);
        FloatVector a3l = FloatVector.broadcast(S, x[first + 3 * px]).mul(wl0);
        FloatVector a3h = FloatVector.broadcast(S, x[first + 3 * px]).mul(wh0);
        FloatVector a4l = FloatVector.broadcast(S, x[first + 4 * px]).mul(wl0);
        FloatVector a4h = FloatVector.broadcast(S, x[first + 4 * px]).mul(wh0);
        FloatVector a5l = FloatVector.broadcast(S, x[first + 5 * px]).mul(wl0);
        FloatVector a5h = FloatVector.broadcast(S, x[first + 5 * px]).mul(wh0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * 2 * L);
            FloatVector wh = FloatVector.fromArray(S, w, wo + k * 2 * L + L);
            FloatVector x0 = FloatVector.broadcast(S, x[i]);
            a0l = x0.fma(wl, a0l);
            a0h = x0.fma(wh, a0h);
            FloatVector x1 = FloatVector.broadcast(S, x[i + px]);
            a1l = x1.fma(wl, a1l);
            a1h = x1.fma(wh, a1h);
            FloatVector x2 = FloatVector.broadcast(S, x[i + 2 * px]);
            a2l = x2.fma(wl, a2l);
            a2h = x2.fma(wh, a2h);
            FloatVector x3 = FloatVector.broadcast(S, x[i + 3 * px]);
            a3l = x3.fma(wl, a3l);
            a3h = x3.fma(wh, a3h);
            FloatVector x4 = FloatVector.broadcast(S, x[i + 4 * px]);
            a4l = x4.fma(wl, a4l);
            a4h = x4.fma(wh, a4h);
            FloatVector x5 = FloatVector.broadcast(S, x[i + 5 * px]);
            a5l = x5.fma(wl, a5l);
            a5h = x5.fma(wh, a5h);
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
    }

    static void pixels4(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yBlock) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector wh0 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a0l = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a0h = FloatVector.broadcast(S, x[first]).mul(wh0);
        FloatVector a1l = FloatVector.broadcast(S, x[first + px]).mul(wl0);
        FloatVector a1h = FloatVector.broadcast(S, x[first + px]).mul(wh0);
        FloatVector a2l = FloatVector.broadcast(S, x[first + 2 * px]).mul(wl0);
        FloatVector a2h = FloatVector.broadcast(S, x[first + 2 * px]).mul(wh0);
        FloatVector a3l = FloatVector.broadcast(S, x[first + 3 * px]).mul(wl0);
        FloatVector a3h = FloatVector.broadcast(S, x[first + 3 * px]).mul(wh0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * 2 * L);
            FloatVector wh = FloatVector.fromArray(S, w, wo + k * 2 * L + L);
            FloatVector x0 = FloatVector.broadcast(S, x[i]);
            a0l = x0.fma(wl, a0l);
            a0h = x0.fma(wh, a0h);
            FloatVector x1 = FloatVector.broadcast(S, x[i + px]);
            a1l = x1.fma(wl, a1l);
            a1h = x1.fma(wh, a1h);
            FloatVector x2 = FloatVector.broadcast(S, x[i + 2 * px]);
            a2l = x2.fma(wl, a2l);
            a2h = x2.fma(wh, a2h);
            FloatVector x3 = FloatVector.broadcast(S, x[i + 3 * px]);
            a3l = x3.fma(wl, a3l);
            a3h = x3.fma(wh, a3h);
        }
        a0l.intoArray(y, yo);
        a0h.intoArray(y, yo + yBlock);
        a1l.intoArray(y, yo + py);
        a1h.intoArray(y, yo + py + yBlock);
        a2l.intoArray(y, yo + 2 * py);
        a2h.intoArray(y, yo + 2 * py + yBlock);
        a3l.intoArray(y, yo + 3 * py);
        a3h.intoArray(y, yo + 3 * py + yBlock);
    }

    static void pixels1(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yBlock) {
        int first = xo + taps[0];
        FloatVector wl0 = FloatVector.fromArray(S, w, wo);
        FloatVector wh0 = FloatVector.fromArray(S, w, wo + L);
        FloatVector a0l = FloatVector.broadcast(S, x[first]).mul(wl0);
        FloatVector a0h = FloatVector.broadcast(S, x[first]).mul(wh0);
        int mask = (1 << shift) - 1;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            FloatVector wl = FloatVector.fromArray(S, w, wo + k * 2 * L);
            FloatVector wh = FloatVector.fromArray(S, w, wo + k * 2 * L + L);
            FloatVector x0 = FloatVector.broadcast(S, x[i]);
            a0l = x0.fma(wl, a0l);
            a0h = x0.fma(wh, a0h);
        }
        a0l.intoArray(y, yo);
        a0h.intoArray(y, yo + yBlock);
    }
}
