package thaw.kernels.cpu.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Transforms tiles of input pixels of a convolution of stride 2 to the values of their {@linkplain WinogradPhases phases}. */
final class WinogradStridedInput {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private WinogradStridedInput() {
    }

    /**
     * Transforms a tile of {@code 2·rows + 1} by {@code 2·columns + 1} pixels.
     *
     * @param row  floats between the tile's rows
     * @param pair floats between neighbouring pairs of values
     */
    static void tile(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        for (int j = 0; j < 2 * columns + 1; j++) {
            points(rows, d, from + j * L, 2 * row, scratch, j * L, 9 * L);
        }
        for (int i = 0; i <= rows; i++) {
            line(columns, scratch, i * 9 * L, v, to + i * 9 * pair, pair);
        }
        for (int i = 0; i < rows; i++) {
            line(columns, d, from + (2 * i + 1) * row, v, to + (WinogradPhases.TAP + i) * 9 * pair, pair);
        }
    }

    /** Transforms a row of pixels, or of points, to the values of both phases. */
    private static void line(int outputs, float[] d, int from, float[] out, int to, int outStep) {
        points(outputs, d, from, 2 * L, out, to, outStep);
        for (int i = 0; i < outputs; i++) {
            FloatVector.fromArray(S, d, from + (2 * i + 1) * L).intoArray(out, to + (WinogradPhases.TAP + i) * outStep);
        }
    }

    /** The phase of two taps. */
    private static void points(int outputs, float[] d, int from, int step, float[] out, int to, int outStep) {
        switch (outputs) {
            case 4 -> four(d, from, step, out, to, outStep);
            case 3 -> three(d, from, step, out, to, outStep);
            case 2 -> two(d, from, step, out, to, outStep);
            default -> one(d, from, step, out, to, outStep);
        }
    }

    /** {@code Bᵀ d} for four outputs. */
    private static void four(float[] d, int from, int step, float[] out, int to, int outStep) {
        FloatVector d0 = FloatVector.fromArray(S, d, from);
        FloatVector d1 = FloatVector.fromArray(S, d, from + step);
        FloatVector d2 = FloatVector.fromArray(S, d, from + 2 * step);
        FloatVector d3 = FloatVector.fromArray(S, d, from + 3 * step);
        FloatVector d4 = FloatVector.fromArray(S, d, from + 4 * step);
        FloatVector two = FloatVector.broadcast(S, 2f);
        FloatVector minusTwo = FloatVector.broadcast(S, -2f);
        FloatVector difference = d3.sub(d1);
        d0.sub(d2).fma(two, difference).intoArray(out, to);
        difference.fma(minusTwo, d4.sub(d2)).intoArray(out, to + outStep);
        d1.fma(minusTwo, d3.sub(d2)).intoArray(out, to + 2 * outStep);
        d2.fma(FloatVector.broadcast(S, -3f), d1.fma(two, d3)).intoArray(out, to + 3 * outStep);
        difference.intoArray(out, to + 4 * outStep);
    }

    private static void three(float[] d, int from, int step, float[] out, int to, int outStep) {
        FloatVector d0 = FloatVector.fromArray(S, d, from);
        FloatVector d1 = FloatVector.fromArray(S, d, from + step);
        FloatVector d2 = FloatVector.fromArray(S, d, from + 2 * step);
        FloatVector d3 = FloatVector.fromArray(S, d, from + 3 * step);
        FloatVector difference = d0.sub(d2);
        difference.add(difference).intoArray(out, to);
        d3.sub(d1).intoArray(out, to + outStep);
        d1.add(d2).neg().intoArray(out, to + 2 * outStep);
        d1.sub(d2).mul(FloatVector.broadcast(S, 3f)).intoArray(out, to + 3 * outStep);
    }

    private static void two(float[] d, int from, int step, float[] out, int to, int outStep) {
        FloatVector d0 = FloatVector.fromArray(S, d, from);
        FloatVector d1 = FloatVector.fromArray(S, d, from + step);
        FloatVector d2 = FloatVector.fromArray(S, d, from + 2 * step);
        FloatVector difference = d0.sub(d1);
        difference.add(difference).intoArray(out, to);
        d2.sub(d1).intoArray(out, to + outStep);
        d1.mul(FloatVector.broadcast(S, -2f)).intoArray(out, to + 2 * outStep);
    }

    private static void one(float[] d, int from, int step, float[] out, int to, int outStep) {
        FloatVector d0 = FloatVector.fromArray(S, d, from);
        d0.add(d0).intoArray(out, to);
        FloatVector.fromArray(S, d, from + step).intoArray(out, to + outStep);
    }
}
