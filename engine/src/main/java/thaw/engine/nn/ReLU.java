package thaw.engine.nn;

import thaw.engine.Tensor;

/** The rectified linear unit: {@code max(x, 0)} for each element. */
public final class ReLU extends Module {

    @Override
    public Tensor forward(Tensor x) {
        return x.relu();
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.node("Relu", x).output();
    }
}
