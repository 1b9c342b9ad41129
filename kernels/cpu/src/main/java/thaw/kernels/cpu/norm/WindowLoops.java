package thaw.kernels.cpu.norm;

/** Loops over a window of pixels of one channel block; see {@link LaneLoops} for their layout. */
public interface WindowLoops {

    /** The number of channels in a block. */
    int lanes();

    /**
     * The largest value in a window of pixels, and its index in the image; the first among equals, and NaN above all.
     *
     * @param first the index of the window's first pixel in its image, which begins at {@code xo}
     * @param width the width of the image
     * @param index null if not needed
     */
    void maxOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float[] max, float[] index, int o);

    /** {@code y[lane] = factor · Σ x} over a window of pixels; see {@link #maxOfWindow}. */
    void sumOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float factor, float[] y, int o);
}
