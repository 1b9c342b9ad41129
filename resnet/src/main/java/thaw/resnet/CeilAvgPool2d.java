package thaw.resnet;

import java.util.List;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.nn.Module;
import thaw.engine.nn.OnnxGraph;
import thaw.kernels.Pool2dOptions;

/**
 * The mean of 2×2 windows with stride 2, where the last window of an odd extent has only the pixels that are left: PyTorch's
 * {@code AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)}, {@code [N, C, H, W] → [N, C, ⌈H/2⌉, ⌈W/2⌉]}.
 */
final class CeilAvgPool2d extends Module {

    private static final Pool2dOptions WINDOWS = Pool2dOptions.of(2, 2, 0);

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = x.device().scope()) {
            return scope.keep(Functional.avgPool2d(even(even(x, 2), 3), WINDOWS));
        }
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.pool("AveragePool", x, WINDOWS).integer("ceil_mode", 1).integer("count_include_pad", 0).output();
    }

    /** An odd extent with its last row or column twice: the mean of two equal rows is that row. */
    private static Tensor even(Tensor x, int dim) {
        int extent = x.shape().dim(dim);
        return extent % 2 == 0 ? x : Functional.cat(List.of(x, x.narrow(dim, extent - 1, 1)), dim);
    }

    @Override
    protected String options() {
        return "kernel_size=2, stride=2, ceil_mode=True, count_include_pad=False";
    }
}
