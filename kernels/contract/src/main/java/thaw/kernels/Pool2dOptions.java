package thaw.kernels;

/**
 * Window, stride and padding of a pooling: output extent {@code floor((H + 2·padding − kernel) / stride) + 1}.
 *
 * @param countIncludePad for averages: whether padded zeros count in the divisor
 */
public record Pool2dOptions(int kernelH, int kernelW, int strideH, int strideW, int paddingH, int paddingW,
        boolean countIncludePad) {

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public Pool2dOptions {
        if (kernelH < 1 || kernelW < 1 || strideH < 1 || strideW < 1 || paddingH < 0 || paddingW < 0
                || paddingH > kernelH / 2 || paddingW > kernelW / 2) {
            throw new IllegalArgumentException("pool2d: kernel " + kernelH + "×" + kernelW + " and stride " + strideH + "×"
                    + strideW + " must be at least 1, padding " + paddingH + "×" + paddingW
                    + " between 0 and half the kernel");
        }
    }

    /** A square window; padded zeros count in the divisor of averages. */
    public static Pool2dOptions of(int kernel, int stride, int padding) {
        return new Pool2dOptions(kernel, kernel, stride, stride, padding, padding, true);
    }

    /**
     * The shape {@code [N, C, OH, OW]} of pooling {@code input [N, C, H, W]}.
     *
     * @throws IllegalArgumentException if the input has another rank or is smaller than the window
     */
    public Shape outputShape(Shape input) {
        if (input.rank() != 4) {
            throw new IllegalArgumentException("pool2d: expects input [N, C, H, W], got " + input);
        }
        long h = input.dim(2) + 2L * paddingH - kernelH;
        long w = input.dim(3) + 2L * paddingW - kernelW;
        if (h < 0 || w < 0) {
            throw new IllegalArgumentException("pool2d: input " + input + " with padding " + paddingH + "×" + paddingW
                    + " is smaller than the window " + kernelH + "×" + kernelW + "; use a larger image");
        }
        return Shape.of(input.dim(0), input.dim(1), Shape.extent("pool2d", input, h / strideH + 1),
                Shape.extent("pool2d", input, w / strideW + 1));
    }
}
