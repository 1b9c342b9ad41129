package thaw.resnet;

/** A residual block of two 3×3 convolutions, the first with the stride (He et al. 2016, figure 5 left). */
final class BasicBlock extends ResidualBlock {

    /** A block of stage {@code i}. */
    BasicBlock(NewLayers make, Architecture a, int i, int in, int stride) {
        super(make.convNorm(in, a.channels(i), 3, a.strideIn3x3(stride), 1), make.convNorm(a.channels(i), a.channels(i), 3, 1, 1));
        complete(make, a, in, a.channels(i), stride);
    }
}
