package thaw.kernels.cpu.grouped;

import static thaw.kernels.cpu.microkernel.FusedMultiplyAdd.fma;

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
        for (int p = 0; p < pixels; p++) {
            for (int q = 0; q < outputs; q++) {
                int o = yo + p * py + q * yPlane;
                for (int k = 0; k < steps; k++) {
                    multiplyAdd(lanes, k == 0, x, xo + p * px + at[k], w, wo + (k * outputs + q) * lanes, y, o);
                }
            }
        }
    }

    private static void multiplyAdd(int lanes, boolean first, float[] x, int xo, float[] w, int wo, float[] y, int yo) {
        for (int lane = 0; lane < lanes; lane++) {
            float product = x[xo + lane] * w[wo + lane];
            y[yo + lane] = first ? product : fma(x[xo + lane], w[wo + lane], y[yo + lane]);
        }
    }
}
