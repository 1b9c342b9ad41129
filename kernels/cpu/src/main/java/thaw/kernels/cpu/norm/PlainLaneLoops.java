package thaw.kernels.cpu.norm;

import org.jspecify.annotations.Nullable;

/**
 * One lane: each channel's image is a block. The compiler vectorises the loops that are not a chain of additions; sums run
 * in four or eight independent chains, because Java preserves the written order of additions.
 */
public final class PlainLaneLoops implements LaneLoops {

    @Override
    public int lanes() {
        return 1;
    }

    @Override
    public void sum(float[] x, int xo, int pixels, float[] out, int o) {
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
        int i = xo;
        int end = xo + pixels;
        for (; i <= end - 8; i += 8) {
            s0 += x[i];
            s1 += x[i + 1];
            s2 += x[i + 2];
            s3 += x[i + 3];
            s4 += x[i + 4];
            s5 += x[i + 5];
            s6 += x[i + 6];
            s7 += x[i + 7];
        }
        for (; i < end; i++) {
            s0 += x[i];
        }
        out[o] = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    }

    @Override
    public void sumOfSquaredDifferences(float[] x, int xo, int pixels, float[] mean, int mo, float[] out, int o) {
        float m = mean[mo];
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        int i = xo;
        int end = xo + pixels;
        for (; i <= end - 4; i += 4) {
            float d0 = x[i] - m;
            float d1 = x[i + 1] - m;
            float d2 = x[i + 2] - m;
            float d3 = x[i + 3] - m;
            s0 += d0 * d0;
            s1 += d1 * d1;
            s2 += d2 * d2;
            s3 += d3 * d3;
        }
        for (; i < end; i++) {
            s0 += (x[i] - m) * (x[i] - m);
        }
        out[o] = (s0 + s1) + (s2 + s3);
    }

    @Override
    public void sumWithProduct(float[] g, int go, float[] x, int xo, int pixels, float[] mean, int mo,
            float[] outG, float[] outGx, int o) {
        float m = mean[mo];
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        float p0 = 0, p1 = 0, p2 = 0, p3 = 0;
        int i = 0;
        for (; i <= pixels - 4; i += 4) {
            s0 += g[go + i];
            s1 += g[go + i + 1];
            s2 += g[go + i + 2];
            s3 += g[go + i + 3];
            p0 += g[go + i] * (x[xo + i] - m);
            p1 += g[go + i + 1] * (x[xo + i + 1] - m);
            p2 += g[go + i + 2] * (x[xo + i + 2] - m);
            p3 += g[go + i + 3] * (x[xo + i + 3] - m);
        }
        for (; i < pixels; i++) {
            s0 += g[go + i];
            p0 += g[go + i] * (x[xo + i] - m);
        }
        outG[o] = (s0 + s1) + (s2 + s3);
        outGx[o] = (p0 + p1) + (p2 + p3);
    }

    @Override
    public void normalize(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float floor,
            float[] y, int yo) {
        float m = mean[o];
        float scale = a[o];
        float shift = b[o];
        for (int i = 0; i < pixels; i++) {
            y[yo + i] = Math.max((x[xo + i] - m) * scale + shift, floor);
        }
    }

    @Override
    public void normalizeAndAdd(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float[] residual,
            float floor, float[] y, int yo) {
        float m = mean[o];
        float scale = a[o];
        float shift = b[o];
        for (int i = 0; i < pixels; i++) {
            y[yo + i] = Math.max((x[xo + i] - m) * scale + shift + residual[yo + i], floor);
        }
    }

    @Override
    public void combine(float[] g, int go, float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, float[] c,
            int o, float[] y, int yo) {
        float m = mean[o];
        float ga = a[o];
        float xb = b[o];
        float shift = c[o];
        for (int i = 0; i < pixels; i++) {
            y[yo + i] = g[go + i] * ga + (x[xo + i] - m) * xb + shift;
        }
    }

    @Override
    public void maxOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float[] max,
            float @Nullable [] index, int o) {
        float best = x[xo + first];
        int at = first;
        for (int r = 0; r < rows; r++) {
            int row = first + r * width;
            for (int i = row; i < row + columns; i++) {
                float v = x[xo + i];
                if (v > best || v != v && best == best) {
                    best = v;
                    at = i;
                }
            }
        }
        max[o] = best;
        if (index != null) {
            index[o] = at;
        }
    }

    @Override
    public void sumOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float factor, float[] y, int o) {
        float s = 0;
        for (int r = 0; r < rows; r++) {
            int row = xo + first + r * width;
            for (int i = row; i < row + columns; i++) {
                s += x[i];
            }
        }
        y[o] = s * factor;
    }

    @Override
    public void reluGradient(float[] g, float[] y, float[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = y[i] > 0 ? g[i] : 0;
        }
    }
}
