package thaw.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The transforms of Winograd's minimal filtering F(4×4, 3×3): 16 outputs of a 3×3 filter by 36 products instead of 144
 * (Lavin and Gray 2016, section 4.2):
 * <pre>
 * Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
 *
 *      ⎡ 4  0 −5  0  1  0 ⎤        ⎡  1/4    0     0  ⎤
 *      ⎢ 0 −4 −4  1  1  0 ⎥        ⎢ −1/6  −1/6  −1/6 ⎥        ⎡ 1  1  1  1  1  0 ⎤
 * Bᵀ = ⎢ 0  4 −4 −1  1  0 ⎥    G = ⎢ −1/6   1/6  −1/6 ⎥   Aᵀ = ⎢ 0  1 −1  2 −2  0 ⎥
 *      ⎢ 0 −2 −1  2  1  0 ⎥        ⎢  1/24  1/12  1/6 ⎥        ⎢ 0  1  1  4  4  0 ⎥
 *      ⎢ 0  2 −1 −2  1  0 ⎥        ⎢  1/24 −1/12  1/6 ⎥        ⎣ 0  1 −1  8 −8  1 ⎦
 *      ⎣ 0  4  0 −5  0  1 ⎦        ⎣   0     0     1  ⎦
 * </pre>
 * Each acts on a vector's width of channels at once, line by line: on the columns of a tile, then on the rows of the result,
 * by way of a small scratch that stays in the first-level cache. Lines are methods of their own, and factors explicit
 * vectors: of whole tiles, or of {@code mul(4f)}, JDK 17's C2 leaves some vectors as objects.
 */
final class WinogradTransforms {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    /** Floats of scratch that each transform needs. */
    static final int SCRATCH = 36 * L;

    /** Only the second pass of {@link #output} adds a bias. */
    private static final float[] NONE = new float[L];

    private WinogradTransforms() {
    }

    /**
     * {@code Bᵀ d B} of a 6×6 tile of pixels.
     *
     * @param row      floats between the tile's rows
     * @param position floats between neighbouring positions of the transformed tile
     */
    static void input(float[] d, int from, int row, float[] scratch, float[] v, int to, int position) {
        for (int j = 0; j < 6; j++) {
            inputLine(d, from + j * L, row, scratch, j * L, 6 * L);
        }
        for (int i = 0; i < 6; i++) {
            inputLine(scratch, i * 6 * L, L, v, to + i * 6 * position, position);
        }
    }

    /** {@code Bᵀ d} */
    private static void inputLine(float[] d, int from, int step, float[] out, int to, int outStep) {
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
        d1.fma(four, d3.fma(minusFive, d5)).intoArray(out, to + 5 * outStep);
        FloatVector even = d2.fma(minusFour, d4);
        FloatVector odd = d1.fma(minusFour, d3);
        even.add(odd).intoArray(out, to + outStep);
        even.sub(odd).intoArray(out, to + 2 * outStep);
        FloatVector near = d4.sub(d2);
        FloatVector twice = d3.sub(d1);
        twice = twice.add(twice);
        near.add(twice).intoArray(out, to + 3 * outStep);
        near.sub(twice).intoArray(out, to + 4 * outStep);
    }

    /** {@code Aᵀ m A} of a 6×6 tile, plus a bias: a 4×4 tile of pixels. The arguments are as in {@link #input}. */
    static void output(float[] m, int from, int position, float[] scratch, float[] bias, int bo, float[] y, int to, int row) {
        for (int j = 0; j < 6; j++) {
            outputLine(m, from + j * position, 6 * position, NONE, 0, scratch, j * L, 6 * L);
        }
        for (int i = 0; i < 4; i++) {
            outputLine(scratch, i * 6 * L, L, bias, bo, y, to + i * row, L);
        }
    }

    /** {@code Aᵀ m + bias} */
    private static void outputLine(float[] m, int from, int step, float[] bias, int bo, float[] out, int to, int outStep) {
        FloatVector m1 = FloatVector.fromArray(S, m, from + step);
        FloatVector m2 = FloatVector.fromArray(S, m, from + 2 * step);
        FloatVector m3 = FloatVector.fromArray(S, m, from + 3 * step);
        FloatVector m4 = FloatVector.fromArray(S, m, from + 4 * step);
        FloatVector b = FloatVector.fromArray(S, bias, bo);
        FloatVector sum = m1.add(m2).add(b);
        FloatVector difference = m1.sub(m2).add(b);
        FloatVector farSum = m3.add(m4);
        FloatVector farDifference = m3.sub(m4);
        FloatVector last = FloatVector.fromArray(S, m, from + 5 * step).add(difference);
        FloatVector.fromArray(S, m, from).add(sum).add(farSum).intoArray(out, to);
        farDifference.fma(FloatVector.broadcast(S, 2f), difference).intoArray(out, to + outStep);
        farSum.fma(FloatVector.broadcast(S, 4f), sum).intoArray(out, to + 2 * outStep);
        farDifference.fma(FloatVector.broadcast(S, 8f), last).intoArray(out, to + 3 * outStep);
    }

