package thaw.kernels.cpu.matmul;

/**
 * The inner loop of every product without the Vector API: {@code c[r][j] += Σ_k a[r, k] · b[k][j]}.
 *
 * <p>C2 vectorises a loop that walks over separate arrays by one bare index; the same loop over one flat array with
 * offsets runs at 7 to 11 GFLOP/s. GFLOP/s of a body of {@code rows × steps} on one core (AVX-512, rows of 512 numbers;
 * the Vector API reaches 115):
 * <pre>
 *             1×4   2×2   2×3   3×2   3×3   3×4   4×3   2×6
 * JDK 17       42    55    64    64    12    12    13    11
 * JDK 25       40    51    59    59    68    75    75    67
 * </pre>
 * JDK 17 does not vectorise larger bodies, hence 3×2 there and 3×4 on newer ones. The ends of the loop, about 16
 * numbers at either side, run scalar: rows of 256 run at 50, of 128 at 35. The choice of body does not change a result,
 * since each number's products are added in the same order. For the same reason, and because it is very slow without
 * hardware support, {@code Math.fma} is not used; it would gain 0 to 8 %.
 */
final class PlainRows {

    /** Whether the compiler vectorises a body of 3 × 4. */
    private static final boolean LARGE_BODIES = Runtime.version().feature() >= 25;

    private PlainRows() {
    }

    /**
     * @param a a matrix whose element {@code (r, k)} is {@code a[ao + r·aRow + k·aStep]}
     * @param b {@code steps} rows, of which the first {@code n} numbers are used
     * @param c {@code rows} rows
     */
    static void multiplyAdd(float[] a, int ao, int aRow, int aStep, float[][] b, int steps, float[][] c, int rows, int n) {
        int r = 0;
        for (; r + 3 <= rows; r += 3) {
            int k = LARGE_BODIES ? threeByFours(a, ao + r * aRow, aRow, aStep, b, steps, c, r, n) : 0;
            k = threeByTwos(a, ao + r * aRow, aRow, aStep, b, k, steps, c, r, n);
            if (k < steps) {
                for (int i = 0; i < 3; i++) {
                    one(a[ao + (r + i) * aRow + k * aStep], b[k], c[r + i], n);
                }
            }
        }
        for (; r < rows; r++) {
            int k = oneByFours(a, ao + r * aRow, aStep, b, steps, c[r], n);
            for (; k < steps; k++) {
                one(a[ao + r * aRow + k * aStep], b[k], c[r], n);
            }
        }
    }

    /** Runs all whole bodies of four steps; returns the number of steps done. */
    private static int threeByFours(float[] a, int ao, int aRow, int aStep, float[][] b, int steps, float[][] c, int r, int n) {
        int k = 0;
        for (; k + 4 <= steps; k += 4) {
            int p = ao + k * aStep;
            int q = p + aRow;
            int s = q + aRow;
            threeByFour(a[p], a[p + aStep], a[p + 2 * aStep], a[p + 3 * aStep],
                    a[q], a[q + aStep], a[q + 2 * aStep], a[q + 3 * aStep],
                    a[s], a[s + aStep], a[s + 2 * aStep], a[s + 3 * aStep],
                    b[k], b[k + 1], b[k + 2], b[k + 3], c[r], c[r + 1], c[r + 2], n);
        }
        return k;
    }

    private static int threeByTwos(float[] a, int ao, int aRow, int aStep, float[][] b, int k, int steps, float[][] c, int r,
            int n) {
        for (; k + 2 <= steps; k += 2) {
            int p = ao + k * aStep;
            int q = p + aRow;
            int s = q + aRow;
            threeByTwo(a[p], a[p + aStep], a[q], a[q + aStep], a[s], a[s + aStep], b[k], b[k + 1], c[r], c[r + 1], c[r + 2], n);
        }
        return k;
    }

    private static int oneByFours(float[] a, int ao, int aStep, float[][] b, int steps, float[] c, int n) {
        int k = 0;
        for (; k + 4 <= steps; k += 4) {
            int p = ao + k * aStep;
            oneByFour(a[p], a[p + aStep], a[p + 2 * aStep], a[p + 3 * aStep], b[k], b[k + 1], b[k + 2], b[k + 3], c, n);
        }
        return k;
    }

    private static void threeByFour(float a00, float a01, float a02, float a03, float a10, float a11, float a12, float a13,
            float a20, float a21, float a22, float a23, float[] b0, float[] b1, float[] b2, float[] b3,
            float[] c0, float[] c1, float[] c2, int n) {
        for (int j = 0; j < n; j++) {
            float x = b0[j];
            float y = b1[j];
            float z = b2[j];
            float w = b3[j];
            c0[j] = c0[j] + a00 * x + a01 * y + a02 * z + a03 * w;
            c1[j] = c1[j] + a10 * x + a11 * y + a12 * z + a13 * w;
            c2[j] = c2[j] + a20 * x + a21 * y + a22 * z + a23 * w;
        }
    }

    private static void threeByTwo(float a00, float a01, float a10, float a11, float a20, float a21,
            float[] b0, float[] b1, float[] c0, float[] c1, float[] c2, int n) {
        for (int j = 0; j < n; j++) {
            float x = b0[j];
            float y = b1[j];
            c0[j] = c0[j] + a00 * x + a01 * y;
            c1[j] = c1[j] + a10 * x + a11 * y;
            c2[j] = c2[j] + a20 * x + a21 * y;
        }
    }

    private static void oneByFour(float a0, float a1, float a2, float a3, float[] b0, float[] b1, float[] b2, float[] b3,
            float[] c, int n) {
        for (int j = 0; j < n; j++) {
            c[j] = c[j] + a0 * b0[j] + a1 * b1[j] + a2 * b2[j] + a3 * b3[j];
        }
    }

    private static void one(float a, float[] b, float[] c, int n) {
        for (int j = 0; j < n; j++) {
            c[j] += a * b[j];
        }
    }
}
