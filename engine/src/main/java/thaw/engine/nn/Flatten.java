package thaw.engine.nn;

import thaw.engine.Tensor;

/** Flattens all dimensions but the first: {@code [N, C, H, W] → [N, C·H·W]}. */
public final class Flatten extends Module {

    @Override
    public Tensor forward(Tensor x) {
        return x.flatten(1);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.node("Flatten", x).integer("axis", 1).output();
    }
}
