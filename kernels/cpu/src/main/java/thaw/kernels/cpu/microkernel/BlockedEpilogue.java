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
}
