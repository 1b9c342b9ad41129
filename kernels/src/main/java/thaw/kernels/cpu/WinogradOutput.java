package thaw.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code act(scale · Aᵀ m A + shift + residual)}: products at pairs of {@link WinogradPoints} to a tile of output pixels, with
 * the convolution's epilogue.
 */
final class WinogradOutput {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private WinogradOutput() {
    }

    /**
     * A whole tile, of 4×4 pixels.
     *
     * @param pair     floats between neighbouring pairs of points
     * @param e        the residual's pixels lie as the tile's; a null one counts as zeros
     * @param channel  the first lane's
     * @param row      floats between the tile's rows
     */
    static void whole(float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row) {
        for (int j = 0; j < 6; j++) {
            four(m, from + j * pair, 6 * pair, scratch, j * L, 6 * L);
        }
        float floor = floor(e);
        if (e.residual() == null) {
            for (int i = 0; i < 4; i++) {
                lastFour(scratch, i * 6 * L, e.scale(), e.shift(), channel, floor, y, to + i * row);
            }
        } else {
            for (int i = 0; i < 4; i++) {
                lastFour(scratch, i * 6 * L, e.scale(), e.shift(), channel, floor, e.residual(), y, to + i * row);
            }
        }
    }

    /** As {@link #whole}, of {@code rows} by {@code columns} pixels. */
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

    /** The epilogue of a tile's pixels, in place. */
    static void epilogue(int rows, int columns, BlockedEpilogue e, int channel, float[] y, int to, int row) {
        float floor = floor(e);
        for (int i = 0; i < rows; i++) {
            if (e.residual() == null) {
                pixels(columns, e.scale(), e.shift(), channel, floor, y, to + i * row);
            } else {
                pixels(columns, e.scale(), e.shift(), channel, floor, e.residual(), y, to + i * row);
            }
        }
    }

    /** What act is the maximum with. */
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

    /** A row of four pixels, by {@link #four}, and its epilogue. */
    private static void lastFour(float[] m, int from, float[] scale, float[] shift, int channel, float floor,
            float[] y, int to) {
        FloatVector m1 = FloatVector.fromArray(S, m, from + 2 * L);
        FloatVector m2 = FloatVector.fromArray(S, m, from + 3 * L);
        FloatVector m3 = FloatVector.fromArray(S, m, from + 4 * L);
        FloatVector m4 = FloatVector.fromArray(S, m, from + 5 * L);
        FloatVector sum = m1.add(m2);
        FloatVector difference = m1.sub(m2);
        FloatVector farSum = m3.add(m4);
        FloatVector farDifference = m3.sub(m4);
        FloatVector last = FloatVector.fromArray(S, m, from + L).add(difference);
        FloatVector a = FloatVector.fromArray(S, scale, channel);
        FloatVector b = FloatVector.fromArray(S, shift, channel);
        FloatVector least = FloatVector.broadcast(S, floor);
        FloatVector.fromArray(S, m, from).add(sum).add(farSum).fma(a, b).max(least).intoArray(y, to);
        farDifference.fma(FloatVector.broadcast(S, 2f), difference).fma(a, b).max(least).intoArray(y, to + L);
        farSum.fma(FloatVector.broadcast(S, 4f), sum).fma(a, b).max(least).intoArray(y, to + 2 * L);
        farDifference.fma(FloatVector.broadcast(S, 8f), last).fma(a, b).max(least).intoArray(y, to + 3 * L);
    }

    private static void lastFour(float[] m, int from, float[] scale, float[] shift, int channel, float floor,
            float[] residual, float[] y, int to) {
        FloatVector m1 = FloatVector.fromArray(S, m, from + 2 * L);
        FloatVector m2 = FloatVector.fromArray(S, m, from + 3 * L);
        FloatVector m3 = FloatVector.fromArray(S, m, from + 4 * L);
        FloatVector m4 = FloatVector.fromArray(S, m, from + 5 * L);
        FloatVector sum = m1.add(m2);
        FloatVector difference = m1.sub(m2);
        FloatVector farSum = m3.add(m4);
        FloatVector farDifference = m3.sub(m4);
        FloatVector last = FloatVector.fromArray(S, m, from + L).add(difference);
        FloatVector a = FloatVector.fromArray(S, scale, channel);
        FloatVector b = FloatVector.fromArray(S, shift, channel);
        FloatVector least = FloatVector.broadcast(S, floor);
        FloatVector.fromArray(S, m, from).add(sum).add(farSum).fma(a, b)
                .add(FloatVector.fromArray(S, residual, to)).max(least).intoArray(y, to);
        farDifference.fma(FloatVector.broadcast(S, 2f), difference).fma(a, b)
                .add(FloatVector.fromArray(S, residual, to + L)).max(least).intoArray(y, to + L);
        farSum.fma(FloatVector.broadcast(S, 4f), sum).fma(a, b)
                .add(FloatVector.fromArray(S, residual, to + 2 * L)).max(least).intoArray(y, to + 2 * L);
        farDifference.fma(FloatVector.broadcast(S, 8f), last).fma(a, b)
                .add(FloatVector.fromArray(S, residual, to + 3 * L)).max(least).intoArray(y, to + 3 * L);
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
