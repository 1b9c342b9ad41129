package thaw.kernels.cpu;

import java.util.Arrays;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * How images lie unrolled, so that a convolution becomes a product of matrices (Chellapilla, Puri and Simard 2006): a row
 * for each input channel and place of the filter, which holds what that place sees at each output pixel. Output pixels are
 * counted through all images.
 */
record UnrolledImages(Conv2dOptions o, int images, int inputs, int h, int w, int outputs, int filterH, int filterW,
        int outH, int outW) {

    static UnrolledImages of(Shape x, Shape w, Shape y, Conv2dOptions o) {
        return new UnrolledImages(o, x.dim(0), x.dim(1), x.dim(2), x.dim(3), w.dim(0), w.dim(2), w.dim(3), y.dim(2), y.dim(3));
    }

    int outPerGroup() {
        return outputs / o.groups();
    }

    int filter() {
        return filterH * filterW;
    }

    int outPixels() {
        return outH * outW;
    }

    /** Rows in all. */
    int rows() {
        return inputs * filter();
    }

    /** Rows that one output channel sees. */
    int rowsPerGroup() {
        return rows() / o.groups();
    }

    /** Part of a row: {@code count} output pixels from {@code first} on. */
    void unroll(float[] x, int row, int first, int count, float[] to, int at) {
        int stride = o.strideW();
        for (int p = 0; p < count; ) {
            int line = (first + p) / outW;
            int j = (first + p) % outW;
            int run = Math.min(count - p, outW - j);
            int y = sourceLine(row, line);
            int left = sourceColumn(row, j);
            if (y < 0 || y >= h) {
                Arrays.fill(to, at + p, at + p + run, 0);
            } else {
                int low = low(left, run);
                int high = high(left, low, run);
                Arrays.fill(to, at + p, at + p + low, 0);
                int from = plane(row, line) + y * w + left;
                if (stride == 1) {
                    System.arraycopy(x, from + low, to, at + p + low, high - low);
                } else {
                    for (int q = low; q < high; q++) {
                        to[at + p + q] = x[from + q * stride];
                    }
                }
                Arrays.fill(to, at + p + high, at + p + run, 0);
            }
            p += run;
        }
    }

    /** Adds part of a row back to where {@link #unroll} takes it from. */
    void roll(float[] from, int at, int row, int first, int count, float[] x) {
        int stride = o.strideW();
        for (int p = 0; p < count; ) {
            int line = (first + p) / outW;
            int j = (first + p) % outW;
            int run = Math.min(count - p, outW - j);
            int y = sourceLine(row, line);
            if (y >= 0 && y < h) {
                int left = sourceColumn(row, j);
                int low = low(left, run);
                int high = high(left, low, run);
                int to = plane(row, line) + y * w + left;
                for (int q = low; q < high; q++) {
                    x[to + q * stride] += from[at + p + q];
                }
            }
            p += run;
        }
    }

    private int plane(int row, int line) {
        return (line / outH * inputs + row / filter()) * h * w;
    }

    private int sourceLine(int row, int line) {
        return line % outH * o.strideH() - o.paddingH() + row % filter() / filterW * o.dilationH();
    }

    private int sourceColumn(int row, int j) {
        return j * o.strideW() - o.paddingW() + row % filterW * o.dilationW();
    }

    /** The first of {@code run} pixels from column {@code left} on, a stride apart, that is in the image. */
    private int low(int left, int run) {
        return left >= 0 ? 0 : Math.min(run, (-left + o.strideW() - 1) / o.strideW());
    }

    /** The first from {@code low} on that isn't any more. */
    private int high(int left, int low, int run) {
        return left >= w ? low : Math.max(low, Math.min(run, (w - 1 - left) / o.strideW() + 1));
    }
}
