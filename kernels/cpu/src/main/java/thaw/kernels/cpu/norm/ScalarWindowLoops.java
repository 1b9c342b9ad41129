package thaw.kernels.cpu.norm;

/** {@link WindowLoops} in scalar code, with the bits of {@link VectorLaneLoops}. */
public final class ScalarWindowLoops implements WindowLoops {

    private final int lanes;

    public ScalarWindowLoops(int lanes) {
        this.lanes = lanes;
    }

    @Override
    public int lanes() {
        return lanes;
    }

    @Override
    public void maxOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float[] max, float[] index, int o) {
        System.arraycopy(x, xo + first * lanes, max, o, lanes);
        for (int i = 1; i < rows * columns; i++) {
            maximum(lanes, x, xo + (first + i / columns * width + i % columns) * lanes, max, o);
        }
        for (int lane = 0; index != null && lane < lanes; lane++) {
            index[o + lane] = indexOf(max[o + lane], x, xo + lane, first, rows, columns, width);
        }
    }

    private static void maximum(int lanes, float[] x, int xo, float[] max, int o) {
        for (int lane = 0; lane < lanes; lane++) {
            max[o + lane] = Math.max(max[o + lane], x[xo + lane]);
        }
    }

    /** The first among equals. */
    private int indexOf(float value, float[] x, int xo, int first, int rows, int columns, int width) {
        for (int i = 0; i < rows * columns; i++) {
            int pixel = first + i / columns * width + i % columns;
            float v = x[xo + pixel * lanes];
            if (v == value || v != v && value != value) {
                return pixel;
            }
        }
        return first;
    }

    @Override
    public void sumOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float factor, float[] y, int o) {
        System.arraycopy(x, xo + first * lanes, y, o, lanes);
        for (int i = 1; i < rows * columns; i++) {
            int pixel = xo + (first + i / columns * width + i % columns) * lanes;
            for (int lane = 0; lane < lanes; lane++) {
                y[o + lane] += x[pixel + lane];
            }
        }
        for (int lane = 0; lane < lanes; lane++) {
            y[o + lane] *= factor;
        }
    }
}
