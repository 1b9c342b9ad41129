package thaw.parity;

import java.util.HashMap;
import java.util.Map;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.functional.Normalization;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;

/** A case of an operator: its result, the gradient of each input and the buffers that it updates. */
final class OperatorCase {

    private final ParityCase c;
    private final Map<String, Tensor> in = new HashMap<>();

    private OperatorCase(ParityCase c, Device device) {
        this.c = c;
        for (String name : c.names("in.")) {
            in.put(name, c.tensor(device, "in." + name).requiresGrad(c.has("grad." + name)));
        }
    }

    /** @param bar the largest allowed relative error */
    static void run(ParityCase c, Device device, double bar) {
        try (Scope scope = device.scope()) {
            OperatorCase o = new OperatorCase(c, device);
            Tensor y = o.compute();
            c.assertClose("out", y, bar);
            if (y.requiresGrad()) {
                y.backward(c.tensor(device, "gout"));
            }
            for (String name : c.names("grad.")) {
                c.assertClose("grad." + name, o.in.get(name).grad(), bar);
            }
            for (String name : c.names("after.")) {
                c.assertClose("after." + name, o.in.get(name), bar);
            }
        }
    }

    private Tensor compute() {
        Tensor x = in.get("input");
        Tensor a = in.get("a");
        Tensor b = in.get("b");
        return switch (c.op()) {
            case "conv2d" -> Functional.conv2d(x, in.get("weight"), in.get("bias"), convolution());
            case "batch_norm" -> {
                Normalization norm = new Normalization(in.get("weight"), in.get("bias"), in.get("running_mean"),
                        in.get("running_var"), c.attrs().path("momentum").asDouble(0.1), c.attrs().path("eps").asDouble(1e-5));
                yield c.attrs().path("training").asBoolean() ? Functional.batchNormTrain(x, norm)
                        : Functional.batchNormEval(x, norm);
            }
            case "max_pool2d" -> Functional.maxPool2d(x, window());
            case "avg_pool2d" -> Functional.avgPool2d(x, window());
            case "adaptive_avg_pool2d" -> Functional.adaptiveAvgPool2d(x, c.pair("output_size", 1)[0], c.pair("output_size", 1)[1]);
            case "adaptive_max_pool2d" -> Functional.adaptiveMaxPool2d(x, c.pair("output_size", 1)[0], c.pair("output_size", 1)[1]);
            case "linear" -> Functional.linear(x, in.get("weight"), in.get("bias"));
            case "matmul" -> a.matmul(b);
            case "cross_entropy" -> Functional.crossEntropy(x, in.get("target"), in.get("weight"),
                    c.attrs().path("label_smoothing").asDouble(0), reduction());
            case "log_softmax" -> logSoftmax(x);
            case "relu" -> x.relu();
            case "sigmoid" -> x.sigmoid();
            case "tanh" -> x.tanh();
            case "exp" -> x.exp();
            case "log" -> x.log();
            case "sqrt" -> x.sqrt();
            case "abs" -> x.abs();
            case "square" -> x.square();
            case "log_abs_plus_0.1" -> x.abs().add(0.1).log();
            case "add" -> a.add(b);
            case "sub" -> a.sub(b);
            case "mul" -> a.mul(b);
            case "div" -> a.div(b);
            case "sum" -> x.sum(c.attrs().path("keepdim").asBoolean(), c.ints("dim"));
            case "mean" -> x.mean(c.attrs().path("keepdim").asBoolean(), c.ints("dim"));
            case "cat" -> Functional.cat(c.names("in.").stream().sorted().map(in::get).toList(), c.ints("dim")[0]);
            case "permute" -> x.permute(c.ints("dims"));
            case "flatten" -> x.flatten(c.ints("start_dim")[0]);
            default -> throw new AssertionError(c.name() + ": unknown op \"" + c.op() + "\"");
        };
    }

    private Conv2dOptions convolution() {
        int[] stride = c.pair("stride", 1);
        int[] padding = c.pair("padding", 0);
        int[] dilation = c.pair("dilation", 1);
        return new Conv2dOptions(stride[0], stride[1], padding[0], padding[1], dilation[0], dilation[1],
                c.attrs().path("groups").asInt(1));
    }

    private Pool2dOptions window() {
        int[] kernel = c.pair("kernel_size", 0);
        int[] stride = c.attrs().has("stride") ? c.pair("stride", 1) : kernel;
        int[] padding = c.pair("padding", 0);
        return new Pool2dOptions(kernel[0], kernel[1], stride[0], stride[1], padding[0], padding[1],
                c.attrs().path("count_include_pad").asBoolean(true));
    }

    private Reduction reduction() {
        return switch (c.attrs().path("reduction").asText("mean")) {
            case "mean" -> Reduction.MEAN;
            case "sum" -> Reduction.SUM;
            default -> throw new AssertionError(c.name() + ": unknown reduction in " + c.attrs());
        };
    }

    private Tensor logSoftmax(Tensor x) {
        if (x.shape().index(c.attrs().path("dim").asInt(-1)) != x.shape().rank() - 1) {
            throw new AssertionError(c.name() + ": logSoftmax supports the last dimension only, the case has another: "
                    + c.attrs());
        }
        return x.logSoftmax();
    }
}
