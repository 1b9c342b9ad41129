package thaw.kernels.cpu.winograd;

/**
 * Winograd's transforms along lines, one line per lane, in scalar code: {@link WinogradInput}, {@link WinogradFilter},
 * {@link WinogradOutput} and their strided counterparts, with the same operations in the same order and therefore the same
 * bits. The arguments are the same everywhere: the offset of the first lane's line, the floats between its numbers, and
 * likewise for the result.
 */
final class ScalarWinograd {

    private ScalarWinograd() {
    }

    /** {@code Bᵀ d}. */
    static void input(int outputs, int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        switch (outputs) {
            case 4 -> inputOfFour(lanes, d, from, step, out, to, outStep);
            case 3 -> inputOfThree(lanes, d, from, step, out, to, outStep);
            case 2 -> inputOfTwo(lanes, d, from, step, out, to, outStep);
            default -> inputOfOne(lanes, d, from, step, out, to, outStep);
        }
    }

    private static void inputOfFour(int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            four(d[i], d[i + step], d[i + 2 * step], d[i + 3 * step], d[i + 4 * step], d[i + 5 * step], out, o, outStep);
        }
    }

    /** {@link WinogradInput#columns}, for {@code count} numbers side by side. */
    static void inputColumns(int count, float[] top, int topFrom, float[] d, int from, int row, float[] bottom, int bottomFrom,
            float[] out, int to, int line) {
        for (int c = 0; c < count; c++) {
            int i = from + c;
            four(top[topFrom + c], d[i], d[i + row], d[i + 2 * row], d[i + 3 * row], bottom[bottomFrom + c], out, to + c, line);
        }
    }

    private static void four(float d0, float d1, float d2, float d3, float d4, float d5, float[] out, int to, int step) {
        float even = Math.fma(d2, -4f, d4);
        float odd = Math.fma(d1, -4f, d3);
        float near = d4 - d2;
        float twice = d3 - d1;
        twice = twice + twice;
        out[to] = Math.fma(d0, 4f, Math.fma(d2, -5f, d4));
        out[to + step] = Math.fma(d1, 4f, Math.fma(d3, -5f, d5));
        out[to + 2 * step] = even + odd;
        out[to + 3 * step] = even - odd;
        out[to + 4 * step] = near + twice;
        out[to + 5 * step] = near - twice;
    }

    private static void inputOfThree(int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float d1 = d[i + step];
            float d2 = d[i + 2 * step];
            float d3 = d[i + 3 * step];
            float difference = d3 - d1;
            out[o] = Math.fma(d[i] - d2, 4f, difference + difference);
            out[o + outStep] = Math.fma(difference, -2f, d[i + 4 * step] - d2);
            out[o + 2 * outStep] = (d3 - d2 - d1 - d1) * 3f;
            out[o + 3 * outStep] = Math.fma(d1, 2f, d3) - d2 * 3f;
            out[o + 4 * outStep] = difference * 4f;
        }
    }

    private static void inputOfTwo(int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float d1 = d[i + step];
            float d2 = d[i + 2 * step];
            out[o] = (d[i] - d2) * 4f;
            out[o + outStep] = d[i + 3 * step] - d1;
            out[o + 2 * outStep] = (d2 + d1) * -3f;
            out[o + 3 * outStep] = (d2 - d1) * -3f;
        }
    }

    private static void inputOfOne(int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float d1 = d[i + step];
            out[o] = (d[i] - d1) * 4f;
            out[o + outStep] = d[i + 2 * step] - d1;
            out[o + 2 * outStep] = d1 * -6f;
        }
    }

    /** The phase of two taps of {@link WinogradPhases}. */
    static void stridedInput(int outputs, int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        switch (outputs) {
            case 4 -> stridedInputOfFour(lanes, d, from, step, out, to, outStep);
            case 3 -> stridedInputOfThree(lanes, d, from, step, out, to, outStep);
            case 2 -> stridedInputOfTwo(lanes, d, from, step, out, to, outStep);
            default -> stridedInputOfOne(lanes, d, from, step, out, to, outStep);
        }
    }

    private static void stridedInputOfFour(int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float d1 = d[i + step];
            float d2 = d[i + 2 * step];
            float d3 = d[i + 3 * step];
            float difference = d3 - d1;
            out[o] = Math.fma(d[i] - d2, 2f, difference);
            out[o + outStep] = Math.fma(difference, -2f, d[i + 4 * step] - d2);
            out[o + 2 * outStep] = Math.fma(d1, -2f, d3 - d2);
            out[o + 3 * outStep] = Math.fma(d2, -3f, Math.fma(d1, 2f, d3));
            out[o + 4 * outStep] = difference;
        }
    }

    private static void stridedInputOfThree(int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float d1 = d[i + step];
            float d2 = d[i + 2 * step];
            float difference = d[i] - d2;
            out[o] = difference + difference;
            out[o + outStep] = d[i + 3 * step] - d1;
            out[o + 2 * outStep] = -(d1 + d2);
            out[o + 3 * outStep] = (d1 - d2) * 3f;
        }
    }

    private static void stridedInputOfTwo(int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float d1 = d[i + step];
            float difference = d[i] - d1;
            out[o] = difference + difference;
            out[o + outStep] = d[i + 2 * step] - d1;
            out[o + 2 * outStep] = d1 * -2f;
        }
    }

    private static void stridedInputOfOne(int lanes, float[] d, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            out[o] = d[i] + d[i];
            out[o + outStep] = d[i + step];
        }
    }

    /** {@code G g}, for two or four outputs. */
    static void filter(int outputs, int lanes, float[] g, int from, int step, float[] out, int to, int outStep) {
        if (outputs == 2) {
            filterOfTwo(lanes, g, from, step, out, to, outStep);
        } else {
            filterOfFour(lanes, g, from, step, out, to, outStep);
        }
    }

    private static void filterOfTwo(int lanes, float[] g, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float g0 = g[i];
            float g2 = g[i + 2 * step];
            float outer = (g0 + g2) * (-1 / 6f);
            float inner = g[i + step] * (1 / 6f);
            out[o] = g0 * 0.25f;
            out[o + outStep] = g2;
            out[o + 2 * outStep] = outer - inner;
            out[o + 3 * outStep] = outer + inner;
        }
    }

    private static void filterOfFour(int lanes, float[] g, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float g0 = g[i];
            float g1 = g[i + step];
            float g2 = g[i + 2 * step];
            float outer = (g0 + g2) * (-1 / 6f);
            float inner = g1 * (1 / 6f);
            float farOuter = Math.fma(g0, 1 / 24f, g2 * (1 / 6f));
            float farInner = g1 * (1 / 12f);
            out[o] = g0 * 0.25f;
            out[o + outStep] = g2;
            out[o + 2 * outStep] = outer - inner;
            out[o + 3 * outStep] = outer + inner;
            out[o + 4 * outStep] = farOuter + farInner;
            out[o + 5 * outStep] = farOuter - farInner;
        }
    }

    /** {@code G g} of the first and the last tap, and the tap between them. */
    static void stridedFilter(int lanes, float[] g, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float g0 = g[i];
            float g2 = g[i + 2 * step];
            float half = g0 * 0.5f;
            out[o] = half;
            out[o + outStep] = g2;
            out[o + 2 * outStep] = Math.fma(g2, -0.5f, -half);
            out[o + 3 * outStep] = (g2 - g0) * (1 / 6f);
            out[o + 4 * outStep] = (g0 + g2 + g2) * (1 / 6f);
            out[o + 5 * outStep] = g[i + step];
        }
    }

    /** {@code Aᵀ m}. */
    static void output(int outputs, int lanes, float[] m, int from, int step, float[] out, int to, int outStep) {
        switch (outputs) {
            case 4 -> outputOfFour(lanes, m, from, step, out, to, outStep);
            case 3 -> outputOfThree(lanes, m, from, step, out, to, outStep);
            case 2 -> outputOfTwo(lanes, m, from, step, out, to, outStep);
            default -> outputOfOne(lanes, m, from, step, out, to);
        }
    }

    private static void outputOfFour(int lanes, float[] m, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float m1 = m[i + 2 * step];
            float m2 = m[i + 3 * step];
            float m3 = m[i + 4 * step];
            float m4 = m[i + 5 * step];
            float sum = m1 + m2;
            float difference = m1 - m2;
            float farSum = m3 + m4;
            float farDifference = m3 - m4;
            out[o] = m[i] + sum + farSum;
            out[o + outStep] = Math.fma(farDifference, 2f, difference);
            out[o + 2 * outStep] = Math.fma(farSum, 4f, sum);
            out[o + 3 * outStep] = Math.fma(farDifference, 8f, m[i + step] + difference);
        }
    }

    private static void outputOfThree(int lanes, float[] m, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float m1 = m[i + 2 * step];
            float m2 = m[i + 3 * step];
            float m3 = m[i + 4 * step];
            float sum = m1 + m2;
            out[o] = m[i] + sum + m3;
            out[o + outStep] = Math.fma(m3, 2f, m1 - m2);
            out[o + 2 * outStep] = Math.fma(m3, 4f, sum + m[i + step]);
        }
    }

    private static void outputOfTwo(int lanes, float[] m, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float m1 = m[i + 2 * step];
            float m2 = m[i + 3 * step];
            out[o] = m[i] + (m1 + m2);
            out[o + outStep] = m[i + step] + (m1 - m2);
        }
    }

    private static void outputOfOne(int lanes, float[] m, int from, int step, float[] out, int to) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            out[o] = m[i] + m[i + 2 * step] + m[i + step];
        }
    }

    /** {@code Aᵀ m} of the phase of two taps, and the phase of one. */
    static void stridedOutput(int outputs, int lanes, float[] m, int from, int step, float[] out, int to, int outStep) {
        switch (outputs) {
            case 4 -> stridedOutputOfFour(lanes, m, from, step, out, to, outStep);
            case 3 -> stridedOutputOfThree(lanes, m, from, step, out, to, outStep);
            case 2 -> stridedOutputOfTwo(lanes, m, from, step, out, to, outStep);
            default -> stridedOutputOfOne(lanes, m, from, step, out, to);
        }
    }

    private static void stridedOutputOfFour(int lanes, float[] m, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float m1 = m[i + 2 * step];
            float m2 = m[i + 3 * step];
            float m3 = m[i + 4 * step];
            float sum = m1 + m2;
            float difference = m1 - m2;
            out[o] = m[i] + sum + (m[i + 5 * step] + m3);
            out[o + outStep] = Math.fma(m3, 2f, m[i + 6 * step] + difference);
            out[o + 2 * outStep] = Math.fma(m3, 4f, m[i + 7 * step] + sum);
            out[o + 3 * outStep] = Math.fma(m3, 8f, m[i + step] + (m[i + 8 * step] + difference));
        }
    }

    private static void stridedOutputOfThree(int lanes, float[] m, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float m1 = m[i + 2 * step];
            float m2 = m[i + 3 * step];
            float sum = m1 + m2;
            out[o] = m[i] + sum + m[i + 5 * step];
            out[o + outStep] = m1 - m2 + m[i + 6 * step];
            out[o + 2 * outStep] = m[i + step] + sum + m[i + 7 * step];
        }
    }

    private static void stridedOutputOfTwo(int lanes, float[] m, int from, int step, float[] out, int to, int outStep) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            float m1 = m[i + 2 * step];
            out[o] = m[i] + m1 + m[i + 5 * step];
            out[o + outStep] = m[i + step] + m1 + m[i + 6 * step];
        }
    }

    private static void stridedOutputOfOne(int lanes, float[] m, int from, int step, float[] out, int to) {
        for (int i = from, o = to; i < from + lanes; i++, o++) {
            out[o] = m[i] + m[i + step] + m[i + 5 * step];
        }
    }
}
