package thaw.kernels.cpu;

/**
 * The inner loop of every product where the Vector API is absent: {@code c[r][j] += Σ_k a[r, k] · b[k][j]}.
 *
 * <p>C2 turns a loop into vectors if it walks over separate arrays by one bare index: 3 rows by 2 steps ran at 48 GFLOP/s
 * on one core (JDK 17 and 25) where the Vector API reaches 115, and the same loop over one flat array with offsets at 7 to
 * 11. More rows or steps fall off again on JDK 17.
 */
final class PlainRows {

    private PlainRows() {
    }

    /**
     * @param a  a matrix whose element {@code (r, k)} is {@code a[ao + r·aRow + k·aStep]}
     * @param b  {@code steps} rows, of which the first {@code n} numbers count
     * @param c  {@code rows} rows
     */
    static void multiplyAdd(float[] a, int ao, int aRow, int aStep, float[][] b, int steps, float[][] c, int rows, int n) {
        int r = 0;
        for (; r + 3 <= rows; r += 3) {
            int a0 = ao + r * aRow;
            int a1 = a0 + aRow;
            int a2 = a1 + aRow;
            int k = 0;
            for (; k + 2 <= steps; k += 2) {
                int s = k * aStep;
                int t = s + aStep;
                threeByTwo(a[a0 + s], a[a0 + t], a[a1 + s], a[a1 + t], a[a2 + s], a[a2 + t], b[k], b[k + 1],
                        c[r], c[r + 1], c[r + 2], n);
            }
            if (k < steps) {
                one(a[a0 + k * aStep], b[k], c[r], n);
                one(a[a1 + k * aStep], b[k], c[r + 1], n);
                one(a[a2 + k * aStep], b[k], c[r + 2], n);
            }
        }
        for (; r < rows; r++) {
            for (int k = 0; k < steps; k++) {
                one(a[ao + r * aRow + k * aStep], b[k], c[r], n);
            }
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

    private static void one(float a, float[] b, float[] c, int n) {
        for (int j = 0; j < n; j++) {
            c[j] += a * b[j];
        }
    }
}
