package thaw.kernels.reference;

import org.jspecify.annotations.Nullable;

/** The per-channel epilogue of a convolution or a batch normalisation. */
final class ReferenceEpilogue {

    private ReferenceEpilogue() {
    }

    /** In place: {@code y = act(scale[c]·y + shift[c] + residual)}; null arrays stand for 1, 0 and 0. */
    static void apply(ReferenceArray y, @Nullable ReferenceArray scale, @Nullable ReferenceArray shift,
            @Nullable ReferenceArray residual, boolean relu) {
        int pixels = y.shape().rank() == 4 ? y.dim(2) * y.dim(3) : 1;
        for (int i = 0; i < y.data.length; i++) {
            int c = i / pixels % y.dim(1);
            double v = y.data[i] * (scale == null ? 1 : scale.data[c]) + (shift == null ? 0 : shift.data[c])
                    + (residual == null ? 0 : residual.data[i]);
            y.data[i] = relu ? Math.max(v, 0) : v;
        }
    }
}
