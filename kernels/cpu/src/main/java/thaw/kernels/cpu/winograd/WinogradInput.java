package thaw.kernels.cpu.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** {@code Bᵀ d B}: transforms tiles of input pixels to their values at pairs of {@link WinogradPoints}. */
final class WinogradInput {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private WinogradInput() {
    }

    /**
     * {@code Bᵀ d} for a strip of whole tiles side by side: lines of six pixels down the strip. Neighbouring tiles share
     * two columns, which a strip transforms once. The strip's first and last row are separate arguments, since they may be
     * outside the image.
     *
     * @param from    the offset of the second row
     * @param row     floats between the second row, the third, the fourth, and the fifth
     * @param columns the strip's width in pixels
     * @param line    floats between neighbouring points of the result
     */
    static void columns(float[] top, int topFrom, float[] d, int from, int row, float[] bottom, int bottomFrom, int columns,
            float[] out, int to, int line) {
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector minusFour = FloatVector.broadcast(S, -4f);
        FloatVector minusFive = FloatVector.broadcast(S, -5f);
        for (int c = 0; c < columns * L; c += L) {
            int i = from + c;
            int o = to + c;
            FloatVector d0 = FloatVector.fromArray(S, top, topFrom + c);
            FloatVector d1 = FloatVector.fromArray(S, d, i);
            FloatVector d2 = FloatVector.fromArray(S, d, i + row);
            FloatVector d3 = FloatVector.fromArray(S, d, i + 2 * row);
            FloatVector d4 = FloatVector.fromArray(S, d, i + 3 * row);
            FloatVector d5 = FloatVector.fromArray(S, bottom, bottomFrom + c);
            d0.fma(four, d2.fma(minusFive, d4)).intoArray(out, o);
            d1.fma(four, d3.fma(minusFive, d5)).intoArray(out, o + line);
            FloatVector even = d2.fma(minusFour, d4);
            FloatVector odd = d1.fma(minusFour, d3);
            even.add(odd).intoArray(out, o + 2 * line);
            even.sub(odd).intoArray(out, o + 3 * line);
            FloatVector near = d4.sub(d2);
            FloatVector twice = d3.sub(d1);
            twice = twice.add(twice);
            near.add(twice).intoArray(out, o + 4 * line);
            near.sub(twice).intoArray(out, o + 5 * line);
        }
    }

    /**
     * {@code d B} for one line of a strip that {@link #columns} has transformed: every tile's six values at a point.
     *
     * @param pair floats between neighbouring pairs of points; tiles are adjacent
     */
    static void rows(float[] d, int from, int tiles, float[] v, int to, int pair) {
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector minusFour = FloatVector.broadcast(S, -4f);
        FloatVector minusFive = FloatVector.broadcast(S, -5f);
        for (int t = 0; t < tiles * L; t += L) {
            int i = from + WinogradPoints.OUTPUTS * t;
            int o = to + t;
            FloatVector d0 = FloatVector.fromArray(S, d, i);
            FloatVector d1 = FloatVector.fromArray(S, d, i + L);
            FloatVector d2 = FloatVector.fromArray(S, d, i + 2 * L);
            FloatVector d3 = FloatVector.fromArray(S, d, i + 3 * L);
            FloatVector d4 = FloatVector.fromArray(S, d, i + 4 * L);
            FloatVector d5 = FloatVector.fromArray(S, d, i + 5 * L);
            d0.fma(four, d2.fma(minusFive, d4)).intoArray(v, o);
            d1.fma(four, d3.fma(minusFive, d5)).intoArray(v, o + pair);
            FloatVector even = d2.fma(minusFour, d4);
            FloatVector odd = d1.fma(minusFour, d3);
            even.add(odd).intoArray(v, o + 2 * pair);
            even.sub(odd).intoArray(v, o + 3 * pair);
            FloatVector near = d4.sub(d2);
            FloatVector twice = d3.sub(d1);
            twice = twice.add(twice);
            near.add(twice).intoArray(v, o + 4 * pair);
            near.sub(twice).intoArray(v, o + 5 * pair);
        }
    }

