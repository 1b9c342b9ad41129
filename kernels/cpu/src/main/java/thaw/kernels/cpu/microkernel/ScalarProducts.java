package thaw.kernels.cpu.microkernel;

import static thaw.kernels.cpu.microkernel.FusedMultiplyAdd.fma;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * The sums of {@link TapKernels} and {@link OuterProductKernels} in scalar code, with the same bits: each number's products are
 * added in the same order, by fused multiply-adds. The inner loop runs along output channels, which the Java compiler vectorises:
 * <pre>
 * for 64 rows                   pixels, or input channels
 *   for 64 steps                whose numbers of b are copied to separate arrays
 *     for 4 rows, for 2 steps
 *       for column              an output channel of the panel
 *         c[row..][column] += a[row.., step..] · b[step..][column]
 * </pre>
 *
 * <p>C2 vectorises a loop that walks over separate arrays by one bare index; the same loop over one array with offsets is scalar, and
 * loops over the lanes of one channel block are too short. GFLOP/s of one busy core (AVX-512) by the length of the loop, for a body of
 * rows × steps, JDK 17 and 25; with offsets all bodies stay under 12:
 * <pre>
 *                32     64    128    256    512
 * 1×4, 17        16     22     25     27     29
 * 3×2, 17        19     27     33     36     37
 * 4×2, 17        22     30     34     39     30
 * 3×4, 17         3      5      8      3     12
 * 4×2, 25        19     27     32     37     40
 * 4×4, 25        24     32     38     43     45
 * </pre>
 */
final class ScalarProducts {

    /** Vectors of output channels in a panel: sums and weights of a block of rows and steps, 64 KiB each, stay near. */
    static final int VECTORS = 16;

    private static final int ROWS = 64;
    private static final int STEPS = 64;

    /** Rows of a loop's body. */
    static final int TOGETHER = 4;

    /** The columns of all vectors, of at most 16 lanes. */
    private static final int COLUMNS = VECTORS * 16;

    /** Vectors begin a sum with a product: to add it to −0 keeps its sign, even if it is 0. */
    private static final float[] ZEROS = new float[COLUMNS];

    static {
        Arrays.fill(ZEROS, -0f);
    }

    /** Arrays of one call: sums, then numbers of {@code b}, then an epilogue's. */
    private static final int ARRAYS = ROWS + STEPS + 3;

    /**
     * Memory of one call.
     *
     * @param at where each step reads {@code a}
     */
    private record Scratch(float[][] arrays, int[] at) {
    }

    /** Whether the compiler vectorises a body of 4 × 4. */
    private static final boolean LARGE_BODIES = Runtime.version().feature() >= 25;

    private final int lanes;
    private final ConcurrentLinkedDeque<Scratch> free = new ConcurrentLinkedDeque<>();

    ScalarProducts(int lanes) {
        this.lanes = lanes;
    }

    private Scratch take() {
        Scratch scratch = free.poll();
        return scratch != null ? scratch : new Scratch(new float[ARRAYS][COLUMNS], new int[STEPS]);
    }

    /** {@link BlockLoops#pixels}; {@code blocks} up to {@link #VECTORS}. */
    void pixels(int pixels, int blocks, float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo,
            @Nullable BlockedEpilogue epilogue, int channel, float[] y, int yo, int py, int yBlock) {
        int n = blocks * lanes;
        int mask = (1 << shift) - 1;
        Scratch scratch = take();
        float[][] arrays = scratch.arrays;
        int[] at = scratch.at;
        for (int p = 0; p < pixels; p += ROWS) {
            int rows = Math.min(ROWS, pixels - p);
            for (int r = 0; r < rows; r++) {
                System.arraycopy(ZEROS, 0, arrays[r], 0, n);
            }
            for (int first = 0; first < steps; first += STEPS) {
                int count = Math.min(STEPS, steps - first);
                for (int i = 0; i < count; i++) {
                    at[i] = xo + p * px + taps[first + i >> shift] + (first + i & mask);
                    System.arraycopy(w, wo + (first + i) * n, arrays[ROWS + i], 0, n);
                }
                multiplyAdd(x, at, 0, px, arrays, count, 0, rows, n);
            }
            if (epilogue != null) {
                apply(epilogue, channel, arrays, rows, blocks, yo + p * py, py, yBlock);
            }
            for (int r = 0; r < rows; r++) {
                for (int v = 0; v < blocks; v++) {
                    System.arraycopy(arrays[r], v * lanes, y, yo + (p + r) * py + v * yBlock, lanes);
                }
            }
        }
        free.push(scratch);
    }

