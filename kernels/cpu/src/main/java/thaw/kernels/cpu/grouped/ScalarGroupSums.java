package thaw.kernels.cpu.grouped;

import static thaw.kernels.cpu.microkernel.FusedMultiplyAdd.fma;

/**
 * The sums of {@link GroupTapKernels} and {@link GroupProductKernels} in scalar code, with the same bits: each number's products are
 * added in the same order, by fused multiply-adds. For a row of {@code c}, output {@code q} and lane
 * <pre>
 * c[to[row] + q·cOutput + lane] += Σ_k x[from[row] + at[k] + lane] · b[bo + q·bOutput + k·bStep + lane]
 * </pre>
 * Four rows by four outputs of one lane stay in registers: 8.7 GFLOP/s of a core of a Xeon, where a loop over lanes, too short to be
 * vectorised, has 2.2.
 */
record ScalarGroupSums(int lanes, float[] x, int[] at, float[] b, int bStep, int bOutput, float[] c, int cOutput) {

    /** Rows that are computed together. */
    static final int ROWS = 4;

    /**
     * Adds the products of {@code begin ≤ k < end} to four rows, two of which may be the same.
     *
     * @param outputs 4 or 1
     */
    void add(int outputs, int[] from, int begin, int end, int bo, int[] to) {
        for (int lane = 0; lane < lanes; lane++) {
            if (outputs == 4) {
                fourOutputs(from, begin, end, bo + lane, to, lane);
            } else {
                oneOutput(from, begin, end, bo + lane, to, lane);
            }
        }
    }

    private void fourOutputs(int[] from, int begin, int end, int bo, int[] to, int lane) {
        float[] x = this.x;
        float[] b = this.b;
        int x0 = from[0] + lane;
        int x1 = from[1] + lane;
        int x2 = from[2] + lane;
        int x3 = from[3] + lane;
        int c0 = to[0] + lane;
        int c1 = to[1] + lane;
        int c2 = to[2] + lane;
        int c3 = to[3] + lane;
        float s00 = c[c0];
        float s01 = c[c0 + cOutput];
        float s02 = c[c0 + 2 * cOutput];
        float s03 = c[c0 + 3 * cOutput];
        float s10 = c[c1];
        float s11 = c[c1 + cOutput];
        float s12 = c[c1 + 2 * cOutput];
        float s13 = c[c1 + 3 * cOutput];
        float s20 = c[c2];
        float s21 = c[c2 + cOutput];
        float s22 = c[c2 + 2 * cOutput];
        float s23 = c[c2 + 3 * cOutput];
        float s30 = c[c3];
        float s31 = c[c3 + cOutput];
        float s32 = c[c3 + 2 * cOutput];
        float s33 = c[c3 + 3 * cOutput];
        for (int k = begin; k < end; k++) {
            int i = at[k];
            int j = bo + k * bStep;
            float b0 = b[j];
            float b1 = b[j + bOutput];
            float b2 = b[j + 2 * bOutput];
            float b3 = b[j + 3 * bOutput];
            float row = x[x0 + i];
            s00 = fma(row, b0, s00);
            s01 = fma(row, b1, s01);
            s02 = fma(row, b2, s02);
            s03 = fma(row, b3, s03);
            row = x[x1 + i];
            s10 = fma(row, b0, s10);
            s11 = fma(row, b1, s11);
            s12 = fma(row, b2, s12);
            s13 = fma(row, b3, s13);
            row = x[x2 + i];
            s20 = fma(row, b0, s20);
            s21 = fma(row, b1, s21);
            s22 = fma(row, b2, s22);
            s23 = fma(row, b3, s23);
            row = x[x3 + i];
            s30 = fma(row, b0, s30);
            s31 = fma(row, b1, s31);
            s32 = fma(row, b2, s32);
            s33 = fma(row, b3, s33);
        }
        c[c0] = s00;
        c[c0 + cOutput] = s01;
        c[c0 + 2 * cOutput] = s02;
        c[c0 + 3 * cOutput] = s03;
        c[c1] = s10;
        c[c1 + cOutput] = s11;
        c[c1 + 2 * cOutput] = s12;
        c[c1 + 3 * cOutput] = s13;
        c[c2] = s20;
        c[c2 + cOutput] = s21;
        c[c2 + 2 * cOutput] = s22;
        c[c2 + 3 * cOutput] = s23;
        c[c3] = s30;
        c[c3 + cOutput] = s31;
        c[c3 + 2 * cOutput] = s32;
        c[c3 + 3 * cOutput] = s33;
    }

    private void oneOutput(int[] from, int begin, int end, int bo, int[] to, int lane) {
        float s0 = c[to[0] + lane];
        float s1 = c[to[1] + lane];
        float s2 = c[to[2] + lane];
        float s3 = c[to[3] + lane];
        for (int k = begin; k < end; k++) {
            int i = at[k] + lane;
            float factor = b[bo + k * bStep];
            s0 = fma(x[from[0] + i], factor, s0);
            s1 = fma(x[from[1] + i], factor, s1);
            s2 = fma(x[from[2] + i], factor, s2);
            s3 = fma(x[from[3] + i], factor, s3);
        }
        c[to[0] + lane] = s0;
        c[to[1] + lane] = s1;
        c[to[2] + lane] = s2;
        c[to[3] + lane] = s3;
    }
}
