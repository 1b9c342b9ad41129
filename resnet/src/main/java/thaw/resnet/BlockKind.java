package thaw.resnet;

/** The two kinds of residual blocks. */
public enum BlockKind {

    /** Two 3×3 convolutions. */
    BASIC(1),

    /** A 1×1 convolution that narrows, a 3×3 one, and a 1×1 one that widens again. */
    BOTTLENECK(4);

    private final int expansion;

    BlockKind(int expansion) {
        this.expansion = expansion;
    }

    /** How many times as many channels the block puts out as its stage's base width. */
    public int expansion() {
        return expansion;
    }
}
