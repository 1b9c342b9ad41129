package thaw.resnet;

/**
 * A residual block of a 1×1 convolution to fewer channels, a 3×3 one, and a 1×1 one to more channels (He et al. 2016,
 * figure 5 right). The paper has the stride in the first convolution; in the 3×3 convolution ("ResNet v1.5") the network is
 * more accurate, and most published weights were trained with it there.
 */
final class Bottleneck extends ResidualBlock {

    /**
     * A block of stage {@code i}.
     *
     * @param stride of the whole block: of the first 1×1 convolution, or of the 3×3 one
     */
    Bottleneck(NewLayers make, Architecture architecture, int i, int in, int stride) {
        super(make.convNorm(in, architecture.innerChannels(i), 1, architecture.strideIn1x1(stride), 1),
                make.convNorm(architecture.innerChannels(i), architecture.innerChannels(i), 3,
                        stride / architecture.strideIn1x1(stride), architecture.groups()),
                make.convNorm(architecture.innerChannels(i), architecture.channels(i), 1, 1, 1));
        shortcut(make, in, architecture.channels(i), stride);
    }
}
