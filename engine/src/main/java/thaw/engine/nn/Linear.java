package thaw.engine.nn;

import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.io.OnnxNode;
import thaw.kernels.Shape;

/**
 * A fully connected layer {@code [N, in] → [N, out]}: {@code x·weightᵀ + bias} with a weight {@code [out, in]} and an
 * optional bias {@code [out]}.
 */
public final class Linear extends Module {

    private final Tensor weight;
    private final @Nullable Tensor bias;

    /** A layer with bias; initial values are drawn from the device's generator. */
    public Linear(Device device, int in, int out) {
        this(device, in, out, device.generator());
    }

    /**
     * A layer with bias.
     *
     * @param generator draws the initial weights and biases, uniform within {@code ±1/√in}; null leaves them zero
     */
    public Linear(Device device, int in, int out, @Nullable Generator generator) {
        this(Init.defaultUniform(device.zeros(Shape.of(out, in)), in, generator),
                Init.defaultUniform(device.zeros(Shape.of(out)), in, generator));
    }

    /**
     * A layer with these tensors as its parameters.
     *
     * @param weight {@code [out, in]}
     * @param bias   {@code [out]}, or null
     */
    public Linear(Tensor weight, @Nullable Tensor bias) {
        this.weight = parameter("weight", weight);
        this.bias = bias == null ? null : parameter("bias", bias);
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.linear(x, weight, bias);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        OnnxNode product = bias == null ? graph.node("Gemm", x, graph.tensor(weight))
                : graph.node("Gemm", x, graph.tensor(weight), graph.tensor(bias));
        return product.integer("transB", 1).output();
    }

    /** The weight {@code [out, in]}. */
    public Tensor weight() {
        return weight;
    }

    /** The bias {@code [out]}, or null. */
    public @Nullable Tensor bias() {
        return bias;
    }

    /** The length of an input row. */
    public int inFeatures() {
        return weight.shape().dim(1);
    }

    /** The length of a result row. */
    public int outFeatures() {
        return weight.shape().dim(0);
    }

    @Override
    protected String options() {
        return "in_features=" + inFeatures() + ", out_features=" + outFeatures() + ", bias=" + (bias == null ? "False" : "True");
    }
}
