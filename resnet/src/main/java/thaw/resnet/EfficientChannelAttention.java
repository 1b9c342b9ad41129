package thaw.resnet;

import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.nn.Init;
import thaw.engine.nn.Module;
import thaw.engine.nn.OnnxGraph;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * Efficient channel attention (Wang et al. 2020, "ECA-Net", equations 5 and 12): each channel is multiplied by a gate that is
 * computed from the means of its {@code k} neighbours, channel by channel: {@code [N, C, H, W] → [N, C, H, W]}.
 * <pre>
 * z[n, c] = mean of x[n, c, ·, ·]        y = x · sigmoid(Σ_j w[j] · z[·, c + j − (k − 1)/2])
 * </pre>
 */
final class EfficientChannelAttention extends Module {

    private final OverChannels conv;

    EfficientChannelAttention(NewLayers make, int channels) {
        conv = child("conv", new OverChannels(make, kernel(channels)));
    }

    /** The whole part of {@code (log₂ C + 1) / 2}, or the next number if that is even; at least 3 (equation 12). */
    static int kernel(int channels) {
        int log2 = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(channels);
        int t = (log2 + 1) / 2;
        return Math.max(t % 2 == 0 ? t + 1 : t, 3);
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = x.device().scope()) {
            int n = x.shape().dim(0);
            int c = x.shape().dim(1);
            Tensor means = Functional.adaptiveAvgPool2d(x, 1, 1).reshape(n, 1, c, 1);
            return scope.keep(x.mul(conv.call(means).sigmoid().reshape(n, c, 1, 1)));
        }
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        String means = graph.node("Reshape", graph.node("GlobalAveragePool", x).output(), graph.constant(0, 1, -1)).output();
        String gate = graph.node("Sigmoid", graph.call(conv, means)).output();
        return graph.node("Mul", x, graph.node("Reshape", gate, graph.constant(0, -1, 1, 1)).output()).output();
    }

    /** PyTorch's {@code Conv1d(1, 1, k)} along the channels, {@code [N, 1, C, 1] → [N, 1, C, 1]}, with a weight {@code [1, 1, k]}. */
    private static final class OverChannels extends Module {

        private final Tensor weight;
        private final int kernel;

        OverChannels(NewLayers make, int kernel) {
            this.kernel = kernel;
            weight = parameter("weight", Init.defaultUniform(make.device().zeros(Shape.of(1, 1, kernel)), kernel, make.generator()));
        }

        @Override
        public Tensor forward(Tensor x) {
            return Functional.conv2d(x, weight.reshape(1, 1, kernel, 1), new Conv2dOptions(1, 1, kernel / 2, 0, 1, 1, 1));
        }

        /** One-dimensional, as PyTorch exports it: {@code [N, 1, C] → [N, 1, C]}. */
        @Override
        protected String onnx(OnnxGraph graph, String x) {
            return graph.node("Conv", x, graph.tensor(weight)).integers("kernel_shape", kernel).integers("pads", kernel / 2, kernel / 2)
                    .output();
        }

        @Override
        protected String options() {
            return "1, 1, kernel_size=(" + kernel + ",), padding=(" + kernel / 2 + ",), bias=False";
        }
    }
}
