package thaw.engine.nn;

import thaw.engine.Tensor;
import thaw.engine.functional.Functional;

/**
 * Adaptive average pooling: the mean of each of {@code outH × outW} cells of an image of any size,
 * {@code [N, C, H, W] → [N, C, outH, outW]}.
 */
public final class AdaptiveAvgPool2d extends Module {

    private final int outH;
    private final int outW;

    /** Pooling to {@code size × size} cells. */
    public AdaptiveAvgPool2d(int size) {
        this(size, size);
    }

    /** {@code [N, C, H, W] → [N, C, outH, outW]} */
    public AdaptiveAvgPool2d(int outH, int outW) {
        this.outH = outH;
        this.outW = outW;
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.adaptiveAvgPool2d(x, outH, outW);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.globalPool("GlobalAveragePool", x, outH, outW);
    }

    @Override
    protected String options() {
        return "output_size=(" + outH + ", " + outW + ")";
    }
}
