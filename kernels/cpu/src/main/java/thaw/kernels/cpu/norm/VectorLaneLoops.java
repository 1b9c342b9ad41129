package thaw.kernels.cpu.norm;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * One vector's width of lanes, by the Vector API. Sums run in two or four accumulators, which hide the latency of an
 * addition. Each accumulator is initialised from a computed vector, never from a shared constant, and used in a flat loop;
 * otherwise JDK 17 keeps it as an object.
 */
public final class VectorLaneLoops implements LaneLoops {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    @Override
    public int lanes() {
        return L;
    }

    @Override
    public void sum(float[] x, int xo, int pixels, float[] out, int o) {
        FloatVector s0 = FloatVector.fromArray(S, x, xo);
        int p = 1;
        if (pixels >= 8) {
            FloatVector s1 = FloatVector.fromArray(S, x, xo + L);
            FloatVector s2 = FloatVector.fromArray(S, x, xo + 2 * L);
            FloatVector s3 = FloatVector.fromArray(S, x, xo + 3 * L);
            for (p = 4; p <= pixels - 4; p += 4) {
                int i = xo + p * L;
                s0 = s0.add(FloatVector.fromArray(S, x, i));
                s1 = s1.add(FloatVector.fromArray(S, x, i + L));
                s2 = s2.add(FloatVector.fromArray(S, x, i + 2 * L));
                s3 = s3.add(FloatVector.fromArray(S, x, i + 3 * L));
            }
            s0 = s0.add(s1).add(s2.add(s3));
        }
        for (; p < pixels; p++) {
            s0 = s0.add(FloatVector.fromArray(S, x, xo + p * L));
        }
        s0.intoArray(out, o);
    }

    @Override
    public void sumOfSquaredDifferences(float[] x, int xo, int pixels, float[] mean, int mo, float[] out, int o) {
        FloatVector m = FloatVector.fromArray(S, mean, mo);
        FloatVector d0 = FloatVector.fromArray(S, x, xo).sub(m);
        FloatVector s0 = d0.mul(d0);
        int p = 1;
        if (pixels >= 8) {
            FloatVector d1 = FloatVector.fromArray(S, x, xo + L).sub(m);
            FloatVector d2 = FloatVector.fromArray(S, x, xo + 2 * L).sub(m);
            FloatVector d3 = FloatVector.fromArray(S, x, xo + 3 * L).sub(m);
            FloatVector s1 = d1.mul(d1);
            FloatVector s2 = d2.mul(d2);
            FloatVector s3 = d3.mul(d3);
            for (p = 4; p <= pixels - 4; p += 4) {
                int i = xo + p * L;
                FloatVector e0 = FloatVector.fromArray(S, x, i).sub(m);
                FloatVector e1 = FloatVector.fromArray(S, x, i + L).sub(m);
                FloatVector e2 = FloatVector.fromArray(S, x, i + 2 * L).sub(m);
                FloatVector e3 = FloatVector.fromArray(S, x, i + 3 * L).sub(m);
                s0 = e0.fma(e0, s0);
                s1 = e1.fma(e1, s1);
                s2 = e2.fma(e2, s2);
                s3 = e3.fma(e3, s3);
            }
            s0 = s0.add(s1).add(s2.add(s3));
        }
        for (; p < pixels; p++) {
            FloatVector e = FloatVector.fromArray(S, x, xo + p * L).sub(m);
            s0 = e.fma(e, s0);
        }
        s0.intoArray(out, o);
    }

    @Override
    public void sumWithProduct(float[] g, int go, float[] x, int xo, int pixels, float[] mean, int mo,
            float[] outG, float[] outGx, int o) {
        FloatVector m = FloatVector.fromArray(S, mean, mo);
        FloatVector s0 = FloatVector.fromArray(S, g, go);
        FloatVector t0 = s0.mul(FloatVector.fromArray(S, x, xo).sub(m));
        int p = 1;
        if (pixels >= 4) {
            FloatVector s1 = FloatVector.fromArray(S, g, go + L);
            FloatVector t1 = s1.mul(FloatVector.fromArray(S, x, xo + L).sub(m));
            for (p = 2; p <= pixels - 2; p += 2) {
                int i = go + p * L;
                int j = xo + p * L;
                FloatVector g0 = FloatVector.fromArray(S, g, i);
                FloatVector g1 = FloatVector.fromArray(S, g, i + L);
                s0 = s0.add(g0);
                s1 = s1.add(g1);
                t0 = g0.fma(FloatVector.fromArray(S, x, j).sub(m), t0);
                t1 = g1.fma(FloatVector.fromArray(S, x, j + L).sub(m), t1);
            }
            s0 = s0.add(s1);
            t0 = t0.add(t1);
        }
        for (; p < pixels; p++) {
            FloatVector g0 = FloatVector.fromArray(S, g, go + p * L);
            s0 = s0.add(g0);
            t0 = g0.fma(FloatVector.fromArray(S, x, xo + p * L).sub(m), t0);
        }
        s0.intoArray(outG, o);
        t0.intoArray(outGx, o);
    }

