package thaw.resnet;

/** The two kinds of residual blocks. */
public enum BlockKind {

    /** Two 3×3 convolutions. */
    BASIC(1),

    /** A 1×1 convolution that reduces the channels, a 3×3 one, and a 1×1 one that increases them again. */
    BOTTLENECK(4);

    private final int expansion;

    BlockKind(int expansion) {
        this.expansion = expansion;
    }

    /** The ratio of the block's output channels to its stage's base width. */
    public int expansion() {
        return expansion;
    }
}
