package thaw.kernels.cpu;

/**
 * An {@link thaw.kernels.Epilogue} as the kernels on channel blocks take it: {@code y = act(scale·y + shift + residual)}.
 *
 * @param scale    one number a channel, filled up to whole tiles; 1 where there is no scale
 * @param shift    likewise, 0 where there is no shift, and 0 for the channels that fill up a block, which must stay zero
 * @param residual lies as the result does; null for none
 * @param relu     whether act is {@code max(·, 0)}, rather than the identity
 */
record BlockedEpilogue(float[] scale, float[] shift, float[] residual, boolean relu) {
}
