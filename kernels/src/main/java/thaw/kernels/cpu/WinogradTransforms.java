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
 * Each acts on a vector's width of channels at once, first on the columns of a tile, then on its rows, by way of a small
 * scratch that stays in the first-level cache.
 */
final class WinogradTransforms {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    /** Floats of scratch that each transform needs. */
    static final int SCRATCH = 36 * L;

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
            int o = from + j * L;
            FloatVector d0 = FloatVector.fromArray(S, d, o);
            FloatVector d1 = FloatVector.fromArray(S, d, o + row);
            FloatVector d2 = FloatVector.fromArray(S, d, o + 2 * row);
            FloatVector d3 = FloatVector.fromArray(S, d, o + 3 * row);
            FloatVector d4 = FloatVector.fromArray(S, d, o + 4 * row);
            FloatVector d5 = FloatVector.fromArray(S, d, o + 5 * row);
            int t = j * L;
            FloatVector even = d4.sub(d2.mul(4f));
            FloatVector odd = d3.sub(d1.mul(4f));
            FloatVector near = d4.sub(d2);
            FloatVector twice = d3.sub(d1).mul(2f);
            d0.mul(4f).sub(d2.mul(5f)).add(d4).intoArray(scratch, t);
            even.add(odd).intoArray(scratch, t + 6 * L);
            even.sub(odd).intoArray(scratch, t + 12 * L);
            near.add(twice).intoArray(scratch, t + 18 * L);
            near.sub(twice).intoArray(scratch, t + 24 * L);
            d1.mul(4f).sub(d3.mul(5f)).add(d5).intoArray(scratch, t + 30 * L);
        }
        for (int i = 0; i < 6; i++) {
            int o = i * 6 * L;
            FloatVector d0 = FloatVector.fromArray(S, scratch, o);
            FloatVector d1 = FloatVector.fromArray(S, scratch, o + L);
            FloatVector d2 = FloatVector.fromArray(S, scratch, o + 2 * L);
            FloatVector d3 = FloatVector.fromArray(S, scratch, o + 3 * L);
            FloatVector d4 = FloatVector.fromArray(S, scratch, o + 4 * L);
            FloatVector d5 = FloatVector.fromArray(S, scratch, o + 5 * L);
            int t = to + i * 6 * position;
            FloatVector even = d4.sub(d2.mul(4f));
            FloatVector odd = d3.sub(d1.mul(4f));
            FloatVector near = d4.sub(d2);
            FloatVector twice = d3.sub(d1).mul(2f);
            d0.mul(4f).sub(d2.mul(5f)).add(d4).intoArray(v, t);
            even.add(odd).intoArray(v, t + position);
            even.sub(odd).intoArray(v, t + 2 * position);
            near.add(twice).intoArray(v, t + 3 * position);
            near.sub(twice).intoArray(v, t + 4 * position);
            d1.mul(4f).sub(d3.mul(5f)).add(d5).intoArray(v, t + 5 * position);
        }
    }

    /** {@code Aᵀ m A} of a 6×6 tile, plus a bias: a 4×4 tile of pixels. The arguments are as in {@link #input}. */
    static void output(float[] m, int from, int position, float[] scratch, float[] bias, int bo, float[] y, int to, int row) {
        for (int j = 0; j < 6; j++) {
            int o = from + j * position;
            FloatVector m0 = FloatVector.fromArray(S, m, o);
            FloatVector m1 = FloatVector.fromArray(S, m, o + 6 * position);
            FloatVector m2 = FloatVector.fromArray(S, m, o + 12 * position);
            FloatVector m3 = FloatVector.fromArray(S, m, o + 18 * position);
            FloatVector m4 = FloatVector.fromArray(S, m, o + 24 * position);
            FloatVector m5 = FloatVector.fromArray(S, m, o + 30 * position);
            int t = j * L;
            FloatVector sum = m1.add(m2);
            FloatVector difference = m1.sub(m2);
            FloatVector farSum = m3.add(m4);
            FloatVector farDifference = m3.sub(m4);
            m0.add(sum).add(farSum).intoArray(scratch, t);
            difference.add(farDifference.mul(2f)).intoArray(scratch, t + 6 * L);
            sum.add(farSum.mul(4f)).intoArray(scratch, t + 12 * L);
            difference.add(farDifference.mul(8f)).add(m5).intoArray(scratch, t + 18 * L);
        }
        FloatVector b = FloatVector.fromArray(S, bias, bo);
        for (int i = 0; i < 4; i++) {
            int o = i * 6 * L;
            FloatVector m0 = FloatVector.fromArray(S, scratch, o);
            FloatVector m1 = FloatVector.fromArray(S, scratch, o + L);
            FloatVector m2 = FloatVector.fromArray(S, scratch, o + 2 * L);
            FloatVector m3 = FloatVector.fromArray(S, scratch, o + 3 * L);
            FloatVector m4 = FloatVector.fromArray(S, scratch, o + 4 * L);
            FloatVector m5 = FloatVector.fromArray(S, scratch, o + 5 * L);
            int t = to + i * row;
            FloatVector sum = m1.add(m2);
            FloatVector difference = m1.sub(m2);
            FloatVector farSum = m3.add(m4);
            FloatVector farDifference = m3.sub(m4);
            m0.add(sum).add(farSum).add(b).intoArray(y, t);
            difference.add(farDifference.mul(2f)).add(b).intoArray(y, t + L);
            sum.add(farSum.mul(4f)).add(b).intoArray(y, t + 2 * L);
            difference.add(farDifference.mul(8f)).add(m5).add(b).intoArray(y, t + 3 * L);
        }
    }

    /**
     * {@code G g Gᵀ} of a 3×3 filter.
     *
     * @param place    floats between neighbouring places of the filter
     * @param position floats between neighbouring positions of the transformed filter
     */
    static void filter(float[] g, int from, int place, float[] scratch, float[] u, int to, int position) {
        for (int j = 0; j < 3; j++) {
            int o = from + j * place;
            FloatVector g0 = FloatVector.fromArray(S, g, o);
            FloatVector g1 = FloatVector.fromArray(S, g, o + 3 * place);
            FloatVector g2 = FloatVector.fromArray(S, g, o + 6 * place);
            int t = j * L;
            FloatVector outer = g0.add(g2).mul(-1 / 6f);
            FloatVector inner = g1.mul(1 / 6f);
            FloatVector farOuter = g0.mul(1 / 24f).add(g2.mul(1 / 6f));
            FloatVector farInner = g1.mul(1 / 12f);
            g0.mul(0.25f).intoArray(scratch, t);
            outer.sub(inner).intoArray(scratch, t + 3 * L);
            outer.add(inner).intoArray(scratch, t + 6 * L);
            farOuter.add(farInner).intoArray(scratch, t + 9 * L);
            farOuter.sub(farInner).intoArray(scratch, t + 12 * L);
            g2.intoArray(scratch, t + 15 * L);
        }
        for (int i = 0; i < 6; i++) {
            int o = i * 3 * L;
            FloatVector g0 = FloatVector.fromArray(S, scratch, o);
            FloatVector g1 = FloatVector.fromArray(S, scratch, o + L);
            FloatVector g2 = FloatVector.fromArray(S, scratch, o + 2 * L);
            int t = to + i * 6 * position;
            FloatVector outer = g0.add(g2).mul(-1 / 6f);
            FloatVector inner = g1.mul(1 / 6f);
            FloatVector farOuter = g0.mul(1 / 24f).add(g2.mul(1 / 6f));
            FloatVector farInner = g1.mul(1 / 12f);
            g0.mul(0.25f).intoArray(u, t);
            outer.sub(inner).intoArray(u, t + position);
            outer.add(inner).intoArray(u, t + 2 * position);
            farOuter.add(farInner).intoArray(u, t + 3 * position);
            farOuter.sub(farInner).intoArray(u, t + 4 * position);
            g2.intoArray(u, t + 5 * position);
        }
    }

    /** {@code A g Aᵀ} of a 4×4 tile of the output's gradient; the arguments are as in {@link #input}. */
    static void gradient(float[] g, int from, int row, float[] scratch, float[] m, int to, int position) {
        for (int j = 0; j < 4; j++) {
            int o = from + j * L;
            FloatVector g0 = FloatVector.fromArray(S, g, o);
            FloatVector g1 = FloatVector.fromArray(S, g, o + row);
            FloatVector g2 = FloatVector.fromArray(S, g, o + 2 * row);
            FloatVector g3 = FloatVector.fromArray(S, g, o + 3 * row);
            int t = j * L;
            FloatVector even = g0.add(g2);
            FloatVector odd = g1.add(g3);
            FloatVector farEven = g0.add(g2.mul(4f));
            FloatVector farOdd = g1.mul(2f).add(g3.mul(8f));
            g0.intoArray(scratch, t);
            even.add(odd).intoArray(scratch, t + 4 * L);
            even.sub(odd).intoArray(scratch, t + 8 * L);
            farEven.add(farOdd).intoArray(scratch, t + 12 * L);
            farEven.sub(farOdd).intoArray(scratch, t + 16 * L);
            g3.intoArray(scratch, t + 20 * L);
        }
        for (int i = 0; i < 6; i++) {
            int o = i * 4 * L;
            FloatVector g0 = FloatVector.fromArray(S, scratch, o);
            FloatVector g1 = FloatVector.fromArray(S, scratch, o + L);
            FloatVector g2 = FloatVector.fromArray(S, scratch, o + 2 * L);
            FloatVector g3 = FloatVector.fromArray(S, scratch, o + 3 * L);
            int t = to + i * 6 * position;
            FloatVector even = g0.add(g2);
            FloatVector odd = g1.add(g3);
            FloatVector farEven = g0.add(g2.mul(4f));
            FloatVector farOdd = g1.mul(2f).add(g3.mul(8f));
            g0.intoArray(m, t);
            even.add(odd).intoArray(m, t + position);
            even.sub(odd).intoArray(m, t + 2 * position);
            farEven.add(farOdd).intoArray(m, t + 3 * position);
            farEven.sub(farOdd).intoArray(m, t + 4 * position);
            g3.intoArray(m, t + 5 * position);
        }
    }

    /** {@code Gᵀ u G}: the gradient of a 3×3 filter, place by place one vector behind the other. */
    static void filterGradient(float[] u, int from, int position, float[] scratch, float[] g, int to) {
        for (int j = 0; j < 6; j++) {
            int o = from + j * position;
            FloatVector u1 = FloatVector.fromArray(S, u, o + 6 * position);
            FloatVector u2 = FloatVector.fromArray(S, u, o + 12 * position);
            FloatVector u3 = FloatVector.fromArray(S, u, o + 18 * position);
            FloatVector u4 = FloatVector.fromArray(S, u, o + 24 * position);
            int t = j * L;
            FloatVector near = u1.add(u2).mul(1 / 6f);
            FloatVector far = u3.add(u4);
            FloatVector middle = u2.sub(u1).mul(1 / 6f).add(u3.sub(u4).mul(1 / 12f));
            FloatVector.fromArray(S, u, o).mul(0.25f).sub(near).add(far.mul(1 / 24f)).intoArray(scratch, t);
            middle.intoArray(scratch, t + 6 * L);
            FloatVector.fromArray(S, u, o + 30 * position).sub(near).add(far.mul(1 / 6f)).intoArray(scratch, t + 12 * L);
        }
        for (int i = 0; i < 3; i++) {
            int o = i * 6 * L;
            FloatVector u1 = FloatVector.fromArray(S, scratch, o + L);
            FloatVector u2 = FloatVector.fromArray(S, scratch, o + 2 * L);
            FloatVector u3 = FloatVector.fromArray(S, scratch, o + 3 * L);
            FloatVector u4 = FloatVector.fromArray(S, scratch, o + 4 * L);
            int t = to + i * 3 * L;
            FloatVector near = u1.add(u2).mul(1 / 6f);
            FloatVector far = u3.add(u4);
            FloatVector middle = u2.sub(u1).mul(1 / 6f).add(u3.sub(u4).mul(1 / 12f));
            FloatVector.fromArray(S, scratch, o).mul(0.25f).sub(near).add(far.mul(1 / 24f)).intoArray(g, t);
            middle.intoArray(g, t + L);
            FloatVector.fromArray(S, scratch, o + 5 * L).sub(near).add(far.mul(1 / 6f)).intoArray(g, t + 2 * L);
        }
    }
}
