package thaw.kernels;

import org.jspecify.annotations.Nullable;

/** Maximum and average pooling of images {@code [N, C, H, W]}, and their gradients. */
public interface PoolOps {

    /**
     * The largest value in each window and its index; the first in row-major order among equals; padding never wins.
     *
     * @param needIndices whether to return {@link Pooled#indices}, which is null otherwise
     */
    Pooled maxPool2d(Array x, Pool2dOptions options, boolean needIndices);

    /** The largest value of each of {@code outH × outW} cells; see {@link #adaptiveAvgPool2d} for the cells. */
    Pooled adaptiveMaxPool2d(Array x, int outH, int outW);

    /**
     * Maxima and their indices {@code row · W + column} within the channel plane, as floats; both
     * {@code [N, C, OH, OW]}.
     */
    record Pooled(Array values, @Nullable Array indices) {
    }

    /** {@code gx} of shape {@code xShape}: adds each gradient to the element that its index names; for both kinds of maxima. */
    Array maxPool2dGradient(Array gy, Array indices, Shape xShape);

    /**
     * {@code [N, C, H, W] → [N, C, OH, OW]}: the mean of each window; {@link Pool2dOptions#countIncludePad} decides whether
     * padding counts in the divisor.
     */
    Array avgPool2d(Array x, Pool2dOptions options);

    /** {@code gx} of shape {@code xShape}: each gradient, divided like the mean, is added to the elements of its window. */
    Array avgPool2dGradient(Array gy, Shape xShape, Pool2dOptions options);

    /** The mean of each cell; cell {@code i} of {@code out} covers rows {@code floor(i·H/out) … ceil((i+1)·H/out) − 1}. */
    Array adaptiveAvgPool2d(Array x, int outH, int outW);

    /** Like {@link #avgPool2dGradient}, for cells. */
    Array adaptiveAvgPool2dGradient(Array gy, Shape xShape);
}
