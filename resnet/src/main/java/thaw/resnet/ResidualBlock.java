package thaw.resnet;

import java.util.List;
import org.jspecify.annotations.Nullable;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Activation;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.ConvNorm;
import thaw.engine.nn.Module;
import thaw.engine.nn.Sequential;

/**
 * A residual block {@code y = relu(F(x) + shortcut(x))} (He et al. 2016, equations 1 and 2):
 * {@code [N, in, H, W] → [N, out, H', W']}.
 */
abstract sealed class ResidualBlock extends Module permits BasicBlock, Bottleneck {

    /** The residual function {@code F}; each of its layers but the last is followed by a ReLU. */
    private final List<ConvNorm> layers;

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
            return scope.keep(layers.get(layers.size() - 1).call(y, direct, Activation.RELU));
        }
    }

    /** Registers the shortcut, after the layers, which is the state dict's order. */
    final void shortcut(NewLayers make, int in, int out, int stride) {
        if (stride == 1 && in == out) {
            return;
        }
        if (make.family().projectsShortcuts()) {
            ConvNorm projection = make.convNorm(in, out, 1, stride, 1);
            shortcut = child("downsample", new Sequential(projection.conv(), projection.norm()));
        } else {
            shortcut = child("shortcut", new PaddedShortcut(in, out, stride));
        }
    }
}
