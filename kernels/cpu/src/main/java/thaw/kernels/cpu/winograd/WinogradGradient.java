package thaw.kernels.cpu.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code A g Aᵀ}: transforms tiles of the output's gradient to the gradient of the products at pairs of
 * {@link WinogradPoints}.
 */
final class WinogradGradient {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private WinogradGradient() {
    }

    /**
     * {@code A g} for a strip of whole tiles side by side: lines of four pixels down the strip.
     *
     * @param row     floats between the strip's rows
     * @param columns the strip's width in pixels
     * @param line    floats between neighbouring points of the result
     */
    static void columns(float[] g, int from, int row, int columns, float[] out, int to, int line) {
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector eight = FloatVector.broadcast(S, 8f);
        for (int c = 0; c < columns * L; c += L) {
            int i = from + c;
            int o = to + c;
            FloatVector g0 = FloatVector.fromArray(S, g, i);
            FloatVector g1 = FloatVector.fromArray(S, g, i + row);
            FloatVector g2 = FloatVector.fromArray(S, g, i + 2 * row);
            FloatVector g3 = FloatVector.fromArray(S, g, i + 3 * row);
            FloatVector even = g0.add(g2);
            FloatVector odd = g1.add(g3);
            FloatVector farEven = g2.fma(four, g0);
            FloatVector farOdd = g3.fma(eight, g1.add(g1));
            g0.intoArray(out, o);
            g3.intoArray(out, o + line);
            even.add(odd).intoArray(out, o + 2 * line);
            even.sub(odd).intoArray(out, o + 3 * line);
            farEven.add(farOdd).intoArray(out, o + 4 * line);
            farEven.sub(farOdd).intoArray(out, o + 5 * line);
        }
    }

    /**
     * {@code g Aᵀ} for one line of a strip that {@link #columns} has transformed: every tile's six values at a point.
     *
     * @param pair floats between neighbouring pairs of points; tiles are adjacent
     */
    static void rows(float[] g, int from, int tiles, float[] m, int to, int pair) {
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector eight = FloatVector.broadcast(S, 8f);
        for (int t = 0; t < tiles * L; t += L) {
            int i = from + WinogradPoints.OUTPUTS * t;
            int o = to + t;
            FloatVector g0 = FloatVector.fromArray(S, g, i);
            FloatVector g1 = FloatVector.fromArray(S, g, i + L);
            FloatVector g2 = FloatVector.fromArray(S, g, i + 2 * L);
            FloatVector g3 = FloatVector.fromArray(S, g, i + 3 * L);
            FloatVector even = g0.add(g2);
            FloatVector odd = g1.add(g3);
            FloatVector farEven = g2.fma(four, g0);
            FloatVector farOdd = g3.fma(eight, g1.add(g1));
            g0.intoArray(m, o);
            g3.intoArray(m, o + pair);
            even.add(odd).intoArray(m, o + 2 * pair);
            even.sub(odd).intoArray(m, o + 3 * pair);
            farEven.add(farOdd).intoArray(m, o + 4 * pair);
            farEven.sub(farOdd).intoArray(m, o + 5 * pair);
        }
    }

    /**
     * Transforms a tile of {@code rows} by {@code columns} pixels.
     *
     * @param row  floats between the tile's rows
     * @param pair floats between neighbouring pairs of points
     */
    static void part(int rows, int columns, float[] g, int from, int row, float[] scratch, float[] m, int to, int pair) {
        for (int j = 0; j < columns; j++) {
            line(rows, g, from + j * L, row, scratch, j * L, 4 * L);
        }
        for (int i = 0; i < rows + 2; i++) {
            line(columns, scratch, i * 4 * L, L, m, to + i * 6 * pair, pair);
        }
    }

    private static void line(int outputs, float[] g, int from, int step, float[] out, int to, int outStep) {
        switch (outputs) {
            case 4 -> four(g, from, step, out, to, outStep);
            case 3 -> three(g, from, step, out, to, outStep);
            case 2 -> two(g, from, step, out, to, outStep);
            default -> one(g, from, out, to, outStep);
        }
    }

    /** {@code A g} for four outputs. */
    private static void four(float[] g, int from, int step, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        FloatVector g1 = FloatVector.fromArray(S, g, from + step);
        FloatVector g2 = FloatVector.fromArray(S, g, from + 2 * step);
        FloatVector g3 = FloatVector.fromArray(S, g, from + 3 * step);
        FloatVector even = g0.add(g2);
        FloatVector odd = g1.add(g3);
        FloatVector farEven = g2.fma(FloatVector.broadcast(S, 4f), g0);
        FloatVector farOdd = g3.fma(FloatVector.broadcast(S, 8f), g1.add(g1));
        g0.intoArray(out, to);
        g3.intoArray(out, to + outStep);
        even.add(odd).intoArray(out, to + 2 * outStep);
        even.sub(odd).intoArray(out, to + 3 * outStep);
        farEven.add(farOdd).intoArray(out, to + 4 * outStep);
        farEven.sub(farOdd).intoArray(out, to + 5 * outStep);
    }

    private static void three(float[] g, int from, int step, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        FloatVector g1 = FloatVector.fromArray(S, g, from + step);
        FloatVector g2 = FloatVector.fromArray(S, g, from + 2 * step);
        FloatVector even = g0.add(g2);
        g0.intoArray(out, to);
        g2.intoArray(out, to + outStep);
        even.add(g1).intoArray(out, to + 2 * outStep);
        even.sub(g1).intoArray(out, to + 3 * outStep);
        g2.fma(FloatVector.broadcast(S, 4f), g1.fma(FloatVector.broadcast(S, 2f), g0)).intoArray(out, to + 4 * outStep);
    }

    private static void two(float[] g, int from, int step, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        FloatVector g1 = FloatVector.fromArray(S, g, from + step);
        g0.intoArray(out, to);
        g1.intoArray(out, to + outStep);
        g0.add(g1).intoArray(out, to + 2 * outStep);
        g0.sub(g1).intoArray(out, to + 3 * outStep);
    }

    private static void one(float[] g, int from, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        g0.intoArray(out, to);
        g0.intoArray(out, to + outStep);
        g0.intoArray(out, to + 2 * outStep);
    }
}
