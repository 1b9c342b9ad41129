package thaw.kernels.cpu.microkernel;

/**
 * An {@link thaw.kernels.Epilogue} in channel blocks: {@code y = act(scale·y + shift + residual)}.
 *
 * @param scale    one number per channel, padded to whole tiles; 1 if there is no scale
 * @param shift    one number per channel, padded likewise; 0 if there is no shift, and 0 for padding channels, which
 *     must stay zero
 * @param residual in the result's layout; null for none
 * @param relu     whether act is {@code max(·, 0)}, rather than the identity
 */
public record BlockedEpilogue(float[] scale, float[] shift, float[] residual, boolean relu) {

    /** {@link PixelEpilogue#apply} in scalar code, with the same bits. */
    public void apply(int lanes, int channel, float[] y, int yo, int py, int pixels) {
        for (int i = yo; i < yo + pixels * py; i += py) {
            pixel(lanes, scale, shift, channel, residual, relu, y, i);
        }
    }

    private static void pixel(int lanes, float[] scale, float[] shift, int channel, float[] residual, boolean relu, float[] y,
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
}
