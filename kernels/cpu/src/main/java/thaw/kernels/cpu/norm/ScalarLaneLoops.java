package thaw.kernels.cpu.norm;

import static thaw.kernels.cpu.microkernel.FusedMultiplyAdd.fma;

import org.jspecify.annotations.Nullable;

/** {@link LaneLoops} in scalar code for any number of lanes, with the bits of {@link VectorLaneLoops}. */
public final class ScalarLaneLoops implements LaneLoops {

    private final int lanes;

    public ScalarLaneLoops(int lanes) {
        this.lanes = lanes;
    }

    @Override
    public int lanes() {
        return lanes;
    }

    /** The number of pixels that are summed in groups of {@code chains}, one accumulator each; 1 for too few of them. */
    private static int grouped(int pixels, int chains) {
        return pixels >= 2 * chains ? pixels / chains * chains : 1;
    }

    @Override
    public void sum(float[] x, int xo, int pixels, float[] out, int o) {
        int grouped = grouped(pixels, 4);
        for (int lane = 0; lane < lanes; lane++) {
            int i = xo + lane;
            float s = grouped == 1 ? x[i] : chain(x, i, 0, grouped) + chain(x, i, 1, grouped)
                    + (chain(x, i, 2, grouped) + chain(x, i, 3, grouped));
            for (int p = grouped; p < pixels; p++) {
                s += x[i + p * lanes];
            }
            out[o + lane] = s;
        }
    }

    /** The sum of every fourth pixel. */
    private float chain(float[] x, int i, int first, int pixels) {
        float s = x[i + first * lanes];
        for (int p = first + 4; p < pixels; p += 4) {
            s += x[i + p * lanes];
        }
        return s;
    }

    @Override
    public void sumOfSquaredDifferences(float[] x, int xo, int pixels, float[] mean, int mo, float[] out, int o) {
        int grouped = grouped(pixels, 4);
        for (int lane = 0; lane < lanes; lane++) {
            int i = xo + lane;
            float m = mean[mo + lane];
            float s = grouped == 1 ? (x[i] - m) * (x[i] - m)
                    : squares(x, i, 0, grouped, m) + squares(x, i, 1, grouped, m)
                            + (squares(x, i, 2, grouped, m) + squares(x, i, 3, grouped, m));
            for (int p = grouped; p < pixels; p++) {
                float d = x[i + p * lanes] - m;
                s = fma(d, d, s);
            }
            out[o + lane] = s;
        }
    }

    private float squares(float[] x, int i, int first, int pixels, float m) {
        float d = x[i + first * lanes] - m;
        float s = d * d;
        for (int p = first + 4; p < pixels; p += 4) {
            d = x[i + p * lanes] - m;
            s = fma(d, d, s);
        }
        return s;
    }

    @Override
    public void sumWithProduct(float[] g, int go, float[] x, int xo, int pixels, float[] mean, int mo,
            float[] outG, float[] outGx, int o) {
        int grouped = grouped(pixels, 2);
        int chains = grouped == 1 ? 1 : 2;
        for (int lane = 0; lane < lanes; lane++) {
            float m = mean[mo + lane];
            float s = 0;
            float t = 0;
            for (int chain = 0; chain < chains; chain++) {
                int i = chain * lanes + lane;
                float sums = g[go + i];
                float products = sums * (x[xo + i] - m);
                for (int p = chain + 2; p < grouped; p += 2) {
                    int at = p * lanes + lane;
                    sums += g[go + at];
                    products = fma(g[go + at], x[xo + at] - m, products);
                }
                s = chain == 0 ? sums : s + sums;
                t = chain == 0 ? products : t + products;
            }
            for (int p = grouped; p < pixels; p++) {
                int at = p * lanes + lane;
                s += g[go + at];
                t = fma(g[go + at], x[xo + at] - m, t);
            }
            outG[o + lane] = s;
            outGx[o + lane] = t;
        }
    }

    @Override
    public void normalize(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float floor,
            float[] y, int yo) {
        for (int i = 0; i < pixels * lanes; i++) {
            int c = o + i % lanes;
            y[yo + i] = Math.max(fma(x[xo + i] - mean[c], a[c], b[c]), floor);
        }
    }

    @Override
    public void normalizeAndAdd(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float[] residual,
            float floor, float[] y, int yo) {
        for (int i = 0; i < pixels * lanes; i++) {
            int c = o + i % lanes;
            y[yo + i] = Math.max(fma(x[xo + i] - mean[c], a[c], b[c]) + residual[yo + i], floor);
        }
    }

    @Override
    public void combine(float[] g, int go, float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, float[] c, int o,
            float[] y, int yo) {
        for (int i = 0; i < pixels * lanes; i++) {
            int k = o + i % lanes;
            y[yo + i] = fma(g[go + i], a[k], fma(x[xo + i] - mean[k], b[k], c[k]));
        }
    }

    @Override
    public void maxOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float[] max,
            float @Nullable [] index, int o) {
        System.arraycopy(x, xo + first * lanes, max, o, lanes);
        for (int i = 1; i < rows * columns; i++) {
            maximum(lanes, x, xo + (first + i / columns * width + i % columns) * lanes, max, o);
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
        for (int i = 0; i < rows * columns; i++) {
            int pixel = first + i / columns * width + i % columns;
            float v = x[xo + pixel * lanes];
            if (v == value || v != v && value != value) {
                return pixel;
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
            out[i] = y[i] > 0 ? g[i] : 0;
        }
    }
}