    @Override
    public void normalize(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float floor,
            float[] y, int yo) {
        FloatVector m = FloatVector.fromArray(S, mean, o);
        FloatVector scale = FloatVector.fromArray(S, a, o);
        FloatVector shift = FloatVector.fromArray(S, b, o);
        FloatVector least = FloatVector.broadcast(S, floor);
        for (int i = 0; i < pixels * L; i += L) {
            FloatVector.fromArray(S, x, xo + i).sub(m).fma(scale, shift).max(least).intoArray(y, yo + i);
        }
    }

    @Override
    public void normalizeAndAdd(float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, int o, float[] residual,
            float floor, float[] y, int yo) {
        FloatVector m = FloatVector.fromArray(S, mean, o);
        FloatVector scale = FloatVector.fromArray(S, a, o);
        FloatVector shift = FloatVector.fromArray(S, b, o);
        FloatVector least = FloatVector.broadcast(S, floor);
        for (int i = 0; i < pixels * L; i += L) {
            FloatVector.fromArray(S, x, xo + i).sub(m).fma(scale, shift).add(FloatVector.fromArray(S, residual, yo + i))
                    .max(least).intoArray(y, yo + i);
        }
    }

    @Override
    public void combine(float[] g, int go, float[] x, int xo, int pixels, float[] mean, float[] a, float[] b, float[] c,
            int o, float[] y, int yo) {
        FloatVector m = FloatVector.fromArray(S, mean, o);
        FloatVector ga = FloatVector.fromArray(S, a, o);
        FloatVector xb = FloatVector.fromArray(S, b, o);
        FloatVector shift = FloatVector.fromArray(S, c, o);
        for (int i = 0; i < pixels * L; i += L) {
            FloatVector t = FloatVector.fromArray(S, x, xo + i).sub(m).fma(xb, shift);
            FloatVector.fromArray(S, g, go + i).fma(ga, t).intoArray(y, yo + i);
        }
    }

    @Override
    public void maxOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float[] max,
            float @Nullable [] index, int o) {
        int origin = xo + first * L;
        FloatVector best = FloatVector.fromArray(S, x, origin);
        int size = rows * columns;
        int jump = (width - columns) * L;
        int next = origin;
        for (int k = 0, c = 0; k < size; k++) {
            best = best.max(FloatVector.fromArray(S, x, next));
            next += L;
            if (++c == columns) {
                c = 0;
                next += jump;
            }
        }
        best.intoArray(max, o);
        if (index != null) {
            indexOf(best, x, xo, first, rows, columns, width, max, index, o);
        }
    }

    /**
     * Finds the indices in a second pass, backwards so that the first among equals is written last: one comparison and one
     * blend per pixel. A running index would need combined masks, which JDK 17 passes through memory.
     */
    private static void indexOf(FloatVector best, float[] x, int xo, int first, int rows, int columns, int width, float[] max,
            float[] index, int o) {
        FloatVector at = FloatVector.broadcast(S, (float) first);
        int pixel = (rows - 1) * width + columns - 1;
        for (int k = 0, c = 0; k < rows * columns; k++) {
            FloatVector here = FloatVector.broadcast(S, (float) (first + pixel));
            FloatVector v = FloatVector.fromArray(S, x, xo + (first + pixel) * L);
            at = at.blend(here, v.compare(VectorOperators.EQ, best));
            pixel--;
            if (++c == columns) {
                c = 0;
                pixel -= width - columns;
            }
        }
        at.intoArray(index, o);
        if (best.compare(VectorOperators.NE, best).anyTrue()) {
            indexOfNaN(x, xo, first, rows, columns, width, max, index, o);
        }
    }

    private static void indexOfNaN(float[] x, int xo, int first, int rows, int columns, int width, float[] max, float[] index,
            int o) {
        for (int lane = 0; lane < L; lane++) {
            for (int i = rows * columns - 1; i >= 0 && Float.isNaN(max[o + lane]); i--) {
                int pixel = first + i / columns * width + i % columns;
                if (Float.isNaN(x[xo + pixel * L + lane])) {
                    index[o + lane] = pixel;
                }
            }
        }
    }

    @Override
    public void sumOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float factor, float[] y, int o) {
        int next = xo + first * L;
        int jump = (width - columns) * L;
        FloatVector s = FloatVector.fromArray(S, x, next);
        for (int k = 1, c = 0; k < rows * columns; k++) {
            next += L;
            if (++c == columns) {
                c = 0;
                next += jump;
            }
            s = s.add(FloatVector.fromArray(S, x, next));
        }
        s.mul(FloatVector.broadcast(S, factor)).intoArray(y, o);
    }

    @Override
    public void reluGradient(float[] g, float[] y, float[] out, int from, int to) {
        int i = from;
        for (; i <= to - L; i += L) {
            VectorMask<Float> off = FloatVector.fromArray(S, y, i).compare(VectorOperators.LE, 0f);
            FloatVector.fromArray(S, g, i).blend(0f, off).intoArray(out, i);
        }
        for (; i < to; i++) {
            out[i] = y[i] <= 0 ? 0 : g[i];
        }
    }
}
