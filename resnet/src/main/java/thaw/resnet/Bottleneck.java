package thaw.resnet;

import thaw.engine.Device;
import thaw.engine.Generator;

/**
 * A residual block of a 1×1 convolution to fewer channels, a 3×3 one, and a 1×1 one to more channels (He et al. 2016,
 * figure 5 right). The paper has the stride in the first convolution; in the 3×3 convolution ("ResNet v1.5") the network is
 * more accurate, and most published weights were trained with it there.
 */
final class Bottleneck extends ResidualBlock {

    /**
     * @param inner  channels of the 3×3 convolution, in {@code groups} groups
     * @param first  stride of the first 1×1 convolution: {@code stride}, or 1
     * @param stride stride of the whole block
     */
    Bottleneck(Device device, Family family, int in, int inner, int out, int first, int stride, int groups,
            Generator generator) {
        super(layer(device, family, in, inner, 1, first, 1, generator),
                layer(device, family, inner, inner, 3, stride / first, groups, generator),
                layer(device, family, inner, out, 1, 1, 1, generator));
        shortcut(device, family, in, out, stride, generator);
    }
}
