package thaw.resnet;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Activation;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.ConvNorm;
import thaw.engine.nn.Module;
import thaw.engine.nn.OnnxGraph;
import thaw.engine.nn.Sequential;

/**
 * A residual block {@code y = relu(F(x) + shortcut(x))} (He et al. 2016, equations 1 and 2):
 * {@code [N, in, H, W] → [N, out, H', W']}. Its modules have timm's names.
 */
abstract sealed class ResidualBlock extends Module permits BasicBlock, Bottleneck {

    /** The layers of the residual function {@code F}; each but the last is followed by a ReLU. */
    private final List<ConvNorm> layers;

    /** The pool with the block's stride before the last layer, which avoids aliasing; null for none. */
    private @Nullable Module pool;

    /** The gates of the last layer's channels; null for none. */
    private @Nullable Module attention;

    /** The projection or padding of the shortcut; null for the identity. */
    private @Nullable Module shortcut;

    ResidualBlock(ConvNorm... layers) {
        this.layers = List.of(layers);
        for (int i = 0; i < layers.length; i++) {
            child("conv" + (i + 1), layers[i].conv());
            child("bn" + (i + 1), layers[i].norm());
        }
    }

    /** The last batch normalisation of {@code F}. */
    final BatchNorm2d lastNorm() {
        return layers.get(layers.size() - 1).norm();
    }

    /** Runs the block; intermediate results are released as soon as the graph does not need them. */
    @Override
    public final Tensor forward(Tensor x) {
        try (Scope scope = x.device().scope()) {
            Tensor direct = shortcut == null ? x : shortcut.call(x);
            Tensor y = x;
            for (ConvNorm layer : layers.subList(0, layers.size() - 1)) {
                Tensor next = layer.call(y, Activation.RELU);
                scope.release(y);
                y = next;
            }
            if (pool != null) {
                Tensor next = pool.call(y);
                scope.release(y);
                y = next;
            }
            ConvNorm last = layers.get(layers.size() - 1);
            return scope.keep(attention == null ? last.call(y, direct, Activation.RELU)
                    : attention.call(last.call(y, Activation.IDENTITY)).add(direct).relu());
        }
    }

    @Override
    protected final String onnx(OnnxGraph graph, String x) {
        String y = x;
        for (ConvNorm layer : layers) {
            boolean isLast = layer == layers.get(layers.size() - 1);
            y = isLast && pool != null ? graph.call(pool, y) : y;
            y = graph.call(layer.norm(), graph.call(layer.conv(), y));
            y = isLast ? y : graph.node("Relu", y).output();
        }
        y = attention == null ? y : graph.call(attention, y);
        String sum = graph.node("Add", y, shortcut == null ? x : graph.call(shortcut, x)).output();
        return graph.node("Relu", sum).output();
    }

    /** Registers what a block may have beside its layers, in the state dict's order: pool, attention, shortcut. */
    final void complete(NewLayers make, Architecture a, int in, int out, int stride) {
        if (a.isAntiAliased() && stride > 1) {
            pool = child("aa", a.variants().contains(Variant.BLUR_POOL) ? new BlurPool2d() : new CeilAvgPool2d());
        }
        Module gate = a.design().attention().gate(make, out);
        attention = gate == null ? null : child("se", gate);
        if (stride > 1 || in != out) {
            shortcut = a.design().shortcut() == Shortcut.PADDED ? child("shortcut", new PaddedShortcut(in, out, stride))
                    : child("downsample", projection(make, a.design().shortcut(), in, out, stride));
        }
    }

    /** A convolution and a norm, behind a pool in {@link Shortcut#AVERAGED}: {@code downsample.1} and {@code downsample.2} there. */
    private static Sequential projection(NewLayers make, Shortcut kind, int in, int out, int stride) {
        ConvNorm conv = make.convNorm(in, out, kind.kernel(stride), kind.stride(stride), 1);
        Map<String, Module> layers = new LinkedHashMap<>();
        if (kind == Shortcut.AVERAGED && stride > 1) {
            layers.put("0", new CeilAvgPool2d());
        }
        int first = kind == Shortcut.AVERAGED ? 1 : 0;
        layers.put(String.valueOf(first), conv.conv());
        layers.put(String.valueOf(first + 1), conv.norm());
        return new Sequential(layers);
    }
}
