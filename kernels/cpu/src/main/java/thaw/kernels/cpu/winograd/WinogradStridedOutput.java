package thaw.kernels.cpu.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;

/** Transforms products of the {@linkplain WinogradPhases phases} of a convolution of stride 2 to a tile of output pixels. */
final class WinogradStridedOutput {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private WinogradStridedOutput() {
    }

    /** Transforms a tile of {@code rows} by {@code columns} pixels; see {@link WinogradOutput#part} for the arguments. */
    static void tile(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row) {
        for (int j = 0; j <= columns; j++) {
            line(rows, m, from + j * pair, 9 * pair, scratch, j * L, 9 * L);
        }
        for (int j = WinogradPhases.TAP; j < WinogradPhases.TAP + columns; j++) {
            line(rows, m, from + j * pair, 9 * pair, scratch, j * L, 9 * L);
        }
        for (int i = 0; i < rows; i++) {
            line(columns, scratch, i * 9 * L, L, y, to + i * row, L);
        }
        WinogradOutput.epilogue(rows, columns, e, channel, y, to, row);
    }

    private static void line(int outputs, float[] m, int from, int step, float[] out, int to, int outStep) {
        switch (outputs) {
            case 4 -> four(m, from, step, out, to, outStep);
            case 3 -> three(m, from, step, out, to, outStep);
            case 2 -> two(m, from, step, out, to, outStep);
            default -> one(m, from, step, out, to);
        }
    }

    /** {@code Aᵀ m} for four outputs, and the phase of one tap. */
    private static void four(float[] m, int from, int step, float[] out, int to, int outStep) {
        FloatVector m1 = FloatVector.fromArray(S, m, from + 2 * step);
        FloatVector m2 = FloatVector.fromArray(S, m, from + 3 * step);
        FloatVector m3 = FloatVector.fromArray(S, m, from + 4 * step);
        FloatVector sum = m1.add(m2);
        FloatVector difference = m1.sub(m2);
        FloatVector c0 = FloatVector.fromArray(S, m, from + 5 * step).add(m3);
        FloatVector c1 = FloatVector.fromArray(S, m, from + 6 * step).add(difference);
        FloatVector c2 = FloatVector.fromArray(S, m, from + 7 * step).add(sum);
        FloatVector c3 = FloatVector.fromArray(S, m, from + 8 * step).add(difference);
        FloatVector.fromArray(S, m, from).add(sum).add(c0).intoArray(out, to);
        m3.fma(FloatVector.broadcast(S, 2f), c1).intoArray(out, to + outStep);
        m3.fma(FloatVector.broadcast(S, 4f), c2).intoArray(out, to + 2 * outStep);
        m3.fma(FloatVector.broadcast(S, 8f), FloatVector.fromArray(S, m, from + step).add(c3))
                .intoArray(out, to + 3 * outStep);
    }

    private static void three(float[] m, int from, int step, float[] out, int to, int outStep) {
        FloatVector m1 = FloatVector.fromArray(S, m, from + 2 * step);
        FloatVector m2 = FloatVector.fromArray(S, m, from + 3 * step);
        FloatVector sum = m1.add(m2);
        FloatVector.fromArray(S, m, from).add(sum).add(FloatVector.fromArray(S, m, from + 5 * step)).intoArray(out, to);
        m1.sub(m2).add(FloatVector.fromArray(S, m, from + 6 * step)).intoArray(out, to + outStep);
        FloatVector.fromArray(S, m, from + step).add(sum).add(FloatVector.fromArray(S, m, from + 7 * step))
                .intoArray(out, to + 2 * outStep);
    }

    private static void two(float[] m, int from, int step, float[] out, int to, int outStep) {
        FloatVector m1 = FloatVector.fromArray(S, m, from + 2 * step);
        FloatVector.fromArray(S, m, from).add(m1).add(FloatVector.fromArray(S, m, from + 5 * step)).intoArray(out, to);
        FloatVector.fromArray(S, m, from + step).add(m1).add(FloatVector.fromArray(S, m, from + 6 * step))
                .intoArray(out, to + outStep);
    }

    private static void one(float[] m, int from, int step, float[] out, int to) {
        FloatVector.fromArray(S, m, from).add(FloatVector.fromArray(S, m, from + step))
                .add(FloatVector.fromArray(S, m, from + 5 * step)).intoArray(out, to);
    }
}