    /**
     * Transforms a tile of {@code rows + 2} by {@code columns + 2} pixels.
     *
     * @param row  floats between the tile's rows
     * @param pair floats between neighbouring pairs of points
     */
    static void part(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        for (int j = 0; j < columns + 2; j++) {
            line(rows, d, from + j * L, row, scratch, j * L, 6 * L);
        }
        for (int i = 0; i < rows + 2; i++) {
            line(columns, scratch, i * 6 * L, L, v, to + i * 6 * pair, pair);
        }
    }

    private static void line(int outputs, float[] d, int from, int step, float[] out, int to, int outStep) {
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
        FloatVector d5 = FloatVector.fromArray(S, d, from + 5 * step);
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector minusFour = FloatVector.broadcast(S, -4f);
        FloatVector minusFive = FloatVector.broadcast(S, -5f);
        d0.fma(four, d2.fma(minusFive, d4)).intoArray(out, to);
        d1.fma(four, d3.fma(minusFive, d5)).intoArray(out, to + outStep);
        FloatVector even = d2.fma(minusFour, d4);
        FloatVector odd = d1.fma(minusFour, d3);
        even.add(odd).intoArray(out, to + 2 * outStep);
        even.sub(odd).intoArray(out, to + 3 * outStep);
        FloatVector near = d4.sub(d2);
        FloatVector twice = d3.sub(d1);
        twice = twice.add(twice);
        near.add(twice).intoArray(out, to + 4 * outStep);
        near.sub(twice).intoArray(out, to + 5 * outStep);
    }

    private static void three(float[] d, int from, int step, float[] out, int to, int outStep) {
        FloatVector d0 = FloatVector.fromArray(S, d, from);
        FloatVector d1 = FloatVector.fromArray(S, d, from + step);
        FloatVector d2 = FloatVector.fromArray(S, d, from + 2 * step);
        FloatVector d3 = FloatVector.fromArray(S, d, from + 3 * step);
        FloatVector d4 = FloatVector.fromArray(S, d, from + 4 * step);
        FloatVector two = FloatVector.broadcast(S, 2f);
        FloatVector three = FloatVector.broadcast(S, 3f);
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector difference = d3.sub(d1);
        d0.sub(d2).fma(four, difference.add(difference)).intoArray(out, to);
        difference.fma(FloatVector.broadcast(S, -2f), d4.sub(d2)).intoArray(out, to + outStep);
        d3.sub(d2).sub(d1).sub(d1).mul(three).intoArray(out, to + 2 * outStep);
        d1.fma(two, d3).sub(d2.mul(three)).intoArray(out, to + 3 * outStep);
        difference.mul(four).intoArray(out, to + 4 * outStep);
    }

    private static void two(float[] d, int from, int step, float[] out, int to, int outStep) {
        FloatVector d0 = FloatVector.fromArray(S, d, from);
        FloatVector d1 = FloatVector.fromArray(S, d, from + step);
        FloatVector d2 = FloatVector.fromArray(S, d, from + 2 * step);
        FloatVector d3 = FloatVector.fromArray(S, d, from + 3 * step);
        FloatVector minusThree = FloatVector.broadcast(S, -3f);
        d0.sub(d2).mul(FloatVector.broadcast(S, 4f)).intoArray(out, to);
        d3.sub(d1).intoArray(out, to + outStep);
        d2.add(d1).mul(minusThree).intoArray(out, to + 2 * outStep);
        d2.sub(d1).mul(minusThree).intoArray(out, to + 3 * outStep);
    }

    private static void one(float[] d, int from, int step, float[] out, int to, int outStep) {
        FloatVector d0 = FloatVector.fromArray(S, d, from);
        FloatVector d1 = FloatVector.fromArray(S, d, from + step);
        FloatVector d2 = FloatVector.fromArray(S, d, from + 2 * step);
        d0.sub(d1).mul(FloatVector.broadcast(S, 4f)).intoArray(out, to);
        d2.sub(d1).intoArray(out, to + outStep);
        d1.mul(FloatVector.broadcast(S, -6f)).intoArray(out, to + 2 * outStep);
    }
}
