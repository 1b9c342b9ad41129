package thaw.kernels.opencl;

/**
 * What is multiplied, {@code c[m, n] = Σ a[m, k]·b[k, n]}: the struct {@code Problem} of {@code gemm_problem.cl}, which says
 * where elements lie. Numbers {@code k} and {@code n} have three digits, of which the second and third have the extents
 * {@code depth1, depth2} and {@code column1, column2}.
 *
 * @param count how many products of this form there are, the {@code step} of each matrix apart
 * @param alongDepth whether neighbours of b in memory are neighbours along k rather than n
 */
record GemmProblem(int count, int rows, int columns, int depth, int depth1, int depth2, int column1, int column2,
        boolean alongDepth, Left a, Planes b, Result c) {

    /** Where {@code a[m, k]} lies. */
    record Left(int start, int row, int depth0, int depth1, int depth2, int step) {
    }

    /**
     * Where {@code b[k, n]} lies: in a plane that the first digits select, the pixel where the others meet.
     *
     * @param height of a plane, outside of which elements are 0
     * @param size   floats of all planes
     */
    record Planes(int depth0, int column0, int tapH, int tapW, int startH, int startW, int stepH, int stepW, int height,
            int width, int size, int step) {
    }

    /** Where {@code c[m, n]} lies. */
    record Result(int start, int row, int column0, int column1, int column2, int step) {
    }

    /** A product of matrices that lie row by row, the first two column by column where they are to be transposed. */
    static GemmProblem matrices(int m, int n, int k, boolean transposeA, boolean transposeB) {
        return new GemmProblem(1, m, n, k, 1, 1, 1, 1, transposeB,
                new Left(0, transposeA ? 1 : k, transposeA ? m : 1, 0, 0, 0),
                new Planes(transposeB ? 1 : n, transposeB ? k : 1, 0, 0, 0, 0, 0, 0, 1, 1, n * k, 0),
                new Result(0, n, 1, 0, 0, 0));
    }

    /** So many products of matrices, one after the other in memory; the left ones lie column by column. */
    static GemmProblem several(int count, int m, int n, int k) {
        return new GemmProblem(count, m, n, k, 1, 1, 1, 1, false, new Left(0, 1, m, 0, 0, m * k),
                new Planes(n, 1, 0, 0, 0, 0, 0, 0, 1, 1, n * k, n * k), new Result(0, n, 1, 0, 0, m * n));
    }

    /** Whether some pixels lie outside of their planes. */
    boolean isPadded() {
        return isOutside(b.startH, b.stepH * (column1 - 1), b.tapH * (depth1 - 1), b.height)
                || isOutside(b.startW, b.stepW * (column2 - 1), b.tapW * (depth2 - 1), b.width);
    }

    private static boolean isOutside(int start, int steps, int taps, int extent) {
        return start + Math.min(0, taps) < 0 || start + steps + Math.max(0, taps) >= extent;
    }

    double flops() {
        return 2.0 * count * rows * columns * depth;
    }

    /** The struct. */
    int[] ints(int splits, int chunk, boolean relu) {
        return new int[] {rows, columns, depth, splits, chunk, a.step, b.step, c.step, depth1, depth2, a.start, a.row, a.depth0,
            a.depth1, a.depth2, column1, column2, b.depth0, b.column0, b.tapH, b.tapW, b.startH, b.startW, b.stepH, b.stepW,
            b.height, b.width, b.size, c.start, c.row, c.column0, c.column1, c.column2, relu ? 1 : 0};
    }
}
