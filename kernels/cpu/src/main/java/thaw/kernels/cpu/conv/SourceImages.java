package thaw.kernels.cpu.conv;

import java.util.Arrays;
import java.util.stream.IntStream;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.grouped.FilterAxis;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.parallel.Workers;

/**
 * The images that a convolution's inner loops read: the source itself, or a copy with its padding stored as zeros, so that the
 * loops need no border test.
 *
 * <p>A 1×1 convolution with a stride copies only the pixels that it reads, side by side. It then has stride 1 and reads whole
 * cache lines for every tile of output channels, instead of every other one.
 *
 * @param planes one for each channel block of each image, or for each channel of a row-major image
 * @param lanes  floats in a pixel of a plane
 */
record SourceImages(int planes, int lanes, Axis rows, Axis columns) {

    /** Floats past the end that kernels which load eight numbers at a time may read. */
    private static final int SLACK = 16;

    /** Rows that an item copies. */
    private static final int ROWS = 16;

    /** Every {@code step}-th of {@code extent} source positions, with zeros before and after them. */
    record Axis(int extent, int step, int before, int after) {

        /** The axis, with the padding up to the outermost positions that {@code filters} meet on it. */
        static Axis reachedBy(FilterAxis[] filters, int extent) {
            int after = Arrays.stream(filters)
                    .flatMapToInt(f -> IntStream.of(f.offset()).map(q -> f.count() + q - extent)).reduce(0, Math::max);
            return new Axis(extent, 1, Math.max(0, -FilterAxis.least(filters)), after);
        }

        int copied() {
            return (extent - 1) / step + 1;
        }

        int length() {
            return before + copied() + after;
        }

        boolean isWhole() {
            return step == 1 && before + after == 0;
        }
    }

    /** The images that a convolution of {@code x} with {@code w} reads. */
    static SourceImages of(Shape x, Shape w, Conv2dOptions o, int lanes) {
        boolean sampled = w.dim(2) == 1 && w.dim(3) == 1 && o.paddingH() == 0 && o.paddingW() == 0;
        return new SourceImages(x.dim(0) * CpuArray.channelBlocks(x.dim(1), lanes), lanes,
                new Axis(x.dim(2), sampled ? o.strideH() : 1, o.paddingH(), o.paddingH()),
                new Axis(x.dim(3), sampled ? o.strideW() : 1, o.paddingW(), o.paddingW()));
    }

    /** Whether these images are a copy, rather than the source itself. */
    boolean isCopy() {
        return !rows.isWhole() || !columns.isWhole();
    }

    int width() {
        return columns.length();
    }

    /** The strides over all pixels, of images with this many planes. */
    ConvolutionPlan.Strides strides(int planesPerImage) {
        return ConvolutionPlan.Strides.of(planesPerImage, rows.length(), width(), lanes);
    }

    /** Floats in a plane. */
    int plane() {
        return rows.length() * width() * lanes;
    }

    /** Floats in all planes, and the slack. */
    int length() {
        return planes * plane() + SLACK;
    }

    /** Copies all planes to {@code to}, which has {@link #length} floats. */
    void copy(Workers workers, float[] from, float[] to) {
        int items = (rows.length() + ROWS - 1) / ROWS;
        workers.run(planes * items, item -> {
            int first = item % items * ROWS;
            for (int row = first; row < Math.min(rows.length(), first + ROWS); row++) {
                copyRow(item / items, row, from, to);
            }
        });
        Arrays.fill(to, planes * plane(), length(), 0);
    }

    private void copyRow(int plane, int row, float[] from, float[] to) {
        int start = (plane * rows.length() + row) * width() * lanes;
        int end = start + width() * lanes;
        int copied = row - rows.before;
        if (copied < 0 || copied >= rows.copied()) {
            Arrays.fill(to, start, end, 0);
            return;
        }
        int source = (plane * rows.extent + copied * rows.step) * columns.extent * lanes;
        int left = start + columns.before * lanes;
        int right = end - columns.after * lanes;
        Arrays.fill(to, start, left, 0);
        if (columns.step == 1) {
            System.arraycopy(from, source, to, left, right - left);
        } else {
            for (int at = left; at < right; at += lanes, source += columns.step * lanes) {
                System.arraycopy(from, source, to, at, lanes);
            }
        }
        Arrays.fill(to, right, end, 0);
    }
}
