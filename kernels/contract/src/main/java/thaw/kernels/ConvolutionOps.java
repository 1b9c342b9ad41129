package thaw.kernels;

import org.jspecify.annotations.Nullable;

/** The two-dimensional convolution and its gradients. */
public interface ConvolutionOps {

    /**
     * Cross-correlation, the "convolution" of neural networks, followed by the epilogue without a separate pass over memory:
     * {@code y[n,k,i,j] = Σ_c,r,s x[n, c, y(i,r), x(j,s)] · w[k,c,r,s]}, at the input's row
     * {@code y(i,r) = i·stride + r·dilation − padding} and column {@code x(j,s) = j·stride + s·dilation − padding},
     * with zeros outside the image, and {@code c} over the group of {@code k}.
     *
     * <p>A backend may compute several pixels together, by Winograd's algorithm, for speed. An element that is NaN or infinite, or
     * many powers of ten larger than the others, then spoils the pixels that are computed with those which it enters.
     *
     * @param x        {@code [N, C, H, W]}
     * @param w        {@code [K, C/groups, R, S]}
     * @param epilogue {@link Epilogue#NONE} or null for none; {@link CheckedBackend} passes its kernels no null
     */
    Array conv2d(Array x, Array w, @Nullable Epilogue epilogue, Conv2dOptions options);

    /** {@link #conv2d(Array, Array, Epilogue, Conv2dOptions)} without an epilogue. */
    default Array conv2d(Array x, Array w, Conv2dOptions options) {
        return conv2d(x, w, Epilogue.NONE, options);
    }

    /** Gradient of {@link #conv2d} with respect to its input, of shape {@code xShape}. */
    Array conv2dInputGradient(Array gy, Array w, Shape xShape, Conv2dOptions options);

    /**
     * Gradient of {@link #conv2d} with respect to its weight, of shape {@code wShape}. The bias's gradient is a
     * {@link ReductionOps#sum}.
     */
    Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions options);
}