    /** {@link OuterProducts#add}. */
    void add(int rows, float[] x, int[] from, int[] at, int steps, float[] g, int go, int gBlock, int vectors, float[] w, int wo) {
        int n = vectors * lanes;
        int together = ROWS / rows;
        Scratch scratch = take();
        float[][] arrays = scratch.arrays;
        for (int first = 0; first < from.length; first += together) {
            int groups = Math.min(together, from.length - first);
            int to = wo + first * rows * n;
            for (int r = 0; r < groups * rows; r++) {
                System.arraycopy(w, to + r * n, arrays[r], 0, n);
            }
            for (int k = 0; k < steps; k += STEPS) {
                int count = Math.min(STEPS, steps - k);
                for (int i = 0; i < count; i++) {
                    for (int v = 0; v < vectors; v++) {
                        System.arraycopy(g, go + (k + i) * lanes + v * gBlock, arrays[ROWS + i], v * lanes, lanes);
                    }
                }
                System.arraycopy(at, k, scratch.at, 0, count);
                for (int group = 0; group < groups; group++) {
                    multiplyAdd(x, scratch.at, from[first + group], 1, arrays, count, group * rows, rows, n);
                }
            }
            for (int r = 0; r < groups * rows; r++) {
                System.arraycopy(arrays[r], 0, w, to + r * n, n);
            }
        }
        free.push(scratch);
    }

    /** {@code c[r][j] += Σ_k x[xo + at[k] + r·step] · b[k][j]}, with {@code c} from array {@code row} on. */
    private static void multiplyAdd(float[] x, int[] at, int xo, int step, float[][] arrays, int steps, int row, int rows, int n) {
        int r = 0;
        for (; r + 4 <= rows; r += 4) {
            int a = xo + r * step;
            int c = row + r;
            int k = LARGE_BODIES ? fourByFours(x, a, at, step, arrays, steps, c, n) : 0;
            for (; k + 2 <= steps; k += 2) {
                int p = a + at[k];
                int q = a + at[k + 1];
                fourByTwo(x[p], x[p + step], x[p + 2 * step], x[p + 3 * step], x[q], x[q + step], x[q + 2 * step], x[q + 3 * step],
                        arrays[ROWS + k], arrays[ROWS + k + 1], arrays[c], arrays[c + 1], arrays[c + 2], arrays[c + 3], n);
            }
            if (k < steps) {
                for (int i = 0; i < 4; i++) {
                    one(x[a + at[k] + i * step], arrays[ROWS + k], arrays[c + i], n);
                }
            }
        }
        for (; r < rows; r++) {
            int a = xo + r * step;
            int k = 0;
            for (; k + 4 <= steps; k += 4) {
                oneByFour(x[a + at[k]], x[a + at[k + 1]], x[a + at[k + 2]], x[a + at[k + 3]], arrays[ROWS + k], arrays[ROWS + k + 1],
                        arrays[ROWS + k + 2], arrays[ROWS + k + 3], arrays[row + r], n);
            }
            for (; k < steps; k++) {
                one(x[a + at[k]], arrays[ROWS + k], arrays[row + r], n);
            }
        }
    }

    /** Runs all whole bodies of four steps; returns the number of steps done. */
    private static int fourByFours(float[] x, int a, int[] at, int step, float[][] arrays, int steps, int c, int n) {
        int k = 0;
        for (; k + 4 <= steps; k += 4) {
            int p = a + at[k];
            int q = a + at[k + 1];
            int r = a + at[k + 2];
            int s = a + at[k + 3];
            fourByFour(x[p], x[p + step], x[p + 2 * step], x[p + 3 * step], x[q], x[q + step], x[q + 2 * step], x[q + 3 * step],
                    x[r], x[r + step], x[r + 2 * step], x[r + 3 * step], x[s], x[s + step], x[s + 2 * step], x[s + 3 * step],
                    arrays[ROWS + k], arrays[ROWS + k + 1], arrays[ROWS + k + 2], arrays[ROWS + k + 3],
                    arrays[c], arrays[c + 1], arrays[c + 2], arrays[c + 3], n);
        }
        return k;
    }

