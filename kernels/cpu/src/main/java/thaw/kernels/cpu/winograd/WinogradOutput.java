package thaw.kernels.cpu.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;

/**
 * {@code act(scale · Aᵀ m A + shift + residual)}: transforms products at pairs of {@link WinogradPoints} to a tile of
 * output pixels, and applies the convolution's epilogue.
 */
final class WinogradOutput {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private WinogradOutput() {
    }

    /**
     * {@code m A} for one line of points of a strip of whole tiles side by side: every tile's four values, in the order of
     * its pixels.
     *
     * @param pair floats between neighbouring pairs of points; tiles are adjacent
     */
    static void rows(float[] m, int from, int pair, int tiles, float[] out, int to) {
        FloatVector two = FloatVector.broadcast(S, 2f);
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector eight = FloatVector.broadcast(S, 8f);
        for (int t = 0; t < tiles * L; t += L) {
            int i = from + t;
            int o = to + WinogradPoints.OUTPUTS * t;
            FloatVector m1 = FloatVector.fromArray(S, m, i + 2 * pair);
            FloatVector m2 = FloatVector.fromArray(S, m, i + 3 * pair);
            FloatVector m3 = FloatVector.fromArray(S, m, i + 4 * pair);
            FloatVector m4 = FloatVector.fromArray(S, m, i + 5 * pair);
            FloatVector sum = m1.add(m2);
            FloatVector difference = m1.sub(m2);
            FloatVector farSum = m3.add(m4);
            FloatVector farDifference = m3.sub(m4);
            FloatVector last = FloatVector.fromArray(S, m, i + pair).add(difference);
            FloatVector.fromArray(S, m, i).add(sum).add(farSum).intoArray(out, o);
            farDifference.fma(two, difference).intoArray(out, o + L);
            farSum.fma(four, sum).intoArray(out, o + 2 * L);
            farDifference.fma(eight, last).intoArray(out, o + 3 * L);
        }
    }

    /**
     * {@code act(scale · Aᵀ m + shift + residual)} of six lines of points that {@link #rows} has transformed: four rows of
     * pixels.
     *
     * @param line    floats between the lines
     * @param columns the strip's width in pixels
     * @param e       null for none; the residual is in the output's layout, null for zeros
     * @param channel the channel of the first lane
     * @param row     floats between the strip's rows
     */
    static void columns(float[] m, int from, int line, int columns, BlockedEpilogue e, int channel, float[] y, int to, int row) {
        if (e == null) {
            columns(m, from, line, columns, y, to, row);
        } else if (e.residual() == null) {
            columns(m, from, line, columns, e.scale(), e.shift(), channel, floor(e), y, to, row);
        } else {
            columns(m, from, line, columns, e.scale(), e.shift(), channel, floor(e), e.residual(), y, to, row);
        }
    }

    private static void columns(float[] m, int from, int line, int columns, float[] y, int to, int row) {
        FloatVector two = FloatVector.broadcast(S, 2f);
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector eight = FloatVector.broadcast(S, 8f);
        for (int c = 0; c < columns * L; c += L) {
            int i = from + c;
            int o = to + c;
            FloatVector m1 = FloatVector.fromArray(S, m, i + 2 * line);
            FloatVector m2 = FloatVector.fromArray(S, m, i + 3 * line);
            FloatVector m3 = FloatVector.fromArray(S, m, i + 4 * line);
            FloatVector m4 = FloatVector.fromArray(S, m, i + 5 * line);
            FloatVector sum = m1.add(m2);
            FloatVector difference = m1.sub(m2);
            FloatVector farSum = m3.add(m4);
            FloatVector farDifference = m3.sub(m4);
            FloatVector last = FloatVector.fromArray(S, m, i + line).add(difference);
            FloatVector.fromArray(S, m, i).add(sum).add(farSum).intoArray(y, o);
            farDifference.fma(two, difference).intoArray(y, o + row);
            farSum.fma(four, sum).intoArray(y, o + 2 * row);
            farDifference.fma(eight, last).intoArray(y, o + 3 * row);
        }
    }

