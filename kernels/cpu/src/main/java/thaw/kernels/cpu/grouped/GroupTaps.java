package thaw.kernels.cpu.grouped;

import java.util.Arrays;
import thaw.kernels.cpu.microkernel.BlockLoops;

/**
 * The micro-kernel of grouped and depthwise convolutions, whose vectors run along groups: a lane is a group, and lanes
 * never mix. For pixel {@code p} and output channel {@code q} of every group,
 * <pre>
 * y[yo + p·py + q·yPlane + lane] = Σ_k x[xo + p·px + at[k] + lane] · w[wo + (k·Q + q)·L + lane]      Q outputs
 * </pre>
 * where {@code k} runs over the group's input channels and the filter's positions. With 32 vector registers 4 pixels by 4
 * outputs use 16 accumulators; with 16, 2 by 4 use 8.
 */
final class GroupTaps {

    private GroupTaps() {
    }

    /** The number of output channels that one call computes, if {@code left} remain. */
    static int outputs(int left) {
        return left >= 4 ? 4 : 1;
    }

    /** A row of pixels. A last tile that does not fit is shifted back and recomputes some pixels, with the same bits. */
    static void row(BlockLoops loops, int pixels, int outputs, float[] x, int xo, int px, int[] at, int steps, float[] w, int wo,
            float[] y, int yo, int py, int yPlane) {
        if (!loops.vectors()) {
            scalars(loops.lanes(), pixels, outputs, x, xo, px, at, steps, w, wo, y, yo, py, yPlane);
            return;
        }
        int widest = outputs == 1 ? 8 : loops.manyRegisters() ? 4 : 2;
        int tile = pixels >= widest ? widest : 1;
        for (int p = 0; p < pixels; p += tile) {
            int first = Math.min(p, pixels - tile);
            int xa = xo + first * px;
            int ya = yo + first * py;
            if (outputs == 1) {
                if (tile == 8) {
                    GroupTapKernels.pixels8outputs1(x, xa, px, at, steps, w, wo, y, ya, py, yPlane);
                } else {
                    GroupTapKernels.pixels1outputs1(x, xa, px, at, steps, w, wo, y, ya, py, yPlane);
                }
            } else {
                switch (tile) {
                    case 4 -> GroupTapKernels.pixels4outputs4(x, xa, px, at, steps, w, wo, y, ya, py, yPlane);
                    case 2 -> GroupTapKernels.pixels2outputs4(x, xa, px, at, steps, w, wo, y, ya, py, yPlane);
                    default -> GroupTapKernels.pixels1outputs4(x, xa, px, at, steps, w, wo, y, ya, py, yPlane);
                }
            }
        }
    }

    private static void scalars(int lanes, int pixels, int outputs, float[] x, int xo, int px, int[] at, int steps, float[] w,
            int wo, float[] y, int yo, int py, int yPlane) {
        ScalarGroupSums sums = new ScalarGroupSums(lanes, x, at, w, outputs * lanes, lanes, y, yPlane);
        int[] from = new int[ScalarGroupSums.ROWS];
        int[] to = new int[ScalarGroupSums.ROWS];
        for (int p = 0; p < pixels; p += ScalarGroupSums.ROWS) {
            for (int i = 0; i < ScalarGroupSums.ROWS; i++) {
                int pixel = Math.min(p + i, pixels - 1);
                from[i] = xo + pixel * px;
                to[i] = yo + pixel * py;
                for (int q = 0; q < outputs; q++) {
                    // Vectors begin with a product: to add it to −0 keeps its sign, even if it is 0.
                    Arrays.fill(y, to[i] + q * yPlane, to[i] + q * yPlane + lanes, -0f);
                }
            }
            sums.add(outputs, from, 0, steps, wo, to);
        }
    }
}
