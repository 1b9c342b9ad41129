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
     * @param stride of the whole block: of the first 1×1 convolution, of the 3×3 one, or of the pool behind that
     */
    Bottleneck(NewLayers make, Architecture a, int i, int in, int stride) {
        super(make.convNorm(in, a.firstChannels(i), 1, a.strideIn1x1(stride), 1),
                make.convNorm(a.firstChannels(i), a.innerChannels(i), 3, a.strideIn3x3(stride), a.design().groups()),
                make.convNorm(a.innerChannels(i), a.channels(i), 1, 1, 1));
        complete(make, a, in, a.channels(i), stride);
    }
}
