package thaw.kernels.cpu.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code G g Gᵀ}, the transform of 3×3 filters to their values at pairs of {@link WinogradPoints}, and {@code Gᵀ u G}, the
 * gradient of this transform.
 */
final class WinogradFilter {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private WinogradFilter() {
    }

    /**
     * {@code G g Gᵀ}
     *
     * @param outputs outputs along a line of a tile: 4, or 2, which uses the first four points
     * @param place   floats between neighbouring filter positions
     * @param pair    floats between neighbouring pairs of points, of {@code (outputs + 2)²}
     */
    static void values(int outputs, float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        int points = outputs + 2;
        for (int j = 0; j < 3; j++) {
            line(outputs, g, from + j * place, 3 * place, scratch, j * L, 3 * L);
        }
        for (int i = 0; i < points; i++) {
            line(outputs, scratch, i * 3 * L, L, u, to + i * points * pair, pair);
        }
    }

    private static void line(int outputs, float[] g, int from, int step, float[] out, int to, int outStep) {
        if (outputs == 2) {
            two(g, from, step, out, to, outStep);
        } else {
            four(g, from, step, out, to, outStep);
        }
    }

    /** {@code G g} for two outputs. */
    private static void two(float[] g, int from, int step, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        FloatVector g2 = FloatVector.fromArray(S, g, from + 2 * step);
        FloatVector outer = g0.add(g2).mul(FloatVector.broadcast(S, -1 / 6f));
        FloatVector inner = FloatVector.fromArray(S, g, from + step).mul(FloatVector.broadcast(S, 1 / 6f));
        g0.mul(FloatVector.broadcast(S, 0.25f)).intoArray(out, to);
        g2.intoArray(out, to + outStep);
        outer.sub(inner).intoArray(out, to + 2 * outStep);
        outer.add(inner).intoArray(out, to + 3 * outStep);
    }

    /** {@code G g} for four outputs. */
    private static void four(float[] g, int from, int step, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        FloatVector g1 = FloatVector.fromArray(S, g, from + step);
        FloatVector g2 = FloatVector.fromArray(S, g, from + 2 * step);
        FloatVector sixth = FloatVector.broadcast(S, 1 / 6f);
        FloatVector outer = g0.add(g2).mul(FloatVector.broadcast(S, -1 / 6f));
        FloatVector inner = g1.mul(sixth);
        FloatVector farOuter = g0.fma(FloatVector.broadcast(S, 1 / 24f), g2.mul(sixth));
        FloatVector farInner = g1.mul(FloatVector.broadcast(S, 1 / 12f));
        g0.mul(FloatVector.broadcast(S, 0.25f)).intoArray(out, to);
        g2.intoArray(out, to + outStep);
        outer.sub(inner).intoArray(out, to + 2 * outStep);
        outer.add(inner).intoArray(out, to + 3 * outStep);
        farOuter.add(farInner).intoArray(out, to + 4 * outStep);
        farOuter.sub(farInner).intoArray(out, to + 5 * outStep);
    }

    /** {@code Gᵀ u G}, one vector per filter position, one after the other. */
    static void gradient(float[] u, int from, int pair, float[] scratch, float[] g, int to) {
        for (int j = 0; j < 6; j++) {
            gradientLine(u, from + j * pair, 6 * pair, scratch, j * L, 6 * L);
        }
        for (int i = 0; i < 3; i++) {
            gradientLine(scratch, i * 6 * L, L, g, to + i * 3 * L, L);
        }
    }

    /** {@code Gᵀ u} */
    private static void gradientLine(float[] u, int from, int step, float[] out, int to, int outStep) {
        FloatVector u1 = FloatVector.fromArray(S, u, from + 2 * step);
        FloatVector u2 = FloatVector.fromArray(S, u, from + 3 * step);
        FloatVector u3 = FloatVector.fromArray(S, u, from + 4 * step);
        FloatVector u4 = FloatVector.fromArray(S, u, from + 5 * step);
        FloatVector sixth = FloatVector.broadcast(S, 1 / 6f);
        FloatVector near = u1.add(u2).mul(sixth);
        FloatVector far = u3.add(u4);
        FloatVector first = far.fma(FloatVector.broadcast(S, 1 / 24f), near.neg());
        FloatVector.fromArray(S, u, from).fma(FloatVector.broadcast(S, 0.25f), first).intoArray(out, to);
        u3.sub(u4).fma(FloatVector.broadcast(S, 1 / 12f), u2.sub(u1).mul(sixth)).intoArray(out, to + outStep);
        far.fma(sixth, FloatVector.fromArray(S, u, from + step).sub(near)).intoArray(out, to + 2 * outStep);
    }
}