    private static void columns(float[] m, int from, int line, int columns, float[] scale, float[] shift, int channel,
            float floor, float[] y, int to, int row) {
        FloatVector two = FloatVector.broadcast(S, 2f);
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector eight = FloatVector.broadcast(S, 8f);
        FloatVector a = FloatVector.fromArray(S, scale, channel);
        FloatVector b = FloatVector.fromArray(S, shift, channel);
        FloatVector least = FloatVector.broadcast(S, floor);
        for (int c = 0; c < columns * L; c += L) {
            int i = from + c;
            int o = to + c;
            FloatVector m1 = FloatVector.fromArray(S, m, i + 2 * line);
            FloatVector m2 = FloatVector.fromArray(S, m, i + 3 * line);
            FloatVector m3 = FloatVector.fromArray(S, m, i + 4 * line);
            FloatVector m4 = FloatVector.fromArray(S, m, i + 5 * line);
            FloatVector sum = m1.add(m2);
            FloatVector difference = m1.sub(m2);
            FloatVector farSum = m3.add(m4);
            FloatVector farDifference = m3.sub(m4);
            FloatVector last = FloatVector.fromArray(S, m, i + line).add(difference);
            FloatVector.fromArray(S, m, i).add(sum).add(farSum).fma(a, b).max(least).intoArray(y, o);
            farDifference.fma(two, difference).fma(a, b).max(least).intoArray(y, o + row);
            farSum.fma(four, sum).fma(a, b).max(least).intoArray(y, o + 2 * row);
            farDifference.fma(eight, last).fma(a, b).max(least).intoArray(y, o + 3 * row);
        }
    }

    private static void columns(float[] m, int from, int line, int columns, float[] scale, float[] shift, int channel,
            float floor, float[] residual, float[] y, int to, int row) {
        FloatVector two = FloatVector.broadcast(S, 2f);
        FloatVector four = FloatVector.broadcast(S, 4f);
        FloatVector eight = FloatVector.broadcast(S, 8f);
        FloatVector a = FloatVector.fromArray(S, scale, channel);
        FloatVector b = FloatVector.fromArray(S, shift, channel);
        FloatVector least = FloatVector.broadcast(S, floor);
        for (int c = 0; c < columns * L; c += L) {
            int i = from + c;
            int o = to + c;
            FloatVector m1 = FloatVector.fromArray(S, m, i + 2 * line);
            FloatVector m2 = FloatVector.fromArray(S, m, i + 3 * line);
            FloatVector m3 = FloatVector.fromArray(S, m, i + 4 * line);
            FloatVector m4 = FloatVector.fromArray(S, m, i + 5 * line);
            FloatVector sum = m1.add(m2);
            FloatVector difference = m1.sub(m2);
            FloatVector farSum = m3.add(m4);
            FloatVector farDifference = m3.sub(m4);
            FloatVector last = FloatVector.fromArray(S, m, i + line).add(difference);
            FloatVector.fromArray(S, m, i).add(sum).add(farSum).fma(a, b)
                    .add(FloatVector.fromArray(S, residual, o)).max(least).intoArray(y, o);
            farDifference.fma(two, difference).fma(a, b)
                    .add(FloatVector.fromArray(S, residual, o + row)).max(least).intoArray(y, o + row);
            farSum.fma(four, sum).fma(a, b)
                    .add(FloatVector.fromArray(S, residual, o + 2 * row)).max(least).intoArray(y, o + 2 * row);
            farDifference.fma(eight, last).fma(a, b)
                    .add(FloatVector.fromArray(S, residual, o + 3 * row)).max(least).intoArray(y, o + 3 * row);
        }
    }

    /**
     * Transforms a tile of {@code rows} by {@code columns} pixels.
     *
     * @param pair floats between neighbouring pairs of points
     */
    static void part(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row) {
        for (int j = 0; j < columns + 2; j++) {
            line(rows, m, from + j * pair, 6 * pair, scratch, j * L, 6 * L);
        }
        for (int i = 0; i < rows; i++) {
            line(columns, scratch, i * 6 * L, L, y, to + i * row, L);
        }
        epilogue(rows, columns, e, channel, y, to, row);
    }

    /** Applies the epilogue to a tile's pixels, in place; null for none. */
    static void epilogue(int rows, int columns, BlockedEpilogue e, int channel, float[] y, int to, int row) {
        if (e == null) {
            return;
        }
        float floor = floor(e);
        for (int i = 0; i < rows; i++) {
            if (e.residual() == null) {
                pixels(columns, e.scale(), e.shift(), channel, floor, y, to + i * row);
            } else {
                pixels(columns, e.scale(), e.shift(), channel, floor, e.residual(), y, to + i * row);
            }
        }
    }

