package thaw.kernels.opencl;

import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/** Pooling and its gradients; see {@code pooling.cl}. */
final class Pooling {

    private static final String FILE = "pooling.cl";

    private final Memory memory;
    private final Programs programs;

    Pooling(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
    }

    Backend.Pooled max(Array array, Pool2dOptions options, boolean needIndices) {
        OpenClArray x = memory.mine(array);
        Shape shape = options.outputShape(x.shape());
        return max(x, PoolWindows.sliding(options, x.shape(), shape), shape, needIndices);
    }

    Backend.Pooled adaptiveMax(Array array, int outH, int outW) {
        OpenClArray x = memory.mine(array);
        Shape shape = Shapes.adaptivePool2d(x.shape(), outH, outW);
        return max(x, PoolWindows.adaptive(x.shape(), shape), shape, true);
    }

    private Backend.Pooled max(OpenClArray x, PoolWindows windows, Shape shape, boolean needIndices) {
        try (Workspace work = memory.workspace()) {
            OpenClArray y = work.result(shape);
            OpenClArray indices = needIndices ? work.result(shape) : null;
            windows.addTo(launch("max_pool", x, y).array(x).array(y).array(indices).ints(y.size())).over(y.size());
            work.complete();
            return new Backend.Pooled(y, needIndices ? new PoolIndices(indices, windows) : null);
        }
    }

    /** For indices from any other source than this pooling, each element tests all windows of its image. */
    OpenClArray maxGradient(Array gradient, Array places, Shape xShape) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray indices = memory.mine(places);
        return memory.result(Shapes.maxPool2dGradient(gy.shape(), indices.shape(), xShape), gx -> {
            PoolWindows windows = indices instanceof PoolIndices known ? known.windowsOf(xShape)
                    : PoolWindows.everywhere(xShape, gy.shape());
            windows.addTo(launch("max_pool_gradient", gx, gy).array(gy).array(indices).array(gx).ints(gx.size()))
                    .over(gx.size());
        });
    }

    OpenClArray avg(Array array, Pool2dOptions options) {
        OpenClArray x = memory.mine(array);
        Shape shape = options.outputShape(x.shape());
        return avg(x, PoolWindows.sliding(options, x.shape(), shape), shape);
    }

    OpenClArray adaptiveAvg(Array array, int outH, int outW) {
        OpenClArray x = memory.mine(array);
        Shape shape = Shapes.adaptivePool2d(x.shape(), outH, outW);
        return avg(x, PoolWindows.adaptive(x.shape(), shape), shape);
    }

    private OpenClArray avg(OpenClArray x, PoolWindows windows, Shape shape) {
        return memory.result(shape, y -> windows.addTo(launch("avg_pool", x, y).array(x).array(y).ints(y.size()))
                .ints(windows.countPadding() ? 1 : 0).over(y.size()));
    }

    OpenClArray avgGradient(Array gradient, Shape xShape, Pool2dOptions options) {
        OpenClArray gy = memory.mine(gradient);
        Shapes.avgPool2dGradient(gy.shape(), xShape, options);
        return avgGradient(gy, PoolWindows.sliding(options, xShape, gy.shape()), xShape);
    }

    OpenClArray adaptiveAvgGradient(Array gradient, Shape xShape) {
        OpenClArray gy = memory.mine(gradient);
        Shapes.adaptivePool2dGradient(gy.shape(), xShape);
        return avgGradient(gy, PoolWindows.adaptive(xShape, gy.shape()), xShape);
    }

    private OpenClArray avgGradient(OpenClArray gy, PoolWindows windows, Shape xShape) {
        return memory.result(xShape, gx -> windows
                .addTo(launch("avg_pool_gradient", gx, gy).array(gy).array(gx).ints(gx.size()))
                .ints(windows.countPadding() ? 1 : 0).over(gx.size()));
    }

    /** Counts each element of both arrays once. */
    private Launch launch(String kernel, OpenClArray large, OpenClArray small) {
        return programs.launch(FILE, kernel).work(large.size(), 4.0 * large.size() + 4.0 * small.size());
    }
}
