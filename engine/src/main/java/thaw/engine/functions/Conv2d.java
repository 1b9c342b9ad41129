package thaw.engine.functions;

import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * {@code y = x ⋆ w + b}, see {@link Backend#conv2d}. All three gradients are linear in {@code gy}: that of {@code x}
 * distributes each {@code gy} over its window by the weights, that of {@code w} correlates {@code gy} with {@code x}, that
 * of {@code b} is the sum of {@code gy} over images, rows and columns.
 *
 * <p>Inputs: x {@code [N, C, H, W]}, w {@code [K, C/groups, R, S]}, b {@code [K]} or null.
 */
public final class Conv2d extends Function {

    private final Conv2dOptions options;
    private Shape xShape;
    private Shape wShape;
    private Saved x;
    private Saved w;

    public Conv2d(Conv2dOptions options) {
        this.options = options;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        xShape = in[0].shape();
        wShape = in[1].shape();
        x = needs(1) ? save(in[0]) : null;
        w = needs(0) ? save(in[1]) : null;
        return on.conv2d(in[0], in[1], in[2], options);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(
                () -> on.conv2dInputGradient(gy, w.get(), xShape, options),
                () -> on.conv2dWeightGradient(gy, x.get(), wShape, options),
                () -> on.sum(gy, false, 0, 2, 3));
    }
}
