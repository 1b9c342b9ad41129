package thaw.kernels.cpu.winograd;

import java.util.Arrays;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.matmul.MatrixView;
import thaw.kernels.cpu.matmul.PlainProduct;
import thaw.kernels.cpu.matmul.RowEpilogue;
import thaw.kernels.cpu.memory.BufferPool;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.parallel.Workers;

/**
 * 3×3 convolutions of stride 1 on row-major images by Winograd's F(4×4, 3×3), whose formulas are in
 * {@link PlainWinogradTransforms}: 36 products of small matrices, {@code outputs × inputs} by {@code inputs × tiles},
 * between two transforms.
 *
 * <p>The gradient of the input is such a convolution too: of the output's gradient, with the filters rotated by 180°,
 * input and output channels exchanged, and a padding of {@code 2 − padding}.
 *
 * <p>Lines of tiles are processed a few megabytes at a time, each step as a job of its own.
 */
public final class PlainWinograd {

    private static final int POSITIONS = 36;

    /** Floats of transformed input and output at a time: 8 MiB, a part of the third-level cache. */
    private static final int PART = 1 << 21;

    /** The least number of pixels in a line of the transforms. */
    private static final int LINE = 256;

    /** The outputs whose weights are transformed at a time if the heap has no room for all. */
    private static final int SLICE = 64;

    private static final int MIN_CHANNELS = 8;

    /**
     * Floats between the end of one position's matrix and the next. The transforms access all 36 matrices side by side; at
     * a distance of a power of two they would map to the same lines of the first-level cache (weights of 512 × 512
     * channels: 25 ms instead of 9).
     */
    private static final int GAP = 16;

    private static int position(int rows, int columns) {
        return rows * columns + GAP;
    }

    /** The key of transformed weights, among the data derived from a weight. */
    private record Key(boolean gradient, boolean outputsInside) {
    }

    private final Memory memory;
    private final Workers workers;

    public PlainWinograd(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
    }

    /** Whether this convolution has the right form, and tiles that overlap the border little enough to gain. */
    public boolean suits(Shape x, Shape w, Shape y, Conv2dOptions o) {
        boolean form = w.dim(2) == 3 && w.dim(3) == 3 && o.strideH() == 1 && o.strideW() == 1 && o.dilationH() == 1
                && o.dilationW() == 1 && o.groups() == 1 && o.paddingH() <= 2 && o.paddingW() <= 2;
        return form && x.dim(1) >= MIN_CHANNELS && w.dim(0) >= MIN_CHANNELS
                && pays(y.dim(2), y.dim(3)) && pays(x.dim(2), x.dim(3));
    }

    /** Whether the products take less than half of the direct convolution's multiplications. */
    private static boolean pays(int height, int width) {
        return 2 * POSITIONS * tiles(height) * tiles(width) < 9 * height * width;
    }

    private static int tiles(int pixels) {
        return (pixels + 3) / 4;
    }

    /** {@code y = epilogue(x ∗ w)} */
    public void forward(CpuArray x, CpuArray w, RowEpilogue epilogue, Conv2dOptions o, CpuArray y) {
        new Run(x, w, epilogue, o.paddingH(), o.paddingW(), y, false).run();
    }

    /** The gradient of the input. */
    public void inputGradient(CpuArray gy, CpuArray w, Conv2dOptions o, CpuArray gx) {
        new Run(gy, w, RowEpilogue.NONE, 2 - o.paddingH(), 2 - o.paddingW(), gx, true).run();
    }

    /** One convolution, with its extents. */
    private final class Run {
        final float[] x;
        final CpuArray weight;
        final float[] y;
        final RowEpilogue epilogue;
        final Key key;
        final int padH;
        final int padW;
        final int inputs;
        final int inH;
        final int inW;
        final int outputs;
        final int outH;
        final int outW;
        /** Tiles in a line; lines in an image; lines in all images. */
        final int across;
        final int down;
        final int lines;
        final int linesOfPart;

        Run(CpuArray source, CpuArray weight, RowEpilogue epilogue, int padH, int padW, CpuArray target, boolean gradient) {
            x = source.data();
            this.weight = weight;
            y = target.data();
            this.epilogue = epilogue;
            this.padH = padH;
            this.padW = padW;
            inputs = source.shape().dim(1);
            inH = source.shape().dim(2);
            inW = source.shape().dim(3);
            outputs = target.shape().dim(1);
            outH = target.shape().dim(2);
            outW = target.shape().dim(3);
            across = tiles(outW);
            down = tiles(outH);
            lines = source.shape().dim(0) * down;
            int atMost = Math.max(1, Math.min(lines, PART / (POSITIONS * (inputs + outputs) * across)));
            int parts = (lines + atMost - 1) / atMost;
            linesOfPart = (lines + parts - 1) / parts;
            // The product's inner loop runs along the longer of the two dimensions.
            key = new Key(gradient, outputs > linesOfPart * across);
        }

        void run() {
            int length = POSITIONS * position(outputs, inputs);
            float[] kept = weight.storage().kept(key, length, () -> transformed(0, outputs));
            float[] whole = kept == null && BufferPool.hasRoomToKeep(length) ? transformed(0, outputs) : kept;
            int slice = whole == null ? Math.min(SLICE, outputs) : outputs;
            for (int first = 0; first < lines; first += linesOfPart) {
                int from = first;
                int count = Math.min(linesOfPart, lines - first);
                int tiles = count * across;
                float[] v = memory.pool().take(POSITIONS * position(inputs, tiles));
                int together = Math.max(1, Math.min(inputs, LINE / (4 * across)));
                int groups = (inputs + together - 1) / together;
                workers.run(count * groups, i -> transformInput(from + i / groups, i / groups, i % groups * together,
                        Math.min(together, inputs - i % groups * together), tiles, v));
                for (int output = 0; output < outputs; output += slice) {
                    int end = Math.min(outputs, output + slice);
                    float[] u = whole == null ? transformed(output, end) : whole;
                    new Slice(output, end - output, tiles).run(u, v, first, count);
                    if (u != whole) {
                        memory.pool().give(u);
                    }
                }
                memory.pool().give(v);
            }
            if (whole != kept) {
                memory.pool().give(whole);
            }
        }

