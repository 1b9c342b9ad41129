package thaw.resnet;

import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.Tensor;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;

/** Two 3×3 convolutions, the first with the stride (He et al. 2016, figure 5 left). */
final class BasicBlock extends ResidualBlock {

    private final Conv2d conv1;
    private final BatchNorm2d bn1;
    private final Conv2d conv2;
    private final BatchNorm2d bn2;

    BasicBlock(Device device, Family family, int in, int out, int stride, Generator generator) {
        conv1 = child("conv1", conv(device, family, in, out, 3, stride, 1, generator));
        bn1 = child("bn1", new BatchNorm2d(device, out));
        conv2 = child("conv2", conv(device, family, out, out, 3, 1, 1, generator));
        bn2 = child("bn2", new BatchNorm2d(device, out));
        shortcut(device, family, in, out, stride, generator);
    }

    @Override
    Tensor residual(Tensor x) {
        return bn2.call(conv2.call(activated(conv1, bn1, x)));
    }

    @Override
    BatchNorm2d lastNorm() {
        return bn2;
    }
}
