package thaw.kernels.cpu.microkernel;

/**
 * The loops over channel blocks in which a prediction spends its time, in two forms that give the same bits: by the Vector API,
 * and by scalar code. Scalar code is six times slower than vectors once C2 has compiled both, and ready more than a second
 * earlier: a process's first prediction uses it.
 */
public final class BlockLoops {

    private final int lanes;
    private volatile boolean vectors = true;

    public BlockLoops(int lanes) {
        this.lanes = lanes;
    }

    /** The number of channels in a block. */
    public int lanes() {
        return lanes;
    }

    /** Whether loops run by the Vector API; may change at any time. */
    public boolean vectors() {
        return vectors;
    }

    public void useVectors(boolean whether) {
        vectors = whether;
    }

    /** A row of pixels, summed over taps by the micro-kernels; see {@link PixelRow#run}. */
    public void pixels(int pixels, int tile, int blocks, float[] x, int xo, int px, int[] taps, int shift, int steps,
            float[] w, int wo, BlockedEpilogue epilogue, int channel, float[] y, int yo, int py, int yBlock) {
        if (vectors) {
            PixelRow.run(pixels, tile, blocks, x, xo, px, taps, shift, steps, w, wo, epilogue, channel, y, yo, py, yBlock);
        } else {
            ScalarTaps.run(lanes, pixels, blocks, x, xo, px, taps, shift, steps, w, wo, epilogue, channel, y, yo, py, yBlock);
        }
    }
}
