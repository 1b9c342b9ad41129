package thaw.kernels.cpu.matmul;

import static thaw.kernels.cpu.memory.Memory.cpu;

import thaw.kernels.Epilogue;

/**
 * An {@link Epilogue} on row-major images, a run of pixels of one channel at a time:
 * {@code y = act(scale[c]·m + shift[c] + residual)}. The loops are plain Java; the compiler vectorises them.
 *
 * @param scale    null for 1
 * @param shift    null for 0
 * @param residual in y's layout; null for none
 */
public record RowEpilogue(float[] scale, float[] shift, float[] residual, boolean relu) {

    public static final RowEpilogue NONE = new RowEpilogue(null, null, null, false);

    public static RowEpilogue of(Epilogue e) {
        return new RowEpilogue(e.scale() == null ? null : cpu(e.scale()).data(), e.shift() == null ? null : cpu(e.shift()).data(),
                e.residual() == null ? null : cpu(e.residual()).data(), e.relu());
    }

    /** Applies to {@code n} results in {@code m}, storing them in {@code y}. */
    public void apply(int channel, float[] m, int mo, float[] y, int yo, int n) {
        float a = scale == null ? 1 : scale[channel];
        float b = shift == null ? 0 : shift[channel];
        if (residual == null) {
            affine(m, mo, a, b, y, yo, n);
        } else {
            affineSum(m, mo, a, b, residual, y, yo, n);
        }
        if (relu) {
            relu(y, yo, n);
        }
    }

    private static void affine(float[] m, int mo, float a, float b, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = a * m[mo + i] + b;
        }
    }

    private static void affineSum(float[] m, int mo, float a, float b, float[] r, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = a * m[mo + i] + b + r[yo + i];
        }
    }

    private static void relu(float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = Math.max(y[yo + i], 0f);
        }
    }
}
