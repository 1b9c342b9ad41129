package thaw.resnet;

import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.Module;
import thaw.engine.nn.OnnxGraph;

/**
 * Squeeze and excitation (Hu et al. 2018, "Squeeze-and-excitation networks", equations 2 to 4): each channel is multiplied by a
 * gate that is computed from the means of all channels: {@code [N, C, H, W] → [N, C, H, W]}.
 * <pre>
 * z[n, c] = mean of x[n, c, ·, ·]        y = x · sigmoid(fc2(relu(fc1(z))))
 * </pre>
 */
final class SqueezeExcitation extends Module {

    private final Conv2d fc1;
    private final Conv2d fc2;

    /** @param squeezed the channels between the two layers */
    SqueezeExcitation(NewLayers make, int channels, int squeezed) {
        fc1 = child("fc1", make.biased(channels, squeezed));
        fc2 = child("fc2", make.biased(squeezed, channels));
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = x.device().scope()) {
            Tensor gate = fc2.call(fc1.call(Functional.adaptiveAvgPool2d(x, 1, 1)).relu()).sigmoid();
            return scope.keep(x.mul(gate));
        }
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        String hidden = graph.call(fc1, graph.node("GlobalAveragePool", x).output());
        String gate = graph.call(fc2, graph.node("Relu", hidden).output());
        return graph.node("Mul", x, graph.node("Sigmoid", gate).output()).output();
    }
}
