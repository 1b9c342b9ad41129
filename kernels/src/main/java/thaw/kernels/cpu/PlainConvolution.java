package thaw.kernels.cpu;

import static thaw.kernels.cpu.Memory.cpu;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/**
 * Convolution on row-major images without the Vector API: pieces of the image are unrolled into columns, one separate
 * array for each place of the filter and input channel, and {@link PlainRows} multiplies them by the weights. The gradients
 * are the two other products of the same three matrices (Chellapilla, Puri and Simard 2006).
 */
final class PlainConvolution implements Convolution {

    /** Output pixels of a piece. */
    private static final int PIXELS = 256;

    /** Unrolled rows at a time: 128 by 256 numbers are 128 KiB. */
    private static final int STEPS = 128;

    private final Memory memory;
    private final Workers workers;
    private final EpiloguePass epilogue;

    PlainConvolution(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
        this.epilogue = new EpiloguePass(memory, workers);
    }

    /** The extents of one convolution. */
    private record Extents(Conv2dOptions o, int images, int inputs, int h, int w, int outputs, int filterH, int filterW,
            int outH, int outW) {

        static Extents of(Shape x, Shape w, Shape y, Conv2dOptions o) {
            return new Extents(o, x.dim(0), x.dim(1), x.dim(2), x.dim(3), w.dim(0), w.dim(2), w.dim(3), y.dim(2), y.dim(3));
        }

        int inPerGroup() {
            return inputs / o.groups();
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

        /** Unrolled rows of one group: one for each input channel and place of the filter. */
        int steps() {
            return inPerGroup() * filter();
        }
    }

    @Override
    public Array conv2d(Array array, Array weight, Epilogue epilogue, Conv2dOptions o) {
        Shape outShape = Shapes.conv2d(array.shape(), weight.shape(), null, o);
        Shapes.epilogue(outShape, epilogue);
        Array bias = epilogue.scale() == null ? epilogue.shift() : null;
        Extents e = Extents.of(array.shape(), weight.shape(), outShape, o);
        CpuArray y = memory.rowMajor(outShape);
        float[] x = cpu(array).data();
        float[] w = cpu(weight).data();
        float[] b = bias == null ? null : cpu(bias).data();
        float[] out = y.data();
        int pieces = (e.outPixels() + PIXELS - 1) / PIXELS;
        workers.run(e.images * o.groups() * pieces, item -> {
            int piece = item % pieces;
            int group = item / pieces % o.groups();
            int n = item / pieces / o.groups();
            int first = piece * PIXELS;
            int count = Math.min(PIXELS, e.outPixels() - first);
            float[][] columns = memory.takeRows(Math.min(STEPS, e.steps()), PIXELS);
            float[][] sums = memory.takeRows(e.outPerGroup(), PIXELS);
            for (int k = 0; k < sums.length; k++) {
                Arrays.fill(sums[k], 0, count, b == null ? 0 : b[group * sums.length + k]);
            }
            for (int from = 0; from < e.steps(); from += STEPS) {
                int steps = Math.min(STEPS, e.steps() - from);
                for (int t = 0; t < steps; t++) {
                    unroll(e, x, n, group, from + t, first, count, columns[t]);
                }
                PlainRows.multiplyAdd(w, group * sums.length * e.steps() + from, e.steps(), 1, columns, steps,
                        sums, sums.length, count);
            }
            for (int k = 0; k < sums.length; k++) {
                System.arraycopy(sums[k], 0, out, (n * e.outputs + group * sums.length + k) * e.outPixels() + first, count);
            }
            memory.giveRows(columns);
            memory.giveRows(sums);
        });
        this.epilogue.apply(y, new Epilogue(epilogue.scale(), epilogue.scale() == null ? null : epilogue.shift(),
                epilogue.residual(), epilogue.relu()));
        return y;
    }

    /** Row {@code step} of the unrolled image: what this input channel and place of the filter sees at each output pixel. */
    private static void unroll(Extents e, float[] x, int n, int group, int step, int first, int count, float[] to) {
        int c = group * e.inPerGroup() + step / e.filter();
        int r = step % e.filter() / e.filterW;
        int s = step % e.filterW;
        int plane = (n * e.inputs + c) * e.h * e.w;
        int stride = e.o.strideW();
        for (int p = 0; p < count; ) {
            int i = (first + p) / e.outW;
            int j = (first + p) % e.outW;
            int run = Math.min(count - p, e.outW - j);
            int y = i * e.o.strideH() - e.o.paddingH() + r * e.o.dilationH();
            int left = j * stride - e.o.paddingW() + s * e.o.dilationW();
            if (y < 0 || y >= e.h) {
                Arrays.fill(to, p, p + run, 0);
            } else {
                int low = left >= 0 ? 0 : Math.min(run, (-left + stride - 1) / stride);
                int high = left >= e.w ? low : Math.max(low, Math.min(run, (e.w - 1 - left) / stride + 1));
                Arrays.fill(to, p, p + low, 0);
                int from = plane + y * e.w + left;
                if (stride == 1) {
                    System.arraycopy(x, from + low, to, p + low, high - low);
                } else {
                    for (int q = low; q < high; q++) {
                        to[p + q] = x[from + q * stride];
                    }
                }
                Arrays.fill(to, p + high, p + run, 0);
            }
            p += run;
        }
    }

    /** Adds an unrolled row back to where {@link #unroll} took it from. */
    private static void roll(Extents e, float[] from, int n, int channel, int place, int first, int count, float[] x) {
        int r = place / e.filterW;
        int s = place % e.filterW;
        int plane = (n * e.inputs + channel) * e.h * e.w;
        for (int p = 0; p < count; p++) {
            int y = (first + p) / e.outW * e.o.strideH() - e.o.paddingH() + r * e.o.dilationH();
            int column = (first + p) % e.outW * e.o.strideW() - e.o.paddingW() + s * e.o.dilationW();
            if (y >= 0 && y < e.h && column >= 0 && column < e.w) {
                x[plane + y * e.w + column] += from[p];
            }
        }
    }

    @Override
    public Array inputGradient(Array gradient, Array weight, Shape xShape, Conv2dOptions o) {
        Shapes.conv2dInputGradient(gradient.shape(), weight.shape(), xShape, o);
        Extents e = Extents.of(xShape, weight.shape(), gradient.shape(), o);
        CpuArray gx = memory.rowMajor(xShape);
        float[] g = cpu(gradient).data();
        float[] w = cpu(weight).data();
        float[] out = gx.data();
        // Some input channels of one image: their planes are this item's alone.
        int together = Math.max(1, Math.min(e.inPerGroup(), STEPS / e.filter()));
        int parts = (e.inPerGroup() + together - 1) / together;
        workers.run(e.images * o.groups() * parts, item -> {
            int firstIn = item % parts * together;
            int group = item / parts % o.groups();
            int n = item / parts / o.groups();
            int channels = Math.min(together, e.inPerGroup() - firstIn);
            int firstChannel = group * e.inPerGroup() + firstIn;
            int plane = (n * e.inputs + firstChannel) * e.h * e.w;
            Arrays.fill(out, plane, plane + channels * e.h * e.w, 0);
            float[][] rows = memory.takeRows(channels * e.filter(), PIXELS);
            float[][] part = memory.takeRows(Math.min(STEPS, e.outPerGroup()), PIXELS);
            for (int first = 0; first < e.outPixels(); first += PIXELS) {
                int count = Math.min(PIXELS, e.outPixels() - first);
                for (float[] row : rows) {
                    Arrays.fill(row, 0, count, 0);
                }
                for (int k0 = 0; k0 < e.outPerGroup(); k0 += STEPS) {
                    int steps = Math.min(STEPS, e.outPerGroup() - k0);
                    int k = group * e.outPerGroup() + k0;
                    for (int i = 0; i < steps; i++) {
                        System.arraycopy(g, (n * e.outputs + k + i) * e.outPixels() + first, part[i], 0, count);
                    }
                    PlainRows.multiplyAdd(w, k * e.steps() + firstIn * e.filter(), 1, e.steps(), part, steps,
                            rows, rows.length, count);
                }
                for (int t = 0; t < rows.length; t++) {
                    roll(e, rows[t], n, firstChannel + t / e.filter(), t % e.filter(), first, count, out);
                }
            }
            memory.giveRows(rows);
            memory.giveRows(part);
        });
        return gx;
    }

    @Override
    public Array weightGradient(Array gradient, Array array, Shape wShape, Conv2dOptions o) {
        Shapes.conv2dWeightGradient(gradient.shape(), array.shape(), wShape, o);
        Extents e = Extents.of(array.shape(), wShape, gradient.shape(), o);
        CpuArray gw = memory.rowMajor(wShape);
        float[] g = cpu(gradient).data();
        float[] x = cpu(array).data();
        float[] out = gw.data();
        // Some unrolled rows of a group against all its output channels. The product runs over pixels, so the piece is
        // turned: a separate array for each pixel, along which the unrolled rows lie side by side.
        int together = Math.min(STEPS, e.steps());
        int parts = (e.steps() + together - 1) / together;
        workers.run(o.groups() * parts, item -> {
            int from = item % parts * together;
            int group = item / parts;
            int width = Math.min(together, e.steps() - from);
            float[][] sums = memory.takeRows(e.outPerGroup(), together);
            float[][] pixels = memory.takeRows(PIXELS, together);
            float[] column = memory.pool().take(PIXELS);
            for (float[] row : sums) {
                Arrays.fill(row, 0, width, 0);
            }
            for (int n = 0; n < e.images; n++) {
                for (int first = 0; first < e.outPixels(); first += PIXELS) {
                    int count = Math.min(PIXELS, e.outPixels() - first);
                    for (int t = 0; t < width; t++) {
                        unroll(e, x, n, group, from + t, first, count, column);
                        for (int p = 0; p < count; p++) {
                            pixels[p][t] = column[p];
                        }
                    }
                    PlainRows.multiplyAdd(g, (n * e.outputs + group * e.outPerGroup()) * e.outPixels() + first, e.outPixels(), 1,
                            pixels, count, sums, sums.length, width);
                }
            }
            for (int k = 0; k < sums.length; k++) {
                System.arraycopy(sums[k], 0, out, (group * sums.length + k) * e.steps() + from, width);
            }
            memory.giveRows(sums);
            memory.giveRows(pixels);
            memory.pool().give(column);
        });
        return gw;
    }
}
