package thaw.engine.nn;

import java.util.List;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;

/**
 * Adaptive maximum pooling followed, along the channels, by adaptive average pooling, as in fastai's heads:
 * {@code [N, C, H, W] → [N, 2C, size, size]}.
 */
public final class AdaptiveConcatPool2d extends Module {

    private final int size;

    /** {@code [N, C, H, W] → [N, 2 C, size, size]} */
    public AdaptiveConcatPool2d(int size) {
        this.size = size;
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.cat(List.of(Functional.adaptiveMaxPool2d(x, size, size), Functional.adaptiveAvgPool2d(x, size, size)), 1);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.node("Concat", graph.globalPool("GlobalMaxPool", x, size, size), graph.globalPool("GlobalAveragePool", x, size, size))
                .integer("axis", 1).output();
    }

    @Override
    protected String options() {
        return "output_size=(" + size + ", " + size + ")";
    }
}
