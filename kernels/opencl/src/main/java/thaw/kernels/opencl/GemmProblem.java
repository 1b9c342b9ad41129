package thaw.kernels.opencl;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The product {@code c[m, n] = Σ a[m, k]·b[k, n]} and the positions of its elements: the struct {@code Problem} of
 * {@code gemm_problem.cl}. The indices {@code k} and {@code n} have three digits, of which the second and third have the
 * extents {@code depth1, depth2} and {@code column1, column2}.
 *
 * @param count      the number of products of this form, the {@code step} of each matrix apart
 * @param alongDepth whether neighbours of b in memory are neighbours along k rather than n
 */
record GemmProblem(int count, int rows, int columns, int depth, int depth1, int depth2, int column1, int column2,
        boolean alongDepth, Left a, Planes b, Result c) {

    private static final int LARGEST_VECTOR = 16;

    /** The position of {@code a[m, k]}. */
    record Left(int start, int row, int depth0, int depth1, int depth2, int step) {
    }

    /**
     * The position of {@code b[k, n]}: in a plane that the first digits select, at the pixel that the others select.
     *
     * @param height the height of a plane, outside of which elements are 0
     * @param size   floats in all planes
     */
    record Planes(int depth0, int column0, int tapH, int tapW, int startH, int startW, int stepH, int stepW, int height,
            int width, int size, int step) {
    }

    /** The position of {@code c[m, n]}. */
    record Result(int start, int row, int column0, int column1, int column2, int step) {
    }

    /** A product of row-major matrices; a factor to be transposed is column-major. */
    static GemmProblem matrices(int m, int n, int k, boolean transposeA, boolean transposeB) {
        return new GemmProblem(1, m, n, k, 1, 1, 1, 1, transposeB,
                new Left(0, transposeA ? 1 : k, transposeA ? m : 1, 0, 0, 0),
                new Planes(transposeB ? 1 : n, transposeB ? k : 1, 0, 0, 0, 0, 0, 0, 1, 1, n * k, 0),
                new Result(0, n, 1, 0, 0, 0));
    }

    /** {@code count} products of matrices, one after the other in memory; the left ones are column-major. */
    static GemmProblem several(int count, int m, int n, int k) {
        return new GemmProblem(count, m, n, k, 1, 1, 1, 1, false, new Left(0, 1, m, 0, 0, m * k),
                new Planes(n, 1, 0, 0, 0, 0, 0, 0, 1, 1, n * k, n * k), new Result(0, n, 1, 0, 0, m * n));
    }

    /** Like {@link #several}, of which both factors are read along the depth: {@code c[m, n] = Σ a[m, k]·b[n, k]}. */
    static GemmProblem severalAlongDepth(int count, int m, int n, int k) {
        return new GemmProblem(count, m, n, k, 1, 1, 1, 1, true, new Left(0, k, 1, 0, 0, m * k),
                new Planes(1, k, 0, 0, 0, 0, 0, 0, 1, 1, n * k, n * k), new Result(0, n, 1, 0, 0, m * n));
    }

    /** Whether some pixels are outside their planes. */
    boolean isPadded() {
        return isOutside(b.startH, b.stepH * (column1 - 1), b.tapH * (depth1 - 1), b.height)
                || isOutside(b.startW, b.stepW * (column2 - 1), b.tapW * (depth2 - 1), b.width);
    }

    private static boolean isOutside(int start, int steps, int taps, int extent) {
        return start + Math.min(0, taps) < 0 || start + steps + Math.max(0, taps) >= extent;
    }

    /** Whether a's rows, rather than its columns, are neighbours in memory. */
    boolean isLeftAlongRows() {
        return rows > 1 && a.row == 1;
    }

    /** The number of floats of a that are always contiguous and aligned: 1, or a power of two up to {@value #LARGEST_VECTOR}. */
    int leftVector() {
        List<Digit> ofDepth = depths(a.depth0, a.depth1, a.depth2);
        List<Digit> ofRow = List.of(new Digit(rows, a.row));
        return isLeftAlongRows() ? vector(ofRow, ofDepth, a.start, count > 1 ? a.step : 0)
                : vector(ofDepth, ofRow, a.start, count > 1 ? a.step : 0);
    }

    /** Like {@link #leftVector}, for b. */
    int rightVector() {
        if (isPadded()) {
            return 1;
        }
        List<Digit> ofDepth = depths(b.depth0, b.tapH * b.width, b.tapW);
        List<Digit> ofColumn = columns(b.column0, b.stepH * b.width, b.stepW);
        int start = b.startH * b.width + b.startW;
        return alongDepth ? vector(ofDepth, ofColumn, start, count > 1 ? b.step : 0)
                : vector(ofColumn, ofDepth, start, count > 1 ? b.step : 0);
    }

    /** Like {@link #leftVector}, for c and, if sums are split, for its parts, along columns. */
    int resultVector() {
        return vector(columns(c.column0, c.column1, c.column2), List.of(new Digit(rows, c.row)), c.start,
                count > 1 ? c.step : 0);
    }

    private List<Digit> depths(int step0, int step1, int step2) {
        return List.of(new Digit(depth2, step2), new Digit(depth1, step1), new Digit(depth / depth1 / depth2, step0));
    }

    private List<Digit> columns(int step0, int step1, int step2) {
        return List.of(new Digit(column2, step2), new Digit(column1, step1), new Digit(columns / column1 / column2, step0));
    }

    /** A digit of an index: its extent, and the distance in memory for an increment of one. */
    private record Digit(int extent, int step) {
    }

    private static int vector(List<Digit> along, List<Digit> across, int... offsets) {
        int vector = LARGEST_VECTOR;
        while (vector > 1 && !isWhole(vector, along, across, offsets)) {
            vector /= 2;
        }
        return vector;
    }

    /**
     * Whether each run of indices between multiples of the vector is always contiguous in memory, and starts at a multiple
     * of the vector.
     *
     * @param along the index's digits, the last first
     */
    private static boolean isWhole(int vector, List<Digit> along, List<Digit> across, int... offsets) {
        long run = 1;
        for (Digit digit : along) {
            if (digit.step == run) {
                run *= digit.extent;
            } else if (digit.extent > 1 && (run % vector != 0 || digit.step % vector != 0)) {
                return false;
            }
        }
        return run % vector == 0 && across.stream().allMatch(digit -> digit.extent <= 1 || digit.step % vector == 0)
                && IntStream.of(offsets).allMatch(offset -> offset % vector == 0);
    }

    double flops() {
        return 2.0 * count * rows * columns * depth;
    }

    /** The struct's ints, in order. */
    int[] ints(int splits, int chunk, Gemm.Store store) {
        return new int[] {rows, columns, depth, splits, chunk, a.step, b.step, c.step, depth1, depth2, a.start, a.row, a.depth0,
            a.depth1, a.depth2, column1, column2, b.depth0, b.column0, b.tapH, b.tapW, b.startH, b.startW, b.stepH, b.stepW,
            b.height, b.width, b.size, c.start, c.row, c.column0, c.column1, c.column2, store.relu() ? 1 : 0, store.maskShift()};
    }
}
