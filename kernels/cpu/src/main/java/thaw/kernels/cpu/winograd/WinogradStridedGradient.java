package thaw.kernels.cpu.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Transforms tiles of the output's gradient to the gradient of the products of {@link WinogradPhases}. */
final class WinogradStridedGradient {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private WinogradStridedGradient() {
    }

    /** Transforms a tile of {@code rows} by {@code columns} pixels; see {@link WinogradGradient#part} for the arguments. */
    static void tile(int rows, int columns, float[] g, int from, int row, float[] scratch, float[] m, int to, int pair) {
        for (int j = 0; j < columns; j++) {
            points(rows, g, from + j * L, row, scratch, j * L, 4 * L);
        }
        for (int i = 0; i <= rows; i++) {
            line(columns, scratch, i * 4 * L, m, to + i * 9 * pair, pair);
        }
        for (int i = 0; i < rows; i++) {
            line(columns, g, from + i * row, m, to + (WinogradPhases.TAP + i) * 9 * pair, pair);
        }
    }

    /** Transforms a row of pixels, or of points, to the products of both phases. */
    private static void line(int outputs, float[] g, int from, float[] out, int to, int outStep) {
        points(outputs, g, from, L, out, to, outStep);
        for (int i = 0; i < outputs; i++) {
            FloatVector.fromArray(S, g, from + i * L).intoArray(out, to + (WinogradPhases.TAP + i) * outStep);
        }
    }

    /** The phase of two taps. */
    private static void points(int outputs, float[] g, int from, int step, float[] out, int to, int outStep) {
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
    }

    private static void two(float[] g, int from, int step, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        FloatVector g1 = FloatVector.fromArray(S, g, from + step);
        g0.intoArray(out, to);
        g1.intoArray(out, to + outStep);
        g0.add(g1).intoArray(out, to + 2 * outStep);
    }

    private static void one(float[] g, int from, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        g0.intoArray(out, to);
        g0.intoArray(out, to + outStep);
    }
}
