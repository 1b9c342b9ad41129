package thaw.kernels.cpu.microkernel;

/**
 * The sum over taps of {@link TapKernels} in scalar code, in the same order and therefore with the same bits: 4 pixels
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
                ScalarTapKernels.pixels1channels4(x, xo + p * px, px, taps, shift, steps, w, wo, width, y, yo + p * py, py);
            }
            return;
        }
        for (int p = 0; p < pixels; p += TILE) {
            int at = Math.min(p, pixels - TILE);
            ScalarTapKernels.pixels4channels4(x, xo + at * px, px, taps, shift, steps, w, wo, width, y, yo + at * py, py);
        }
    }
}
