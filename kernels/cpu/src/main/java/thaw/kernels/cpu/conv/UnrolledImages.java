package thaw.kernels.cpu.conv;

import java.util.Arrays;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * The layout of unrolled images (im2col), with which a convolution is a product of matrices (Chellapilla, Puri and Simard
 * 2006): one row per input channel and filter position, with the pixel under that position for each output pixel. Output
 * pixels are counted through all images.
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

    /** The number of rows. */
    int rows() {
        return inputs * filter();
    }

    /** The number of rows that one output channel reads. */
    int rowsPerGroup() {
        return rows() / o.groups();
    }

    /** Unrolls part of a row: {@code count} output pixels from {@code first} on. */
    void unroll(float[] x, int row, int first, int count, float[] to, int at) {
        int stride = o.strideW();
        for (int p = 0; p < count;) {
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

    /** Adds part of a row back to the pixels from which {@link #unroll} reads it. */
    void roll(float[] from, int at, int row, int first, int count, float[] x) {
        int stride = o.strideW();
        for (int p = 0; p < count;) {
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

    /** The index of the first of {@code run} pixels, from column {@code left} on, a stride apart, that is inside the image. */
    private int low(int left, int run) {
        return left >= 0 ? 0 : Math.min(run, (-left + o.strideW() - 1) / o.strideW());
    }

    /** The end (exclusive) of those inside the image, from {@code low} on. */
    private int high(int left, int low, int run) {
        return left >= w ? low : Math.max(low, Math.min(run, (w - 1 - left) / o.strideW() + 1));
    }
}