    /**
     * {@code G g Gᵀ} of a 3×3 filter.
     *
     * @param place    floats between neighbouring places of the filter
     * @param position floats between neighbouring positions of the transformed filter
     */
    static void filter(float[] g, int from, int place, float[] scratch, float[] u, int to, int position) {
        for (int j = 0; j < 3; j++) {
            filterLine(g, from + j * place, 3 * place, scratch, j * L, 3 * L);
        }
        for (int i = 0; i < 6; i++) {
            filterLine(scratch, i * 3 * L, L, u, to + i * 6 * position, position);
        }
    }

    /** {@code G g} */
    private static void filterLine(float[] g, int from, int step, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        FloatVector g1 = FloatVector.fromArray(S, g, from + step);
        FloatVector g2 = FloatVector.fromArray(S, g, from + 2 * step);
        FloatVector sixth = FloatVector.broadcast(S, 1 / 6f);
        FloatVector outer = g0.add(g2).mul(FloatVector.broadcast(S, -1 / 6f));
        FloatVector inner = g1.mul(sixth);
        FloatVector farOuter = g0.fma(FloatVector.broadcast(S, 1 / 24f), g2.mul(sixth));
        FloatVector farInner = g1.mul(FloatVector.broadcast(S, 1 / 12f));
        g0.mul(FloatVector.broadcast(S, 0.25f)).intoArray(out, to);
        outer.sub(inner).intoArray(out, to + outStep);
        outer.add(inner).intoArray(out, to + 2 * outStep);
        farOuter.add(farInner).intoArray(out, to + 3 * outStep);
        farOuter.sub(farInner).intoArray(out, to + 4 * outStep);
        g2.intoArray(out, to + 5 * outStep);
    }

    /** {@code A g Aᵀ} of a 4×4 tile of the output's gradient; the arguments are as in {@link #input}. */
    static void gradient(float[] g, int from, int row, float[] scratch, float[] m, int to, int position) {
        for (int j = 0; j < 4; j++) {
            gradientLine(g, from + j * L, row, scratch, j * L, 4 * L);
        }
        for (int i = 0; i < 6; i++) {
            gradientLine(scratch, i * 4 * L, L, m, to + i * 6 * position, position);
        }
    }

    /** {@code A g} */
    private static void gradientLine(float[] g, int from, int step, float[] out, int to, int outStep) {
        FloatVector g0 = FloatVector.fromArray(S, g, from);
        FloatVector g1 = FloatVector.fromArray(S, g, from + step);
        FloatVector g2 = FloatVector.fromArray(S, g, from + 2 * step);
        FloatVector g3 = FloatVector.fromArray(S, g, from + 3 * step);
        FloatVector even = g0.add(g2);
        FloatVector odd = g1.add(g3);
        FloatVector farEven = g2.fma(FloatVector.broadcast(S, 4f), g0);
        FloatVector farOdd = g3.fma(FloatVector.broadcast(S, 8f), g1.add(g1));
        g0.intoArray(out, to);
        even.add(odd).intoArray(out, to + outStep);
        even.sub(odd).intoArray(out, to + 2 * outStep);
        farEven.add(farOdd).intoArray(out, to + 3 * outStep);
        farEven.sub(farOdd).intoArray(out, to + 4 * outStep);
        g3.intoArray(out, to + 5 * outStep);
    }

    /** {@code Gᵀ u G}: the gradient of a 3×3 filter, place by place one vector behind the other. */
    static void filterGradient(float[] u, int from, int position, float[] scratch, float[] g, int to) {
        for (int j = 0; j < 6; j++) {
            filterGradientLine(u, from + j * position, 6 * position, scratch, j * L, 6 * L);
        }
        for (int i = 0; i < 3; i++) {
            filterGradientLine(scratch, i * 6 * L, L, g, to + i * 3 * L, L);
        }
    }

    /** {@code Gᵀ u} */
    private static void filterGradientLine(float[] u, int from, int step, float[] out, int to, int outStep) {
        FloatVector u1 = FloatVector.fromArray(S, u, from + step);
        FloatVector u2 = FloatVector.fromArray(S, u, from + 2 * step);
        FloatVector u3 = FloatVector.fromArray(S, u, from + 3 * step);
        FloatVector u4 = FloatVector.fromArray(S, u, from + 4 * step);
        FloatVector sixth = FloatVector.broadcast(S, 1 / 6f);
        FloatVector near = u1.add(u2).mul(sixth);
        FloatVector far = u3.add(u4);
        FloatVector first = far.fma(FloatVector.broadcast(S, 1 / 24f), near.neg());
        FloatVector.fromArray(S, u, from).fma(FloatVector.broadcast(S, 0.25f), first).intoArray(out, to);
        u3.sub(u4).fma(FloatVector.broadcast(S, 1 / 12f), u2.sub(u1).mul(sixth)).intoArray(out, to + outStep);
        far.fma(sixth, FloatVector.fromArray(S, u, from + 5 * step).sub(near)).intoArray(out, to + 2 * outStep);
    }
}
