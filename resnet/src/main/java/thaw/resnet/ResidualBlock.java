package thaw.resnet;

import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.Init;
import thaw.engine.nn.Module;
import thaw.engine.nn.Sequential;
import thaw.kernels.Conv2dOptions;

/** {@code y = relu(F(x) + shortcut(x))} (He et al. 2016, equations 1 and 2): {@code [N, in, H, W] → [N, out, H', W']}. */
abstract sealed class ResidualBlock extends Module permits BasicBlock, Bottleneck {

    /** Null for the identity. */
    private Module shortcut;

    /** The residual function {@code F}, up to its last batch normalisation. */
    abstract Tensor residual(Tensor x);

    /** The batch normalisation that {@code F} ends with. */
    abstract BatchNorm2d lastNorm();

    @Override
    public final Tensor forward(Tensor x) {
        try (Scope scope = x.device().scope()) {
            Tensor f = residual(x);
            Tensor direct = shortcut == null ? x : shortcut.call(x);
            return scope.keep(f.add(direct).relu());
        }
    }

    /** Registered last, as the state dict has it. */
    final void shortcut(Device device, Family family, int in, int out, int stride, Generator generator) {
        if (stride == 1 && in == out) {
            return;
        }
        shortcut = family.projectsShortcuts()
                ? child("downsample", new Sequential(conv(device, family, in, out, 1, stride, 1, generator),
                        new BatchNorm2d(device, out)))
                : child("shortcut", new PaddedShortcut(in, out, stride));
    }

    /** {@code relu(norm(conv(x)))}, of which the intermediate values are gone afterwards, as far as the graph allows. */
    static Tensor activated(Conv2d conv, BatchNorm2d norm, Tensor x) {
        try (Scope scope = x.device().scope()) {
            return scope.keep(norm.call(conv.call(x)).relu());
        }
    }

    /**
     * A convolution without bias that pads so as to keep the picture's size at stride 1, its weights drawn as is usual in the
     * family.
     */
    static Conv2d conv(Device device, Family family, int in, int out, int kernel, int stride, int groups, Generator generator) {
        Conv2dOptions options = Conv2dOptions.of(stride, kernel / 2, 1, groups);
        Conv2d conv = new Conv2d(device, in, out, kernel, kernel, options, false, generator);
        Init.kaimingNormal(conv.weight(), family.fan(), generator);
        return conv;
    }
}
