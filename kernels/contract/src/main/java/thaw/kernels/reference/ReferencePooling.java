package thaw.kernels.reference;

import thaw.kernels.Pool2dOptions;

/**
 * Pooling. Ordinary and adaptive pooling differ only in their windows: output {@code i} along an axis reads the input
 * elements {@code start … end − 1} of that axis.
 */
final class ReferencePooling {

    private ReferencePooling() {
    }

    /** @param padded the number of elements that the window covers, padding included */
    private record Window(int start, int end, int padded) {

        int extent() {
            return end - start;
        }
    }

    /** The windows along one axis. */
    private interface Axis {
        Window window(int i);
    }

    /** {@code i·stride − padding … i·stride − padding + kernel − 1}, clipped to the image. */
    private static Axis sliding(int kernel, int stride, int padding, int extent) {
        return i -> {
            int start = i * stride - padding;
            return new Window(Math.max(start, 0), Math.min(start + kernel, extent), kernel);
        };
    }

    /** {@code floor(i·extent/out) … ceil((i+1)·extent/out) − 1} */
    private static Axis adaptive(int extent, int out) {
        return i -> {
            int start = (int) ((long) i * extent / out);
            int end = (int) (((i + 1L) * extent + out - 1) / out);
            return new Window(start, end, end - start);
        };
    }

    static void maxPool2d(ReferenceArray x, Pool2dOptions o, ReferenceArray y, ReferenceArray indices) {
        max(x, rows(x, o), columns(x, o), y, indices);
    }

    static void adaptiveMaxPool2d(ReferenceArray x, ReferenceArray y, ReferenceArray indices) {
        max(x, adaptive(x.dim(2), y.dim(2)), adaptive(x.dim(3), y.dim(3)), y, indices);
    }

    static void avgPool2d(ReferenceArray x, Pool2dOptions o, ReferenceArray y) {
        mean(x, rows(x, o), columns(x, o), o.countIncludePad(), y);
    }

    static void avgPool2dGradient(ReferenceArray gy, Pool2dOptions o, ReferenceArray gx) {
        meanGradient(gy, rows(gx, o), columns(gx, o), o.countIncludePad(), gx);
    }

    static void adaptiveAvgPool2d(ReferenceArray x, ReferenceArray y) {
        mean(x, adaptive(x.dim(2), y.dim(2)), adaptive(x.dim(3), y.dim(3)), false, y);
    }

    static void adaptiveAvgPool2dGradient(ReferenceArray gy, ReferenceArray gx) {
        meanGradient(gy, adaptive(gx.dim(2), gy.dim(2)), adaptive(gx.dim(3), gy.dim(3)), false, gx);
    }

    /** {@code gx[n, c, indices[n, c, i, j]] += gy[n, c, i, j]} */
    static void maxGradient(ReferenceArray gy, ReferenceArray indices, ReferenceArray gx) {
        for (int n = 0; n < gy.dim(0); n++) {
            for (int c = 0; c < gy.dim(1); c++) {
                for (int i = 0; i < gy.dim(2); i++) {
                    for (int j = 0; j < gy.dim(3); j++) {
                        int from = gy.index(n, c, i, j);
                        gx.data[gx.index(n, c, 0, 0) + (int) indices.data[from]] += gy.data[from];
                    }
                }
            }
        }
    }

    /** {@code y[n, c, i, j] = max over the window of x[n, c, ·, ·]}, and its index {@code h · W + v}; a NaN wins. */
    private static void max(ReferenceArray x, Axis rows, Axis columns, ReferenceArray y, ReferenceArray indices) {
        for (int n = 0; n < y.dim(0); n++) {
            for (int c = 0; c < y.dim(1); c++) {
                for (int i = 0; i < y.dim(2); i++) {
                    for (int j = 0; j < y.dim(3); j++) {
                        Window row = rows.window(i);
                        Window column = columns.window(j);
                        double max = Double.NEGATIVE_INFINITY;
                        int place = row.start() * x.dim(3) + column.start();
                        for (int h = row.start(); h < row.end(); h++) {
                            for (int v = column.start(); v < column.end(); v++) {
                                double value = x.data[x.index(n, c, h, v)];
                                if (value > max || Double.isNaN(value)) {
                                    max = value;
                                    place = h * x.dim(3) + v;
                                }
                            }
                        }
                        y.data[y.index(n, c, i, j)] = max;
                        indices.data[y.index(n, c, i, j)] = place;
                    }
                }
            }
        }
    }

    /** {@code y[n, c, i, j] = Σ over the window of x[n, c, ·, ·] / size of the window} */
    private static void mean(ReferenceArray x, Axis rows, Axis columns, boolean countPadding, ReferenceArray y) {
        for (int n = 0; n < y.dim(0); n++) {
            for (int c = 0; c < y.dim(1); c++) {
                for (int i = 0; i < y.dim(2); i++) {
                    for (int j = 0; j < y.dim(3); j++) {
                        Window row = rows.window(i);
                        Window column = columns.window(j);
                        double sum = 0;
                        for (int h = row.start(); h < row.end(); h++) {
                            for (int v = column.start(); v < column.end(); v++) {
                                sum += x.data[x.index(n, c, h, v)];
                            }
                        }
                        y.data[y.index(n, c, i, j)] = sum / size(row, column, countPadding);
                    }
                }
            }
        }
    }

    /** {@code gx[n, c, ·, ·] += gy[n, c, i, j] / size of the window}, for every element of the window. */
    private static void meanGradient(ReferenceArray gy, Axis rows, Axis columns, boolean countPadding, ReferenceArray gx) {
        for (int n = 0; n < gy.dim(0); n++) {
            for (int c = 0; c < gy.dim(1); c++) {
                for (int i = 0; i < gy.dim(2); i++) {
                    for (int j = 0; j < gy.dim(3); j++) {
                        Window row = rows.window(i);
                        Window column = columns.window(j);
                        double share = gy.data[gy.index(n, c, i, j)] / size(row, column, countPadding);
                        for (int h = row.start(); h < row.end(); h++) {
                            for (int v = column.start(); v < column.end(); v++) {
                                gx.data[gx.index(n, c, h, v)] += share;
                            }
                        }
                    }
                }
            }
        }
    }

    private static int size(Window row, Window column, boolean countPadding) {
        return countPadding ? row.padded() * column.padded() : row.extent() * column.extent();
    }

    private static Axis rows(ReferenceArray x, Pool2dOptions o) {
        return sliding(o.kernelH(), o.strideH(), o.paddingH(), x.dim(2));
    }

    private static Axis columns(ReferenceArray x, Pool2dOptions o) {
        return sliding(o.kernelW(), o.strideW(), o.paddingW(), x.dim(3));
    }
}
