package thaw.kernels;

import org.jspecify.annotations.Nullable;

/**
 * Operators that a convolution applies to each result before it is stored, which saves passes over memory:
 * {@code y = act(scale[k]·conv + shift[k] + residual)}. A fixed batch normalisation is a scale and a shift
 * ({@link Backend#batchNormAffine}), a bias a shift alone.
 *
 * @param scale    {@code [K]}, or null for 1
 * @param shift    {@code [K]}, or null for 0
 * @param residual of the result's shape, or null for 0
 * @param relu     whether act is {@code max(·, 0)}, rather than the identity
 */
public record Epilogue(@Nullable Array scale, @Nullable Array shift, @Nullable Array residual, boolean relu) {

    /** An epilogue that changes nothing. */
    public static final Epilogue NONE = new Epilogue(null, null, null, false);

    /** An epilogue that adds a bias {@code [K]} only; null for none. */
    public static Epilogue bias(@Nullable Array bias) {
        return bias == null ? NONE : new Epilogue(null, bias, null, false);
    }

    /** The operators, for reports: {@code , scale, shift, residual, relu}. */
    String describe() {
        return (scale == null ? "" : ", scale") + (shift == null ? "" : ", shift") + (residual == null ? "" : ", residual")
                + (relu ? ", relu" : "");
    }
}
