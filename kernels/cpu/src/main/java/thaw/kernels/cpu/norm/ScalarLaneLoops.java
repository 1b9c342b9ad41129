package thaw.kernels.cpu.norm;

import static thaw.kernels.cpu.microkernel.FusedMultiplyAdd.fma;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/** {@link LaneLoops} in scalar code, with the bits of {@link VectorLaneLoops}. */
public final class ScalarLaneLoops implements LaneLoops {

    /** Arrays of one call, and their length in pixels: the most accumulators of a sum. */
    private static final int ARRAYS = 5;
    private static final int PIXELS = 4;

    private final int lanes;
    private final ConcurrentLinkedDeque<float[][]> free = new ConcurrentLinkedDeque<>();

    /** @param lanes a power of two */
    public ScalarLaneLoops(int lanes) {
        this.lanes = lanes;
    }

    @Override
    public int lanes() {
        return lanes;
    }

    /**
     * The floats that sums add at a time: of some neighbouring pixels, each with accumulators of its own, or of one if there are few.
     * Arrays of this length, walked over by one bare index, let the compiler vectorise.
     */
    private int together(int pixels, int chains) {
        return pixels >= 2 * chains ? chains * lanes : lanes;
    }

    private float[][] take() {
        float[][] arrays = free.poll();
        return arrays != null ? arrays : new float[ARRAYS][PIXELS * lanes];
    }

    /** Clears accumulators: −0 and a first number add up to that number, even if it is −0. */
    private static float[] cleared(float[] sums, int length) {
        Arrays.fill(sums, 0, length, -0f);
        return sums;
    }

    /** One number per lane repeated. */
    private float[] repeated(float[] numbers, int o, float[] out, int length) {
        for (int i = 0; i < length; i += lanes) {
            System.arraycopy(numbers, o, out, i, lanes);
        }
        return out;
    }

    /** Adds up the accumulators of each lane, in pairs. */
    private void join(float[] sums, int length, float[] out, int o) {
        for (int lane = 0; lane < lanes; lane++) {
            float s = sums[lane];
            if (length > lanes) {
                s += sums[lanes + lane];
            }
            if (length > 2 * lanes) {
                s += sums[2 * lanes + lane] + sums[3 * lanes + lane];
            }
            out[o + lane] = s;
        }
    }

    @Override
    public void sum(float[] x, int xo, int pixels, float[] out, int o) {
        int n = together(pixels, 4);
        float[][] arrays = take();
        float[] sums = cleared(arrays[0], n);
        float[] part = arrays[1];
        int i = 0;
        for (; i + n <= pixels * lanes; i += n) {
            System.arraycopy(x, xo + i, part, 0, n);
            add(part, sums, n);
        }
        join(sums, n, out, o);
        for (; i < pixels * lanes; i++) {
            out[o + (i & lanes - 1)] += x[xo + i];
        }
        free.push(arrays);
    }

    private static void add(float[] x, float[] sums, int n) {
        for (int j = 0; j < n; j++) {
            sums[j] += x[j];
        }
    }

    @Override
    public void sumOfSquaredDifferences(float[] x, int xo, int pixels, float[] mean, int mo, float[] out, int o) {
        int n = together(pixels, 4);
        float[][] arrays = take();
        float[] sums = cleared(arrays[0], n);
        float[] part = arrays[1];
        float[] means = repeated(mean, mo, arrays[2], n);
        int i = 0;
        for (; i + n <= pixels * lanes; i += n) {
            System.arraycopy(x, xo + i, part, 0, n);
            addSquares(part, means, sums, n);
        }
        join(sums, n, out, o);
        for (; i < pixels * lanes; i++) {
            float d = x[xo + i] - means[i & lanes - 1];
            out[o + (i & lanes - 1)] = fma(d, d, out[o + (i & lanes - 1)]);
        }
        free.push(arrays);
    }

    private static void addSquares(float[] x, float[] mean, float[] sums, int n) {
        for (int j = 0; j < n; j++) {
            float d = x[j] - mean[j];
            sums[j] = fma(d, d, sums[j]);
        }
    }

