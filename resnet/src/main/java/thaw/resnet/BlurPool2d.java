package thaw.resnet;

import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.nn.Module;
import thaw.engine.nn.OnnxGraph;
import thaw.kernels.Pool2dOptions;

/**
 * A blur by the binomial filter {@code [1 2 1]/4} in both directions, at every second pixel of the image, which is mirrored at its
 * edges (Zhang 2019, "Making convolutional networks shift-invariant again"): {@code [N, C, H, W] → [N, C, ⌈H/2⌉, ⌈W/2⌉]}.
 *
 * <p>It is computed as two average pools, because {@code [1 2 1]/4 = [1 1]/2 ∗ [1 1]/2}: with {@code a[i] = (x[i] + x[i+1])/2} an
 * inner value is {@code (a[i−1] + a[i])/2}. At an edge, where {@code x[−1] = x[1]}, it is {@code a[0]}, the mean of what a window
 * that reaches beyond {@code a} has inside.
 */
final class BlurPool2d extends Module {

    private static final Pool2dOptions NEIGHBOURS = Pool2dOptions.of(2, 1, 0);
    private static final Pool2dOptions EVERY_SECOND = new Pool2dOptions(2, 2, 2, 2, 1, 1, false);

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = x.device().scope()) {
            return scope.keep(Functional.avgPool2d(Functional.avgPool2d(x, NEIGHBOURS), EVERY_SECOND));
        }
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        String means = graph.pool("AveragePool", x, NEIGHBOURS).output();
        return graph.pool("AveragePool", means, EVERY_SECOND).integer("count_include_pad", 0).output();
    }
}