    private static void fourByFour(float p0, float p1, float p2, float p3, float q0, float q1, float q2, float q3,
            float r0, float r1, float r2, float r3, float s0, float s1, float s2, float s3,
            float[] b0, float[] b1, float[] b2, float[] b3, float[] c0, float[] c1, float[] c2, float[] c3, int n) {
        for (int j = 0; j < n; j++) {
            float x = b0[j];
            float y = b1[j];
            float z = b2[j];
            float w = b3[j];
            c0[j] = fma(s0, w, fma(r0, z, fma(q0, y, fma(p0, x, c0[j]))));
            c1[j] = fma(s1, w, fma(r1, z, fma(q1, y, fma(p1, x, c1[j]))));
            c2[j] = fma(s2, w, fma(r2, z, fma(q2, y, fma(p2, x, c2[j]))));
            c3[j] = fma(s3, w, fma(r3, z, fma(q3, y, fma(p3, x, c3[j]))));
        }
    }

    private static void fourByTwo(float p0, float p1, float p2, float p3, float q0, float q1, float q2, float q3,
            float[] b0, float[] b1, float[] c0, float[] c1, float[] c2, float[] c3, int n) {
        for (int j = 0; j < n; j++) {
            float x = b0[j];
            float y = b1[j];
            c0[j] = fma(q0, y, fma(p0, x, c0[j]));
            c1[j] = fma(q1, y, fma(p1, x, c1[j]));
            c2[j] = fma(q2, y, fma(p2, x, c2[j]));
            c3[j] = fma(q3, y, fma(p3, x, c3[j]));
        }
    }

    private static void oneByFour(float a0, float a1, float a2, float a3, float[] b0, float[] b1, float[] b2, float[] b3,
            float[] c, int n) {
        for (int j = 0; j < n; j++) {
            c[j] = fma(a3, b3[j], fma(a2, b2[j], fma(a1, b1[j], fma(a0, b0[j], c[j]))));
        }
    }

    private static void one(float a, float[] b, float[] c, int n) {
        for (int j = 0; j < n; j++) {
            c[j] = fma(a, b[j], c[j]);
        }
    }

    /** Applies an epilogue to rows of sums, whose results belong at {@code yo}, {@code yo + py}, …. */
    private void apply(BlockedEpilogue e, int channel, float[][] arrays, int rows, int blocks, int yo, int py, int yBlock) {
        int n = blocks * lanes;
        float[] scale = arrays[ROWS + STEPS];
        float[] shift = arrays[ROWS + STEPS + 1];
        float[] residual = arrays[ROWS + STEPS + 2];
        System.arraycopy(e.scale(), channel, scale, 0, n);
        System.arraycopy(e.shift(), channel, shift, 0, n);
        for (int r = 0; r < rows; r++) {
            affine(arrays[r], scale, shift, n);
            if (e.residual() != null) {
                for (int v = 0; v < blocks; v++) {
                    System.arraycopy(e.residual(), yo + r * py + v * yBlock, residual, v * lanes, lanes);
                }
                sum(arrays[r], residual, n);
            }
            if (e.relu()) {
                relu(arrays[r], n);
            }
        }
    }

    private static void affine(float[] y, float[] scale, float[] shift, int n) {
        for (int j = 0; j < n; j++) {
            y[j] = fma(y[j], scale[j], shift[j]);
        }
    }

    private static void sum(float[] y, float[] residual, int n) {
        for (int j = 0; j < n; j++) {
            y[j] += residual[j];
        }
    }

    private static void relu(float[] y, int n) {
        for (int j = 0; j < n; j++) {
            y[j] = Math.max(y[j], 0f);
        }
    }
}
