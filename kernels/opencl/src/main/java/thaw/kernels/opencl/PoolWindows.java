package thaw.kernels.opencl;

import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;

/**
 * The windows of a pooling: the axes of {@code pooling.cl}, as {@code (kernel, stride, padding, extent)}.
 *
 * @param out the extents of the result
 */
record PoolWindows(int[] rows, int[] columns, int[] out, boolean countPadding) {

    static PoolWindows sliding(Pool2dOptions o, Shape x, Shape y) {
        return new PoolWindows(new int[] {o.kernelH(), o.strideH(), o.paddingH(), x.dim(2)},
                new int[] {o.kernelW(), o.strideW(), o.paddingW(), x.dim(3)}, new int[] {y.dim(2), y.dim(3)},
                o.countIncludePad());
    }

    static PoolWindows adaptive(Shape x, Shape y) {
        return new PoolWindows(new int[] {0, 1, 0, x.dim(2)}, new int[] {0, 1, 0, x.dim(3)},
                new int[] {y.dim(2), y.dim(3)}, false);
    }

    /** Windows that each cover the whole image and more, so that each element is in all of them. */
    static PoolWindows everywhere(Shape x, Shape y) {
        return new PoolWindows(everywhere(x.dim(2), y.dim(2)), everywhere(x.dim(3), y.dim(3)),
                new int[] {y.dim(2), y.dim(3)}, false);
    }

    private static int[] everywhere(int extent, int out) {
        return new int[] {2 * out + extent, 1, out, extent};
    }

    Launch addTo(Launch launch) {
        return launch.ints(rows).ints(columns).ints(out);
    }

    boolean isOf(Shape x) {
        return rows[3] == x.dim(2) && columns[3] == x.dim(3);
    }
}
