package thaw.resnet;

/** The path of a residual block's input to its sum where their shapes differ; elsewhere it is the identity. */
public enum Shortcut {

    /** A 1×1 convolution with the block's stride (He et al. 2016, section 4.1, option B). */
    PROJECTED,

    /** A 3×3 convolution where the block has a stride, as in SENet-154; elsewhere a 1×1 one: timm's {@code down_kernel_size=3}. */
    PROJECTED_3X3,

    /**
     * A 2×2 average pool where the block has a stride, then a 1×1 convolution (He et al. 2019, "Bag of tricks", figure 2c), which
     * reads all pixels: timm's {@code avg_down}.
     */
    AVERAGED,

    /** Every {@code stride}-th pixel, and zeros for the additional channels (He et al. 2016, section 4.1, option A). */
    PADDED;

    /** The side of the convolution's kernel. */
    int kernel(int stride) {
        return this == PROJECTED_3X3 && stride > 1 ? 3 : 1;
    }

    /** The stride of the convolution; the rest of the block's stride is in the average pool. */
    int stride(int stride) {
        return this == AVERAGED ? 1 : stride;
    }
}