    /** The lower bound of the activation: 0 for a ReLU, −∞ for none. */
    private static float floor(BlockedEpilogue e) {
        return e.relu() ? 0 : Float.NEGATIVE_INFINITY;
    }

    private static void line(int outputs, float[] m, int from, int step, float[] out, int to, int outStep) {
        switch (outputs) {
            case 4 -> four(m, from, step, out, to, outStep);
            case 3 -> three(m, from, step, out, to, outStep);
            case 2 -> two(m, from, step, out, to, outStep);
            default -> one(m, from, step, out, to);
        }
    }

    /** {@code Aᵀ m} for four outputs. */
    private static void four(float[] m, int from, int step, float[] out, int to, int outStep) {
        FloatVector m1 = FloatVector.fromArray(S, m, from + 2 * step);
        FloatVector m2 = FloatVector.fromArray(S, m, from + 3 * step);
        FloatVector m3 = FloatVector.fromArray(S, m, from + 4 * step);
        FloatVector m4 = FloatVector.fromArray(S, m, from + 5 * step);
        FloatVector sum = m1.add(m2);
        FloatVector difference = m1.sub(m2);
        FloatVector farSum = m3.add(m4);
        FloatVector farDifference = m3.sub(m4);
        FloatVector last = FloatVector.fromArray(S, m, from + step).add(difference);
        FloatVector.fromArray(S, m, from).add(sum).add(farSum).intoArray(out, to);
        farDifference.fma(FloatVector.broadcast(S, 2f), difference).intoArray(out, to + outStep);
        farSum.fma(FloatVector.broadcast(S, 4f), sum).intoArray(out, to + 2 * outStep);
        farDifference.fma(FloatVector.broadcast(S, 8f), last).intoArray(out, to + 3 * outStep);
    }

    private static void three(float[] m, int from, int step, float[] out, int to, int outStep) {
        FloatVector m1 = FloatVector.fromArray(S, m, from + 2 * step);
        FloatVector m2 = FloatVector.fromArray(S, m, from + 3 * step);
        FloatVector m3 = FloatVector.fromArray(S, m, from + 4 * step);
        FloatVector sum = m1.add(m2);
        FloatVector.fromArray(S, m, from).add(sum).add(m3).intoArray(out, to);
        m3.fma(FloatVector.broadcast(S, 2f), m1.sub(m2)).intoArray(out, to + outStep);
        m3.fma(FloatVector.broadcast(S, 4f), sum.add(FloatVector.fromArray(S, m, from + step)))
                .intoArray(out, to + 2 * outStep);
    }

    private static void two(float[] m, int from, int step, float[] out, int to, int outStep) {
        FloatVector m1 = FloatVector.fromArray(S, m, from + 2 * step);
        FloatVector m2 = FloatVector.fromArray(S, m, from + 3 * step);
        FloatVector.fromArray(S, m, from).add(m1.add(m2)).intoArray(out, to);
        FloatVector.fromArray(S, m, from + step).add(m1.sub(m2)).intoArray(out, to + outStep);
    }

    private static void one(float[] m, int from, int step, float[] out, int to) {
        FloatVector.fromArray(S, m, from).add(FloatVector.fromArray(S, m, from + 2 * step))
                .add(FloatVector.fromArray(S, m, from + step)).intoArray(out, to);
    }

    private static void pixels(int count, float[] scale, float[] shift, int channel, float floor, float[] y, int to) {
        FloatVector a = FloatVector.fromArray(S, scale, channel);
        FloatVector b = FloatVector.fromArray(S, shift, channel);
        FloatVector least = FloatVector.broadcast(S, floor);
        for (int i = to; i < to + count * L; i += L) {
            FloatVector.fromArray(S, y, i).fma(a, b).max(least).intoArray(y, i);
        }
    }

    private static void pixels(int count, float[] scale, float[] shift, int channel, float floor, float[] residual,
            float[] y, int to) {
        FloatVector a = FloatVector.fromArray(S, scale, channel);
        FloatVector b = FloatVector.fromArray(S, shift, channel);
        FloatVector least = FloatVector.broadcast(S, floor);
        for (int i = to; i < to + count * L; i += L) {
            FloatVector.fromArray(S, y, i).fma(a, b).add(FloatVector.fromArray(S, residual, i)).max(least).intoArray(y, i);
        }
    }
}
