package thaw.resnet;

/** A residual block of two 3×3 convolutions, the first with the stride (He et al. 2016, figure 5 left). */
final class BasicBlock extends ResidualBlock {

    BasicBlock(NewLayers make, int in, int out, int stride) {
        super(make.convNorm(in, out, 3, stride, 1), make.convNorm(out, out, 3, 1, 1));
        shortcut(make, in, out, stride);
    }
}
