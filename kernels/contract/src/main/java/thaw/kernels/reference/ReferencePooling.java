package thaw.kernels.reference;

import thaw.kernels.Array;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.PoolOps;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/**
 * Pooling. Ordinary and adaptive pooling differ only in their windows: output {@code i} along an axis reads the input
 * elements {@code start … end − 1} of that axis.
 */
final class ReferencePooling implements PoolOps {

    private final ReferenceMemory memory;

    ReferencePooling(ReferenceMemory memory) {
        this.memory = memory;
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

    @Override
    public Pooled maxPool2d(Array array, Pool2dOptions o, boolean needIndices) {
        ReferenceArray x = memory.values(array);
        Pooled pooled = max(x, rows(x.shape(), o), columns(x.shape(), o), o.outputShape(x.shape()));
        if (needIndices) {
            return pooled;
        }
        pooled.indices().release();
        return new Pooled(pooled.values(), null);
    }

    @Override
    public Pooled adaptiveMaxPool2d(Array array, int outH, int outW) {
        ReferenceArray x = memory.values(array);
        return max(x, adaptive(x.dim(2), outH), adaptive(x.dim(3), outW), Shapes.adaptivePool2d(x.shape(), outH, outW));
    }

    @Override
    public Array avgPool2d(Array array, Pool2dOptions o) {
        ReferenceArray x = memory.values(array);
        return mean(x, rows(x.shape(), o), columns(x.shape(), o), o.countIncludePad(), o.outputShape(x.shape()));
    }

    @Override
    public Array avgPool2dGradient(Array gy, Shape xShape, Pool2dOptions o) {
        return meanGradient(memory.values(gy), rows(xShape, o), columns(xShape, o), o.countIncludePad(), xShape);
    }

    @Override
    public Array adaptiveAvgPool2d(Array array, int outH, int outW) {
        ReferenceArray x = memory.values(array);
        return mean(x, adaptive(x.dim(2), outH), adaptive(x.dim(3), outW), false,
                Shapes.adaptivePool2d(x.shape(), outH, outW));
    }

    @Override
    public Array adaptiveAvgPool2dGradient(Array gradient, Shape xShape) {
        ReferenceArray gy = memory.values(gradient);
        return meanGradient(gy, adaptive(xShape.dim(2), gy.dim(2)), adaptive(xShape.dim(3), gy.dim(3)), false, xShape);
    }

    /** {@code gx[n, c, indices[n, c, i, j]] += gy[n, c, i, j]} */
    @Override
    public Array maxPool2dGradient(Array gradient, Array indexArray, Shape xShape) {
        ReferenceArray gy = memory.values(gradient);
        ReferenceArray indices = memory.values(indexArray);
        ReferenceArray gx = memory.zeros(xShape);
        forEachPixel(gx, gy, (plane, at, i, j) -> gx.data[plane + (int) indices.data[at]] += gy.data[at]);
        return gx;
    }

    /** {@code y[n, c, i, j] = max over the window of x[n, c, ·, ·]}, and its index {@code h · W + v}; a NaN wins. */
    private Pooled max(ReferenceArray x, Axis rows, Axis columns, Shape out) {
        ReferenceArray y = memory.zeros(out);
        ReferenceArray indices = memory.zeros(out);
        forEachPixel(x, y, (plane, at, i, j) -> {
            Window row = rows.window(i);
            Window column = columns.window(j);
            double max = Double.NEGATIVE_INFINITY;
            int place = row.start() * x.dim(3) + column.start();
            for (int h = row.start(); h < row.end(); h++) {
                for (int v = column.start(); v < column.end(); v++) {
                    double value = x.data[plane + h * x.dim(3) + v];
                    if (value > max || Double.isNaN(value)) {
                        max = value;
                        place = h * x.dim(3) + v;
                    }
                }
            }
            y.data[at] = max;
            indices.data[at] = place;
        });
        return new Pooled(y, indices);
    }

    /** {@code y[n, c, i, j] = Σ over the window of x[n, c, ·, ·] / size of the window} */
    private Array mean(ReferenceArray x, Axis rows, Axis columns, boolean countPadding, Shape out) {
        ReferenceArray y = memory.zeros(out);
        forEachPixel(x, y, (plane, at, i, j) -> {
            Window row = rows.window(i);
            Window column = columns.window(j);
            double sum = 0;
            for (int h = row.start(); h < row.end(); h++) {
                for (int v = column.start(); v < column.end(); v++) {
                    sum += x.data[plane + h * x.dim(3) + v];
                }
            }
            y.data[at] = sum / size(row, column, countPadding);
        });
        return y;
    }

    /** {@code gx[n, c, ·, ·] += gy[n, c, i, j] / size of the window}, for every element of the window. */
    private Array meanGradient(ReferenceArray gy, Axis rows, Axis columns, boolean countPadding, Shape xShape) {
        ReferenceArray gx = memory.zeros(xShape);
        forEachPixel(gx, gy, (plane, at, i, j) -> {
            Window row = rows.window(i);
            Window column = columns.window(j);
            double share = gy.data[at] / size(row, column, countPadding);
            for (int h = row.start(); h < row.end(); h++) {
                for (int v = column.start(); v < column.end(); v++) {
                    gx.data[plane + h * gx.dim(3) + v] += share;
                }
            }
        });
        return gx;
    }

    /** One output pixel: the index of its image and channel in the input, its own index, its row and its column. */
    private interface Pixel {
        void at(int plane, int index, int i, int j);
    }

    private static void forEachPixel(ReferenceArray x, ReferenceArray y, Pixel pixel) {
        for (int n = 0; n < y.dim(0); n++) {
            for (int c = 0; c < y.dim(1); c++) {
                for (int i = 0; i < y.dim(2); i++) {
                    for (int j = 0; j < y.dim(3); j++) {
                        pixel.at(x.index(n, c, 0, 0), y.index(n, c, i, j), i, j);
                    }
                }
            }
        }
    }

    private static int size(Window row, Window column, boolean countPadding) {
        return countPadding ? row.padded() * column.padded() : row.extent() * column.extent();
    }

    private static Axis rows(Shape x, Pool2dOptions o) {
        return sliding(o.kernelH(), o.strideH(), o.paddingH(), x.dim(2));
    }

    private static Axis columns(Shape x, Pool2dOptions o) {
        return sliding(o.kernelW(), o.strideW(), o.paddingW(), x.dim(3));
    }
}