        /** The weights of some outputs as {@code [36][outputs][inputs]}, or {@code [36][inputs][outputs]} with outputs inside. */
        private float[] transformed(int firstOutput, int endOutput) {
            int count = endOutput - firstOutput;
            int filtersInARow = weight.shape().dim(1);
            float[] from = weight.data();
            int position = position(count, inputs);
            float[] u = memory.pool().takeFitting(POSITIONS * position);
            int inside = key.outputsInside ? count : inputs;
            workers.run(count * inputs / inside, outer -> {
                float[] scratch = new float[18];
                for (int inner = 0; inner < inside; inner++) {
                    int output = firstOutput + (key.outputsInside ? inner : outer);
                    int input = key.outputsInside ? outer : inner;
                    int filter = key.gradient ? input * filtersInARow + output : output * filtersInARow + input;
                    PlainWinogradTransforms.filter(from, filter * 9, key.gradient, scratch, u, outer * inside + inner, position);
                }
            });
            return u;
        }

        /** Transforms some channels of a line of tiles, which is line {@code at} of the part. */
        void transformInput(int line, int at, int channel, int channels, int tiles, float[] v) {
            int width = 4 * across + 2;
            int length = channels * width;
            float[][] d = memory.takeRows(6, length);
            float[][] t = memory.takeRows(6, length);
            for (int i = 0; i < 6; i++) {
                int row = line % down * 4 - padH + i;
                for (int c = 0; c < channels; c++) {
                    int plane = (line / down * inputs + channel + c) * inH * inW;
                    if (row < 0 || row >= inH) {
                        Arrays.fill(d[i], c * width, (c + 1) * width, 0);
                    } else {
                        int n = Math.min(inW, width - padW);
                        Arrays.fill(d[i], c * width, c * width + padW, 0);
                        System.arraycopy(x, plane + row * inW, d[i], c * width + padW, n);
                        Arrays.fill(d[i], c * width + padW + n, (c + 1) * width, 0);
                    }
                }
            }
            PlainWinogradTransforms.inputColumns(d, t, length);
            int position = position(inputs, tiles);
            for (int i = 0; i < 6; i++) {
                for (int c = 0; c < channels; c++) {
                    PlainWinogradTransforms.inputRow(t[i], c * width, across, v,
                            i * 6 * position + (channel + c) * tiles + at * across, position);
                }
            }
            memory.giveRows(d);
            memory.giveRows(t);
        }

        /** Some of the outputs of a part. */
        private final class Slice {
            final int first;
            final int outputs;
            final int tiles;
            final float[] m;

            Slice(int first, int outputs, int tiles) {
                this.first = first;
                this.outputs = outputs;
                this.tiles = tiles;
                m = memory.pool().take(POSITIONS * position(outputs, tiles));
            }

            /** Multiplies the part's transformed input by transformed weights, and transforms the result. */
            void run(float[] u, float[] v, int line, int count) {
                int blocks = product(0, u, v).blocks();
                workers.run(POSITIONS * blocks, i -> product(i / blocks, u, v).block(i % blocks, false));
                int together = Math.max(1, Math.min(outputs, LINE / (4 * across)));
                int groups = (outputs + together - 1) / together;
                workers.run(count * groups, i -> transformOutput(line + i / groups, i / groups, i % groups * together,
                        Math.min(together, outputs - i % groups * together)));
                memory.pool().give(m);
            }

            private PlainProduct product(int position, float[] u, float[] v) {
                int at = position * position(outputs, inputs);
                MatrixView weights = key.outputsInside ? MatrixView.of(u, at, outputs).transposed() : MatrixView.of(u, at, inputs);
                return new PlainProduct(memory, weights, MatrixView.of(v, position * position(inputs, tiles), tiles),
                        MatrixView.of(m, position * position(outputs, tiles), tiles), outputs, tiles, inputs);
            }

            /** Transforms some of the channels of a line of tiles, which is line {@code at} of the part. */
            private void transformOutput(int line, int at, int channel, int channels) {
                int width = 4 * across;
                int length = channels * width;
                float[][] s = memory.takeRows(6, length);
                float[][] o = memory.takeRows(4, length);
                int position = position(outputs, tiles);
                for (int i = 0; i < 6; i++) {
                    for (int k = 0; k < channels; k++) {
                        PlainWinogradTransforms.outputRow(m, i * 6 * position + (channel + k) * tiles + at * across, position,
                                across, s[i], k * width);
                    }
                }
                PlainWinogradTransforms.outputColumns(s, o, length);
                int row = line % down * 4;
                for (int i = 0; i < Math.min(4, outH - row); i++) {
                    for (int k = 0; k < channels; k++) {
                        int output = first + channel + k;
                        int to = ((line / down * Run.this.outputs + output) * outH + row + i) * outW;
                        epilogue.apply(output, o[i], k * width, y, to, outW);
                    }
                }
                memory.giveRows(s);
                memory.giveRows(o);
            }
        }
    }
}
