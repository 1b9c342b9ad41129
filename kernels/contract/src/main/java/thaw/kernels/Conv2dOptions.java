package thaw.kernels;

/**
 * Stride, padding, dilation and groups of a convolution. With input extent {@code H} and kernel extent {@code R} the
 * output extent is {@code floor((H + 2·padding − dilation·(R − 1) − 1) / stride) + 1}.
 *
 * @param groups the number of groups into which the channels are split; each group convolves its own channels only
 */
public record Conv2dOptions(int strideH, int strideW, int paddingH, int paddingW, int dilationH, int dilationW, int groups) {

    /** Stride 1, no padding, no dilation, one group. */
    public static final Conv2dOptions DEFAULT = of(1, 0);

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public Conv2dOptions {
        if (strideH < 1 || strideW < 1 || dilationH < 1 || dilationW < 1 || paddingH < 0 || paddingW < 0 || groups < 1) {
            throw new IllegalArgumentException("conv2d: stride " + strideH + "×" + strideW + ", dilation " + dilationH + "×"
                    + dilationW + " and groups " + groups + " must be at least 1, padding " + paddingH + "×" + paddingW
                    + " at least 0");
        }
    }

    /** The same stride and padding in both directions, no dilation, one group. */
    public static Conv2dOptions of(int stride, int padding) {
        return of(stride, padding, 1, 1);
    }

    /** The same stride, padding and dilation in both directions. */
    public static Conv2dOptions of(int stride, int padding, int dilation, int groups) {
        return new Conv2dOptions(stride, stride, padding, padding, dilation, dilation, groups);
    }

    /**
     * The shape {@code [N, K, OH, OW]} of a convolution of {@code input [N, C, H, W]} with
     * {@code weight [K, C/groups, R, S]}.
     *
     * @throws IllegalArgumentException if the two shapes do not match
     */
    public Shape outputShape(Shape input, Shape weight) {
        if (input.rank() != 4 || weight.rank() != 4) {
            throw new IllegalArgumentException("conv2d: expects input [N, C, H, W] and weight [K, C/groups, R, S], got "
                    + input + " and " + weight);
        }
        long channels = (long) weight.dim(1) * groups;
        if (channels != input.dim(1)) {
            throw new IllegalArgumentException("conv2d: weight expects " + channels + " input channels, input has "
                    + input.dim(1) + " (" + input + "); replace the stem or pass a " + channels + "-channel tensor");
        }
        if (weight.dim(0) % groups != 0) {
            throw new IllegalArgumentException("conv2d: " + weight.dim(0) + " output channels (weight " + weight
                    + ") do not divide into " + groups + " groups");
        }
        long oh = outputExtent(input.dim(2), weight.dim(2), strideH, paddingH, dilationH);
        long ow = outputExtent(input.dim(3), weight.dim(3), strideW, paddingW, dilationW);
        if (oh < 1 || ow < 1) {
            throw new IllegalArgumentException("conv2d: input " + input + " with padding " + paddingH + "×" + paddingW
                    + " is smaller than the kernel " + weight + " with dilation " + dilationH + "×" + dilationW
                    + "; use a larger image or more padding");
        }
        return Shape.of(input.dim(0), weight.dim(0), Shape.extent("conv2d", input, oh), Shape.extent("conv2d", input, ow));
    }

    /** A convolution, for reports: {@code [N, C, H, W] → K, R×S, stride 2, 2 groups}. */
    String describe(Shape x, Shape w) {
        return x + " → " + w.dim(0) + ", " + w.dim(2) + "×" + w.dim(3) + (strideH == 1 ? "" : ", stride " + strideH)
                + (groups == 1 ? "" : ", " + groups + " groups");
    }

    /** The multiplications and additions of a convolution, and of each of its gradients. */
    long flops(Shape x, Shape w) {
        return 2L * outputShape(x, w).size() * (w.size() / w.dim(0));
    }

    private static long outputExtent(int in, int kernel, int stride, int padding, int dilation) {
        long span = in + 2L * padding - (long) dilation * (kernel - 1) - 1;
        return span < 0 ? 0 : span / stride + 1;
    }
}
