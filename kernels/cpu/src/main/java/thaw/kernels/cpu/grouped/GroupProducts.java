package thaw.kernels.cpu.grouped;

import thaw.kernels.cpu.microkernel.BlockLoops;

/**
 * The micro-kernel of the gradients of grouped and depthwise weights, whose vectors run along groups, as in
 * {@link GroupTaps}. A row is an input channel of every group at one filter position, {@code rows[row]} floats from the
 * pixel's source; {@code k} runs over output pixels:
 * <pre>
 * w[wo + (r·Q + q)·L + lane] += Σ_k x[rows[row + r] + at[k] + lane] · g[go + q·gPlane + k·L + lane]      Q outputs
 * </pre>
 */
final class GroupProducts {

    /** The number of rows must be a multiple of this. */
    static final int ROWS = ScalarGroupSums.ROWS;

    /** Pixels whose vectors stay in the first-level cache while scalar code passes over them for one lane after the other. */
    private static final int NEAR = 64;

    private GroupProducts() {
    }

    /** All rows by 4 outputs, or by 1; {@code w} holds {@code [row][outputs][lane]}. */
    static void add(BlockLoops loops, int outputs, float[] x, int[] rows, int[] at, int steps, float[] g, int go, int gPlane,
            float[] w, int wo) {
        int lanes = loops.lanes();
        if (!loops.vectors()) {
            scalars(lanes, outputs, x, rows, at, steps, g, go, gPlane, w, wo);
            return;
        }
        int count = outputs == 4 && !loops.manyRegisters() ? 2 : ROWS;
        for (int r = 0; r < rows.length; r += count) {
            int to = wo + r * outputs * lanes;
            if (outputs == 1) {
                GroupProductKernels.rows4outputs1(x, rows, r, at, steps, g, go, gPlane, w, to);
            } else if (count == 4) {
                GroupProductKernels.rows4outputs4(x, rows, r, at, steps, g, go, gPlane, w, to);
            } else {
                GroupProductKernels.rows2outputs4(x, rows, r, at, steps, g, go, gPlane, w, to);
            }
        }
    }

    private static void scalars(int lanes, int outputs, float[] x, int[] rows, int[] at, int steps, float[] g, int go, int gPlane,
            float[] w, int wo) {
        ScalarGroupSums sums = new ScalarGroupSums(lanes, x, at, g, lanes, gPlane, w, lanes);
        int[] from = new int[ROWS];
        int[] to = new int[ROWS];
        for (int k = 0; k < steps; k += NEAR) {
            for (int row = 0; row < rows.length; row += ROWS) {
                for (int i = 0; i < ROWS; i++) {
                    from[i] = rows[row + i];
                    to[i] = wo + (row + i) * outputs * lanes;
                }
                sums.add(outputs, from, k, Math.min(steps, k + NEAR), go, to);
            }
        }
    }
}
