package thaw.kernels.cpu.norm;

import org.jspecify.annotations.Nullable;

/**
 * Loops over the pixels of one channel block that the Java compiler does not vectorise by itself. A block's pixels are
 * contiguous, each with {@link #lanes()} channels side by side; per-channel numbers (means, factors) are {@code lanes()}
 * floats from an offset.
 *
 * <p>{@link VectorLaneLoops} has one vector's width of lanes; {@link ScalarLaneLoops} gives its bits without the Vector API.
 */
public interface LaneLoops {

    /** The number of channels in a block. */
    int lanes();

    /**
     * The largest value in a window of pixels, and its index in the image; the first among equals, and NaN above all.
     *
     * @param first the index of the window's first pixel in its image, which begins at {@code xo}
     * @param width the width of the image
     * @param index null if not needed
     */
    void maxOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float[] max,
            float @Nullable [] index, int o);

    /** {@code y[lane] = factor · Σ x} over a window of pixels; see {@link #maxOfWindow}. */
    void sumOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float factor, float[] y, int o);

    /** {@code out[lane] = Σ x} over the pixels. */
    void sum(float[] x, int xo, int pixels, float[] out, int o);

    /** {@code out[lane] = Σ (x − mean)²} over the pixels. */
    void sumOfSquaredDifferences(float[] x, int xo, int pixels, float[] mean, int mo, float[] out, int o);

    /** {@code outG[lane] = Σ g} and {@code outGx[lane] = Σ g·(x − mean)} over the pixels. */
    void sumWithProduct(float[] g, int go, float[] x, int xo, int pixels, float[] mean, int mo,
            float[] outG, float[] outGx, int o);

    /**
     * {@code y = max(a·(x − mean) + b, floor)}. Takes the difference first because {@code a·x} and {@code a·mean} may
     * nearly cancel. {@code y} may be {@code x}.
     *
     * @param floor 0 for a ReLU, −∞ for none
     */
    void normalize(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float floor, float[] y, int yo);

    /** {@code y = max(a·(x − mean) + b + residual, floor)}; the residual begins at {@code yo}, like {@code y}. */
    void normalizeAndAdd(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float[] residual,
            float floor, float[] y, int yo);

    /** {@code y = a·g + b·(x − mean) + c}; {@code y} may be {@code g}. */
    void combine(float[] g, int go, float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, float[] c, int o,
            float[] y, int yo);

    /** {@code out = y <= 0 ? 0 : g}, for the elements {@code from … to − 1}. */
    void reluGradient(float[] g, float[] y, float[] out, int from, int to);
}
