package thaw.kernels.cpu.microkernel;

/**
 * The sum over taps of {@link TwoVectorTaps} in scalar code, in the same order and therefore with the same bits: 4 pixels
 * by 4 channels in local variables, of which C1 keeps as many in registers as it can. GFLOP/s on a core whose peak on
 * vectors is 116: 4 by C1, which compiles it within milliseconds and counts its invocations, and 8 by C2.
 */
public final class ScalarTaps {

    /** Pixels, and channels, per tile. */
    private static final int TILE = 4;

    private ScalarTaps() {
    }

    /** See {@link PixelRow#run}. */
    static void run(int lanes, int pixels, int blocks, float[] x, int xo, int px, int[] taps, int shift, int steps,
            float[] w, int wo, BlockedEpilogue epilogue, int channel, float[] y, int yo, int py, int yBlock) {
        for (int block = 0; block < blocks; block++) {
            for (int lane = 0; lane < lanes; lane += TILE) {
                row(pixels, x, xo, px, taps, shift, steps, w, wo + block * lanes + lane, blocks * lanes,
                        y, yo + block * yBlock + lane, py);
            }
        }
        if (epilogue != null) {
            for (int block = 0; block < blocks; block++) {
                epilogue(lanes, pixels, epilogue, channel + block * lanes, y, yo + block * yBlock, py);
            }
        }
    }

    /** See {@link PixelEpilogue#apply}. */
    public static void epilogue(int lanes, int pixels, BlockedEpilogue e, int channel, float[] y, int yo, int py) {
        for (int i = yo; i < yo + pixels * py; i += py) {
            epilogue(lanes, e.scale(), e.shift(), channel, e.residual(), e.relu(), y, i);
        }
    }

    private static void epilogue(int lanes, float[] scale, float[] shift, int channel, float[] residual, boolean relu, float[] y,
            int yo) {
        for (int lane = 0; lane < lanes; lane++) {
            float v = Math.fma(y[yo + lane], scale[channel + lane], shift[channel + lane]);
            if (residual != null) {
                v += residual[yo + lane];
            }
            // The maximum with 0, NaN and −0 included. Math.max would be a call until C2 compiles it.
            y[yo + lane] = relu && v <= 0 ? 0 : v;
        }
    }

    /** A row of pixels by four channels. The last tile is shifted back over pixels whose sums it recomputes. */
    private static void row(int pixels, float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo, int width,
            float[] y, int yo, int py) {
        if (pixels < TILE) {
            for (int p = 0; p < pixels; p++) {
                oneByFour(x, xo + p * px, taps, shift, steps, w, wo, width, y, yo + p * py);
            }
            return;
        }
        for (int p = 0; p < pixels; p += TILE) {
            int at = Math.min(p, pixels - TILE);
            fourByFour(x, xo + at * px, px, taps, shift, steps, w, wo, width, y, yo + at * py, py);
        }
    }

    /**
     * Four pixels by four channels; the arguments are those of {@link TwoVectorTaps}.
     *
     * @param width floats of weights from one step to the next
     */
    private static void fourByFour(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo, int width,
            float[] y, int yo, int py) {
        int first = xo + taps[0];
        float x0 = x[first];
        float x1 = x[first + px];
        float x2 = x[first + 2 * px];
        float x3 = x[first + 3 * px];
        float w0 = w[wo];
        float w1 = w[wo + 1];
        float w2 = w[wo + 2];
        float w3 = w[wo + 3];
        float a00 = x0 * w0;
        float a01 = x0 * w1;
        float a02 = x0 * w2;
        float a03 = x0 * w3;
        float a10 = x1 * w0;
        float a11 = x1 * w1;
        float a12 = x1 * w2;
        float a13 = x1 * w3;
        float a20 = x2 * w0;
        float a21 = x2 * w1;
        float a22 = x2 * w2;
        float a23 = x2 * w3;
        float a30 = x3 * w0;
        float a31 = x3 * w1;
        float a32 = x3 * w2;
        float a33 = x3 * w3;
        int mask = (1 << shift) - 1;
        int at = wo;
        for (int k = 1; k < steps; k++) {
            int i = xo + taps[k >> shift] + (k & mask);
            at += width;
            w0 = w[at];
            w1 = w[at + 1];
            w2 = w[at + 2];
            w3 = w[at + 3];
            x0 = x[i];
            a00 = Math.fma(x0, w0, a00);
            a01 = Math.fma(x0, w1, a01);
            a02 = Math.fma(x0, w2, a02);
            a03 = Math.fma(x0, w3, a03);
            x1 = x[i + px];
            a10 = Math.fma(x1, w0, a10);
            a11 = Math.fma(x1, w1, a11);
            a12 = Math.fma(x1, w2, a12);
            a13 = Math.fma(x1, w3, a13);
            x2 = x[i + 2 * px];
            a20 = Math.fma(x2, w0, a20);
            a21 = Math.fma(x2, w1, a21);
            a22 = Math.fma(x2, w2, a22);
            a23 = Math.fma(x2, w3, a23);
            x3 = x[i + 3 * px];
            a30 = Math.fma(x3, w0, a30);
            a31 = Math.fma(x3, w1, a31);
            a32 = Math.fma(x3, w2, a32);
            a33 = Math.fma(x3, w3, a33);
        }
        store(a00, a01, a02, a03, y, yo);
        store(a10, a11, a12, a13, y, yo + py);
        store(a20, a21, a22, a23, y, yo + 2 * py);
        store(a30, a31, a32, a33, y, yo + 3 * py);
    }

    /** One pixel by four channels. */
    private static void oneByFour(float[] x, int xo, int[] taps, int shift, int steps, float[] w, int wo, int width,
            float[] y, int yo) {
        float x0 = x[xo + taps[0]];
        float a0 = x0 * w[wo];
        float a1 = x0 * w[wo + 1];
        float a2 = x0 * w[wo + 2];
        float a3 = x0 * w[wo + 3];
        int mask = (1 << shift) - 1;
        int at = wo;
        for (int k = 1; k < steps; k++) {
            x0 = x[xo + taps[k >> shift] + (k & mask)];
            at += width;
            a0 = Math.fma(x0, w[at], a0);
            a1 = Math.fma(x0, w[at + 1], a1);
            a2 = Math.fma(x0, w[at + 2], a2);
            a3 = Math.fma(x0, w[at + 3], a3);
        }
        store(a0, a1, a2, a3, y, yo);
    }

    private static void store(float a0, float a1, float a2, float a3, float[] y, int yo) {
        y[yo] = a0;
        y[yo + 1] = a1;
        y[yo + 2] = a2;
        y[yo + 3] = a3;
    }
}
