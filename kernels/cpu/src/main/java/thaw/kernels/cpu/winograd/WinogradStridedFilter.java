package thaw.kernels.cpu.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The transform of 3×3 filters of a convolution of stride 2 to the values of their {@linkplain WinogradPhases phases}, and
 * its gradient.
 */
final class WinogradStridedFilter {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private WinogradStridedFilter() {
    }

    /** See {@link WinogradFilter#values} for the arguments. */
    static void values(float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        for (int j = 0; j < 3; j++) {
            line(g, from + j * place, 3 * place, scratch, j * L, 3 * L);
        }
        for (int i = 0; i < 6; i++) {
            line(scratch, i * 3 * L, L, u, to + i * 6 * pair, pair);
        }
    }

    /** {@code G g} of the first and the last tap, and the tap between them. */
    private static void line(float[] g, int from, int step, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        FloatVector g2 = FloatVector.fromArray(S, g, from + 2 * step);
        FloatVector half = g0.mul(FloatVector.broadcast(S, 0.5f));
        FloatVector sixth = FloatVector.broadcast(S, 1 / 6f);
        half.intoArray(out, to);
        g2.intoArray(out, to + outStep);
        g2.fma(FloatVector.broadcast(S, -0.5f), half.neg()).intoArray(out, to + 2 * outStep);
        g2.sub(g0).mul(sixth).intoArray(out, to + 3 * outStep);
        g0.add(g2).add(g2).mul(sixth).intoArray(out, to + 4 * outStep);
        FloatVector.fromArray(S, g, from + step).intoArray(out, to + 5 * outStep);
    }

    /** See {@link WinogradFilter#gradient} for the arguments. */
    static void gradient(float[] u, int from, int pair, float[] scratch, float[] g, int to) {
        for (int j = 0; j < 6; j++) {
            gradientLine(u, from + j * pair, 6 * pair, scratch, j * L, 6 * L);
        }
        for (int i = 0; i < 3; i++) {
            gradientLine(scratch, i * 6 * L, L, g, to + i * 3 * L, L);
        }
    }

    private static void gradientLine(float[] u, int from, int step, float[] out, int to, int outStep) {
        FloatVector u1 = FloatVector.fromArray(S, u, from + 2 * step);
        FloatVector u2 = FloatVector.fromArray(S, u, from + 3 * step);
        FloatVector u3 = FloatVector.fromArray(S, u, from + 4 * step);
        FloatVector half = FloatVector.broadcast(S, 0.5f);
        FloatVector sixth = FloatVector.broadcast(S, 1 / 6f);
        FloatVector near = u1.mul(half);
        FloatVector first = u3.sub(u2).fma(sixth, near.neg());
        FloatVector.fromArray(S, u, from).fma(half, first).intoArray(out, to);
        FloatVector.fromArray(S, u, from + 5 * step).intoArray(out, to + outStep);
        FloatVector last = u3.add(u3).add(u2).fma(sixth, FloatVector.fromArray(S, u, from + step));
        last.sub(near).intoArray(out, to + 2 * outStep);
    }
}
