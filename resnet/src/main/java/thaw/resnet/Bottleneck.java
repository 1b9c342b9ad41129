package thaw.resnet;

import thaw.engine.Device;
import thaw.engine.Generator;

/**
 * A 1×1 convolution to fewer channels, a 3×3 one, and a 1×1 one to more (He et al. 2016, figure 5 right). The paper has the
 * stride on the first; on the 3×3, as here, the network is more accurate, and this is what published weights were trained
 * with ("ResNet v1.5").
 */
final class Bottleneck extends ResidualBlock {

    /** @param inner channels of the 3×3 convolution, which sees them in {@code groups} groups */
    Bottleneck(Device device, Family family, int in, int inner, int out, int stride, int groups, Generator generator) {
        super(layer(device, family, in, inner, 1, 1, 1, generator),
                layer(device, family, inner, inner, 3, stride, groups, generator),
                layer(device, family, inner, out, 1, 1, 1, generator));
        shortcut(device, family, in, out, stride, generator);
    }
}
