package thaw.resnet;

import thaw.engine.Device;
import thaw.engine.Generator;

/** A residual block of two 3×3 convolutions, the first with the stride (He et al. 2016, figure 5 left). */
final class BasicBlock extends ResidualBlock {

    BasicBlock(Device device, Family family, int in, int out, int stride, Generator generator) {
        super(layer(device, family, in, out, 3, stride, 1, generator),
                layer(device, family, out, out, 3, 1, 1, generator));
        shortcut(device, family, in, out, stride, generator);
    }
}
