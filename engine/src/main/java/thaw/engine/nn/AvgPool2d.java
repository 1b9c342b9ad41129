package thaw.engine.nn;

import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.kernels.Pool2dOptions;

/** Average pooling: the mean of each window, {@code [N, C, H, W] → [N, C, OH, OW]}. */
public final class AvgPool2d extends Module {

    private final Pool2dOptions options;

    /** @param kernel height and width of the window; stride and padding, too, are in pixels and apply to both dimensions */
    public AvgPool2d(int kernel, int stride, int padding) {
        this(Pool2dOptions.of(kernel, stride, padding));
    }

    /** @param options window, stride and padding */
    public AvgPool2d(Pool2dOptions options) {
        this.options = options;
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.avgPool2d(x, options);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.pool("AveragePool", x, options).integer("count_include_pad", options.countIncludePad() ? 1 : 0).output();
    }

    @Override
    protected String options() {
        return "kernel_size=(" + options.kernelH() + ", " + options.kernelW() + "), stride=(" + options.strideH() + ", "
                + options.strideW() + "), padding=(" + options.paddingH() + ", " + options.paddingW() + ")"
                + (options.countIncludePad() ? "" : ", count_include_pad=False");
    }
}
