package thaw.engine.nn;

import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.io.OnnxNode;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * A convolution {@code [N, in, H, W] → [N, out, OH, OW]} with a weight {@code [out, in/groups, R, S]} and an optional bias
 * {@code [out]}.
 */
public final class Conv2d extends Module {

    private final Tensor weight;
    private final @Nullable Tensor bias;
    private final Conv2dOptions options;

    /** A convolution with stride 1, without padding, with bias. */
    public Conv2d(Device device, int in, int out, int kernel) {
        this(device, in, out, kernel, Conv2dOptions.DEFAULT);
    }

    /**
     * A convolution with a square filter and a bias. The initial values of both are drawn from the device's generator, uniform
     * within {@code ±1/√fanIn}.
     *
     * @throws IllegalArgumentException if the channels are not positive multiples of the number of groups
     */
    public Conv2d(Device device, int in, int out, int kernel, Conv2dOptions options) {
        this(weight(device, in, out, kernel, options, device.generator()),
                Init.defaultUniform(device.zeros(Shape.of(out)), in / options.groups() * kernel * kernel, device.generator()),
                options);
    }

    /** A convolution without bias, as before a batch normalisation; initial weights are drawn from the device's generator. */
    public static Conv2d withoutBias(Device device, int in, int out, int kernel, Conv2dOptions options) {
        return withoutBias(device, in, out, kernel, options, device.generator());
    }

    /**
     * A convolution without bias.
     *
     * @param generator draws the initial weights, uniform within {@code ±1/√fanIn}; null leaves them zero
     * @throws IllegalArgumentException if the channels are not positive multiples of the number of groups
     */
    public static Conv2d withoutBias(Device device, int in, int out, int kernel, Conv2dOptions options,
            @Nullable Generator generator) {
        return new Conv2d(weight(device, in, out, kernel, options, generator), null, options);
    }

    /**
     * A convolution with these tensors as its parameters.
     *
     * @param weight {@code [out, in/groups, R, S]}
     * @param bias   {@code [out]}, or null
     */
    public Conv2d(Tensor weight, @Nullable Tensor bias, Conv2dOptions options) {
        this.options = options;
        this.weight = parameter("weight", weight);
        this.bias = bias == null ? null : parameter("bias", bias);
    }

    private static Tensor weight(Device device, int in, int out, int kernel, Conv2dOptions options,
            @Nullable Generator generator) {
        int groups = options.groups();
        if (in < 1 || out < 1 || in % groups != 0 || out % groups != 0) {
            throw new IllegalArgumentException("Conv2d: " + in + " input and " + out + " output channels can't be divided into "
                    + groups + " groups");
        }
        return Init.defaultUniform(device.zeros(Shape.of(out, in / groups, kernel, kernel)), in / groups * kernel * kernel,
                generator);
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.conv2d(x, weight, bias, options);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        OnnxNode conv = bias == null ? graph.node("Conv", x, graph.tensor(weight))
                : graph.node("Conv", x, graph.tensor(weight), graph.tensor(bias));
        return conv.integers("dilations", options.dilationH(), options.dilationW()).integer("group", options.groups())
                .integers("kernel_shape", weight.shape().dim(2), weight.shape().dim(3))
                .integers("pads", options.paddingH(), options.paddingW(), options.paddingH(), options.paddingW())
                .integers("strides", options.strideH(), options.strideW()).output();
    }

    /** The weight {@code [out, in/groups, R, S]}. */
    public Tensor weight() {
        return weight;
    }

    /** The bias {@code [out]}, or null. */
    public @Nullable Tensor bias() {
        return bias;
    }

    /** Stride, padding, dilation and groups. */
    public Conv2dOptions convolution() {
        return options;
    }

    /** The channels of the input. */
    public int inChannels() {
        return weight.shape().dim(1) * options.groups();
    }

    /** The channels of the result. */
    public int outChannels() {
        return weight.shape().dim(0);
    }

    @Override
    protected String options() {
        StringBuilder s = new StringBuilder().append(inChannels()).append(", ").append(outChannels());
        s.append(", kernel_size=").append(pair(weight.shape().dim(2), weight.shape().dim(3)));
        s.append(", stride=").append(pair(options.strideH(), options.strideW()));
        if (options.paddingH() != 0 || options.paddingW() != 0) {
            s.append(", padding=").append(pair(options.paddingH(), options.paddingW()));
        }
        if (options.dilationH() != 1 || options.dilationW() != 1) {
            s.append(", dilation=").append(pair(options.dilationH(), options.dilationW()));
        }
        if (options.groups() != 1) {
            s.append(", groups=").append(options.groups());
        }
        return s.append(bias == null ? ", bias=False" : "").toString();
    }

    private static String pair(int h, int w) {
        return "(" + h + ", " + w + ")";
    }
}
