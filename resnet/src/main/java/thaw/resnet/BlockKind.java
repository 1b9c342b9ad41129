package thaw.resnet;

/** The kinds of residual blocks. */
public enum BlockKind {

    /** Two 3×3 convolutions. */
    BASIC(1),

    /** A 1×1 convolution that reduces the channels, a 3×3 one, and a 1×1 one that increases them again. */
    BOTTLENECK(4),

    /** A bottleneck whose first convolution has half the channels of the 3×3 one (Hu et al. 2018, SENet-154). */
    HALVED_BOTTLENECK(4);

    private final int expansion;

    BlockKind(int expansion) {
        this.expansion = expansion;
    }

    /** The ratio of the block's output channels to its stage's base width. */
    public int expansion() {
        return expansion;
    }
}
