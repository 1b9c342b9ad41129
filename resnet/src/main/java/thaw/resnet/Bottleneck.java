package thaw.resnet;

import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.Tensor;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;

/**
 * A 1×1 convolution to fewer channels, a 3×3 one, and a 1×1 one to more (He et al. 2016, figure 5 right). The paper has the
 * stride on the first; on the 3×3, as here, the network is more accurate, and this is what published weights were trained
 * with ("ResNet v1.5").
 */
final class Bottleneck extends ResidualBlock {

    private final Conv2d conv1;
    private final BatchNorm2d bn1;
    private final Conv2d conv2;
    private final BatchNorm2d bn2;
    private final Conv2d conv3;
    private final BatchNorm2d bn3;

    /** @param inner channels of the 3×3 convolution, which sees them in {@code groups} groups */
    Bottleneck(Device device, Family family, int in, int inner, int out, int stride, int groups, Generator generator) {
        conv1 = child("conv1", conv(device, family, in, inner, 1, 1, 1, generator));
        bn1 = child("bn1", new BatchNorm2d(device, inner));
        conv2 = child("conv2", conv(device, family, inner, inner, 3, stride, groups, generator));
        bn2 = child("bn2", new BatchNorm2d(device, inner));
        conv3 = child("conv3", conv(device, family, inner, out, 1, 1, 1, generator));
        bn3 = child("bn3", new BatchNorm2d(device, out));
        shortcut(device, family, in, out, stride, generator);
    }

    @Override
    Tensor residual(Tensor x) {
        return bn3.call(conv3.call(activated(conv2, bn2, activated(conv1, bn1, x))));
    }

    @Override
    BatchNorm2d lastNorm() {
        return bn3;
    }
}