    @Override
    public void sumWithProduct(float[] g, int go, float[] x, int xo, int pixels, float[] mean, int mo,
            float[] outG, float[] outGx, int o) {
        int n = together(pixels, 2);
        float[][] arrays = take();
        float[] sums = cleared(arrays[0], n);
        float[] products = cleared(arrays[1], n);
        float[] partG = arrays[2];
        float[] partX = arrays[3];
        float[] means = repeated(mean, mo, arrays[4], n);
        int i = 0;
        for (; i + n <= pixels * lanes; i += n) {
            System.arraycopy(g, go + i, partG, 0, n);
            System.arraycopy(x, xo + i, partX, 0, n);
            add(partG, sums, n);
            addProducts(partG, partX, means, products, n);
        }
        join(sums, n, outG, o);
        join(products, n, outGx, o);
        for (; i < pixels * lanes; i++) {
            int lane = i & lanes - 1;
            outG[o + lane] += g[go + i];
            outGx[o + lane] = fma(g[go + i], x[xo + i] - means[lane], outGx[o + lane]);
        }
        free.push(arrays);
    }

    private static void addProducts(float[] g, float[] x, float[] mean, float[] sums, int n) {
        for (int j = 0; j < n; j++) {
            sums[j] = fma(g[j], x[j] - mean[j], sums[j]);
        }
    }

    @Override
    public void normalize(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float floor,
            float[] y, int yo) {
        for (int i = 0; i < pixels * lanes; i++) {
            int c = o + (i & lanes - 1);
            y[yo + i] = Math.max(fma(x[xo + i] - mean[c], a[c], b[c]), floor);
        }
    }

    @Override
    public void normalizeAndAdd(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float[] residual,
            float floor, float[] y, int yo) {
        for (int i = 0; i < pixels * lanes; i++) {
            int c = o + (i & lanes - 1);
            y[yo + i] = Math.max(fma(x[xo + i] - mean[c], a[c], b[c]) + residual[yo + i], floor);
        }
    }

    @Override
    public void combine(float[] g, int go, float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, float[] c, int o,
            float[] y, int yo) {
        for (int i = 0; i < pixels * lanes; i++) {
            int k = o + (i & lanes - 1);
            y[yo + i] = fma(g[go + i], a[k], fma(x[xo + i] - mean[k], b[k], c[k]));
        }
    }

    @Override
    public void maxOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float[] max,
            float @Nullable [] index, int o) {
        System.arraycopy(x, xo + first * lanes, max, o, lanes);
        for (int row = 0; row < rows; row++) {
            for (int i = first + row * width; i < first + row * width + columns; i++) {
                maximum(lanes, x, xo + i * lanes, max, o);
            }
        }
        for (int lane = 0; index != null && lane < lanes; lane++) {
            index[o + lane] = indexOf(max[o + lane], x, xo + lane, first, rows, columns, width);
        }
    }

    private static void maximum(int lanes, float[] x, int xo, float[] max, int o) {
        for (int lane = 0; lane < lanes; lane++) {
            max[o + lane] = Math.max(max[o + lane], x[xo + lane]);
        }
    }

    /** The first among equals. */
    private int indexOf(float value, float[] x, int xo, int first, int rows, int columns, int width) {
        for (int row = 0; row < rows; row++) {
            for (int pixel = first + row * width; pixel < first + row * width + columns; pixel++) {
                float v = x[xo + pixel * lanes];
                if (v == value || v != v && value != value) {
                    return pixel;
                }
            }
        }
        return first;
    }

    @Override
    public void sumOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float factor, float[] y, int o) {
        System.arraycopy(x, xo + first * lanes, y, o, lanes);
        for (int i = 1; i < rows * columns; i++) {
            int pixel = xo + (first + i / columns * width + i % columns) * lanes;
            for (int lane = 0; lane < lanes; lane++) {
                y[o + lane] += x[pixel + lane];
            }
        }
        for (int lane = 0; lane < lanes; lane++) {
            y[o + lane] *= factor;
        }
    }

    @Override
    public void reluGradient(float[] g, float[] y, float[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = y[i] <= 0 ? 0 : g[i];
        }
    }
}
