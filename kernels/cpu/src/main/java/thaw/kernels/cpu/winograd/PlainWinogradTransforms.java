package thaw.kernels.cpu.winograd;

/**
 * The transforms of Winograd's minimal filtering F(4×4, 3×3), see {@link WinogradPoints}, in plain loops over row-major
 * images. On columns of tiles they run along whole lines of pixels, which the compiler vectorises (two results per loop:
 * JDK 17 does not vectorise more); on rows of tiles they run tile by tile.
 */
final class PlainWinogradTransforms {

    private PlainWinogradTransforms() {
    }

    /** {@code Bᵀ d}: six lines of pixels, of which the first {@code n} numbers are used. */
    static void inputColumns(float[][] d, float[][] t, int n) {
        ends(d[0], d[2], d[4], t[0], n);
        ends(d[1], d[3], d[5], t[5], n);
        pair(d[1], d[2], d[3], d[4], -4, -4, 1, t[1], t[2], n);
        pair(d[1], d[2], d[3], d[4], -2, -1, 2, t[3], t[4], n);
    }

    private static void ends(float[] a, float[] b, float[] c, float[] out, int n) {
        for (int j = 0; j < n; j++) {
            out[j] = 4 * a[j] - 5 * b[j] + c[j];
        }
    }

    /** {@code (d4 + q·d2) ± (r·d3 + p·d1)} */
    private static void pair(float[] d1, float[] d2, float[] d3, float[] d4, float p, float q, float r, float[] plus,
            float[] minus, int n) {
        for (int j = 0; j < n; j++) {
            float even = d4[j] + q * d2[j];
            float odd = r * d3[j] + p * d1[j];
            plus[j] = even + odd;
            minus[j] = even - odd;
        }
    }

    /** {@code d B} for one line of a channel's tiles: six numbers per tile, {@code position} apart in {@code v}. */
    static void inputRow(float[] t, int from, int tiles, float[] v, int to, int position) {
        for (int tile = 0; tile < tiles; tile++) {
            int i = from + 4 * tile;
            float d0 = t[i];
            float d1 = t[i + 1];
            float d2 = t[i + 2];
            float d3 = t[i + 3];
            float d4 = t[i + 4];
            float d5 = t[i + 5];
            float even = d4 - 4 * d2;
            float odd = d3 - 4 * d1;
            float near = d4 - d2;
            float twice = 2 * (d3 - d1);
            int o = to + tile;
            v[o] = 4 * d0 - 5 * d2 + d4;
            v[o + position] = even + odd;
            v[o + 2 * position] = even - odd;
            v[o + 3 * position] = near + twice;
            v[o + 4 * position] = near - twice;
            v[o + 5 * position] = 4 * d1 - 5 * d3 + d5;
        }
    }

    /** {@code m A} for one line of a channel's tiles: four pixels per tile. */
    static void outputRow(float[] m, int from, int position, int tiles, float[] s, int to) {
        for (int tile = 0; tile < tiles; tile++) {
            int i = from + tile;
            float m1 = m[i + position];
            float m2 = m[i + 2 * position];
            float m3 = m[i + 3 * position];
            float m4 = m[i + 4 * position];
            float sum = m1 + m2;
            float difference = m1 - m2;
            float farSum = m3 + m4;
            float farDifference = m3 - m4;
            int o = to + 4 * tile;
            s[o] = m[i] + sum + farSum;
            s[o + 1] = difference + 2 * farDifference;
            s[o + 2] = sum + 4 * farSum;
            s[o + 3] = difference + 8 * farDifference + m[i + 5 * position];
        }
    }

    /** {@code Aᵀ s}: four lines of pixels from six. */
    static void outputColumns(float[][] s, float[][] o, int n) {
        even(s[0], s[1], s[2], s[3], s[4], o[0], o[2], n);
        odd(s[1], s[2], s[3], s[4], s[5], o[1], o[3], n);
    }

    private static void even(float[] s0, float[] s1, float[] s2, float[] s3, float[] s4, float[] o0, float[] o2, int n) {
        for (int j = 0; j < n; j++) {
            float sum = s1[j] + s2[j];
            float farSum = s3[j] + s4[j];
            o0[j] = s0[j] + sum + farSum;
            o2[j] = sum + 4 * farSum;
        }
    }

    private static void odd(float[] s1, float[] s2, float[] s3, float[] s4, float[] s5, float[] o1, float[] o3, int n) {
        for (int j = 0; j < n; j++) {
            float difference = s1[j] - s2[j];
            float farDifference = s3[j] - s4[j];
            o1[j] = difference + 2 * farDifference;
            o3[j] = difference + 8 * farDifference + s5[j];
        }
    }

    /**
     * {@code G g Gᵀ} of a 3×3 filter.
     *
     * @param turned  whether to rotate the filter by 180° first
     * @param scratch 18 numbers
     */
    static void filter(float[] g, int from, boolean turned, float[] scratch, float[] u, int to, int position) {
        int first = turned ? from + 8 : from;
        int step = turned ? -1 : 1;
        for (int j = 0; j < 3; j++) {
            filterLine(g[first + j * step], g[first + (j + 3) * step], g[first + (j + 6) * step], scratch, j, 3);
        }
        for (int i = 0; i < 6; i++) {
            filterLine(scratch[i * 3], scratch[i * 3 + 1], scratch[i * 3 + 2], u, to + i * 6 * position, position);
        }
    }

    /** {@code G g} */
    private static void filterLine(float g0, float g1, float g2, float[] out, int to, int step) {
        float even = (g0 + g2) * (-1 / 6f);
        float odd = g1 * (-1 / 6f);
        float farEven = g0 * (1 / 24f) + g2 * (1 / 6f);
        float farOdd = g1 * (1 / 12f);
        out[to] = g0 * (1 / 4f);
        out[to + step] = even + odd;
        out[to + 2 * step] = even - odd;
        out[to + 3 * step] = farEven + farOdd;
        out[to + 4 * step] = farEven - farOdd;
        out[to + 5 * step] = g2;
    }
}
