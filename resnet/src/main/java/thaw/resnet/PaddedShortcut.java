package thaw.resnet;

import java.util.List;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.nn.Module;
import thaw.engine.nn.OnnxGraph;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;

/**
 * A shortcut without parameters (He et al. 2016, option A): every {@code stride}-th pixel, and zeros for the additional
 * channels, half of them before the others and half after: {@code [N, in, H, W] → [N, out, ⌈H/stride⌉, ⌈W/stride⌉]}.
 */
final class PaddedShortcut extends Module {

    private final Pool2dOptions subsampling;
    private final int padding;

    PaddedShortcut(int in, int out, int stride) {
        // Average pooling of 1×1 windows takes every stride-th pixel, and already has a gradient.
        subsampling = Pool2dOptions.of(1, stride, 0);
        padding = (out - in) / 2;
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = x.device().scope()) {
            Tensor y = Functional.avgPool2d(x, subsampling);
            if (padding == 0) {
                return scope.keep(y);
            }
            Shape missing = y.shape().with(1, padding);
            Tensor zeros = x.device().zeros(missing);
            return scope.keep(Functional.cat(List.of(zeros, y, zeros), 1));
        }
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        String y = graph.pool("AveragePool", x, subsampling).output();
        return padding == 0 ? y : graph.node("Pad", y, graph.constant(0, padding, 0, 0, 0, padding, 0, 0)).output();
    }

    @Override
    protected String options() {
        return "stride=" + subsampling.strideH() + ", padding=" + padding;
    }
}
