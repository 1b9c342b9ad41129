package thaw.kernels.opencl;

import java.util.Map;
import thaw.kernels.Array;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.PoolOps;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/** Pooling and its gradients; see {@code pooling.cl}. */
final class Pooling implements PoolOps {

    private static final String FILE = "pooling.cl";

    private final Memory memory;
    private final Programs programs;

    Pooling(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
        programs.isOfTraining(FILE, Map.of());
    }

    @Override
    public Pooled maxPool2d(Array array, Pool2dOptions options, boolean needIndices) {
        OpenClArray x = memory.mine(array);
        Shape shape = options.outputShape(x.shape());
        return max(x, PoolWindows.sliding(options, x.shape(), shape), shape, needIndices);
    }

    @Override
    public Pooled adaptiveMaxPool2d(Array array, int outH, int outW) {
        OpenClArray x = memory.mine(array);
        Shape shape = Shapes.adaptivePool2d(x.shape(), outH, outW);
        return max(x, PoolWindows.adaptive(x.shape(), shape), shape, true);
    }

    private Pooled max(OpenClArray x, PoolWindows windows, Shape shape, boolean needIndices) {
        try (Workspace work = memory.workspace()) {
            OpenClArray y = work.result(shape);
            OpenClArray indices = needIndices ? work.result(shape) : null;
            windows.addTo(launch("max_pool", x, y).array(x).array(y).array(indices).ints(y.size())).over(y.size());
            work.complete();
            return new Pooled(y, needIndices ? new PoolIndices(indices, windows) : null);
        }
    }

    /** For indices from any other source than this pooling, each element tests all windows of its image. */
    @Override
    public OpenClArray maxPool2dGradient(Array gradient, Array places, Shape xShape) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray indices = memory.mine(places);
        return memory.result(xShape, gx -> {
            PoolWindows windows = indices instanceof PoolIndices known ? known.windowsOf(xShape)
                    : PoolWindows.everywhere(xShape, gy.shape());
            windows.addTo(launch("max_pool_gradient", gx, gy).array(gy).array(indices).array(gx).ints(gx.size()))
                    .over(gx.size());
        });
    }

    @Override
    public OpenClArray avgPool2d(Array array, Pool2dOptions options) {
        OpenClArray x = memory.mine(array);
        Shape shape = options.outputShape(x.shape());
        return avg(x, PoolWindows.sliding(options, x.shape(), shape), shape);
    }

    @Override
    public OpenClArray adaptiveAvgPool2d(Array array, int outH, int outW) {
        OpenClArray x = memory.mine(array);
        Shape shape = Shapes.adaptivePool2d(x.shape(), outH, outW);
        return avg(x, PoolWindows.adaptive(x.shape(), shape), shape);
    }

    private OpenClArray avg(OpenClArray x, PoolWindows windows, Shape shape) {
        return memory.result(shape, y -> windows.addTo(launch("avg_pool", x, y).array(x).array(y).ints(y.size()))
                .ints(windows.countPadding() ? 1 : 0).over(y.size()));
    }

    @Override
    public OpenClArray avgPool2dGradient(Array gradient, Shape xShape, Pool2dOptions options) {
        OpenClArray gy = memory.mine(gradient);
        return avgGradient(gy, PoolWindows.sliding(options, xShape, gy.shape()), xShape);
    }

    @Override
    public OpenClArray adaptiveAvgPool2dGradient(Array gradient, Shape xShape) {
        OpenClArray gy = memory.mine(gradient);
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
