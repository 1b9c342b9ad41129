package thaw.engine.nn;

import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.kernels.Pool2dOptions;

/** Maximum pooling: the largest value of each window, {@code [N, C, H, W] → [N, C, OH, OW]}. */
public final class MaxPool2d extends Module {

    private final Pool2dOptions options;

    /** @param kernel height and width of the window; stride and padding, too, are in pixels and apply to both dimensions */
    public MaxPool2d(int kernel, int stride, int padding) {
        this(Pool2dOptions.of(kernel, stride, padding));
    }

    /** @param options window, stride and padding */
    public MaxPool2d(Pool2dOptions options) {
        this.options = options;
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.maxPool2d(x, options);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.pool("MaxPool", x, options).output();
    }

    @Override
    protected String options() {
        return "kernel_size=(" + options.kernelH() + ", " + options.kernelW() + "), stride=(" + options.strideH() + ", "
                + options.strideW() + "), padding=(" + options.paddingH() + ", " + options.paddingW() + ")";
    }
}
