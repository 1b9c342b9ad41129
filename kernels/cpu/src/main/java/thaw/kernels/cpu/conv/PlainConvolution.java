package thaw.kernels.cpu.conv;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionOps;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;
import thaw.kernels.cpu.matmul.MatrixView;
import thaw.kernels.cpu.matmul.PlainProduct;
import thaw.kernels.cpu.matmul.RowEpilogue;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.parallel.Workers;
import thaw.kernels.cpu.winograd.PlainWinograd;

/**
 * Convolution on row-major images without the Vector API, in loops that the Java compiler vectorises: 3×3 filters of stride 1
 * by {@link PlainWinograd}, all others as the product of the weights with {@link UnrolledImages} (im2col), whose gradients
 * are the two other products of the same three matrices.
 *
 * <p>It sums in other orders than {@link BlockedConvolution}, which runs without the Vector API, too, and then gives the bits of
 * vectors; but it is about three times as fast. GFLOP/s of one core for 8 images, forward, here and in scalar code: 3 to 64
 * channels 7×7 at 224² 24, 8; 64 to 64 3×3 at 56² 54, 27; 512 to 512 3×3 at 7² 81, 27; 64 to 128 3×3 with stride 2 at 56² 28,
 * 10; 64 to 256 1×1 at 56² 20, 8; 1024 to 256 1×1 at 14² 32, 8.
 *
 * <p>Images are unrolled a few megabytes at a time, and each step (unroll, multiply, store) is a job of its own, so that
 * the work of a single small image is distributed as evenly as that of a batch.
 */
public final class PlainConvolution implements ConvolutionOps {

    /** Floats that are unrolled at a time: 4 MiB, a part of the third-level cache. */
    private static final int PART = 1 << 20;

    /** Rows that an item unrolls. */
    private static final int ROWS = 8;

    private final Memory memory;
    private final Workers workers;
    private final PlainWinograd winograd;

    public PlainConvolution(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
        winograd = new PlainWinograd(memory, workers);
    }

    @Override
    public Array conv2d(Array x, Array weight, Epilogue epilogue, Conv2dOptions o) {
        Shape outShape = o.outputShape(x.shape(), weight.shape());
        CpuArray y = memory.rowMajor(outShape);
        RowEpilogue end = RowEpilogue.of(epilogue);
        if (winograd.suits(x.shape(), weight.shape(), outShape, o)) {
            winograd.forward(cpu(x), cpu(weight), end, o, y);
        } else {
            UnrolledImages e = UnrolledImages.of(x.shape(), weight.shape(), outShape, o);
            overParts(e, part -> part.forward(cpu(x).data(), cpu(weight).data(), end, y.data()));
        }
        return y;
    }

    @Override
    public Array conv2dInputGradient(Array gy, Array weight, Shape xShape, Conv2dOptions o) {
        CpuArray gx = memory.rowMajor(xShape);
        if (winograd.suits(xShape, weight.shape(), gy.shape(), o)) {
            winograd.inputGradient(cpu(gy), cpu(weight), o, gx);
        } else {
            Arrays.fill(gx.data(), 0, gx.length(), 0);
            UnrolledImages e = UnrolledImages.of(xShape, weight.shape(), gy.shape(), o);
            overParts(e, part -> part.inputGradient(cpu(gy).data(), cpu(weight).data(), gx.data()));
        }
        return gx;
    }

    @Override
    public Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions o) {
        CpuArray gw = memory.rowMajor(wShape);
        UnrolledImages e = UnrolledImages.of(x.shape(), wShape, gy.shape(), o);
        overParts(e, part -> part.weightGradient(cpu(gy).data(), cpu(x).data(), gw.data()));
        return gw;
    }

    /** The work on one part; parts are processed one after the other. */
    private interface Work {
        void on(Part part);
    }

    private void overParts(UnrolledImages e, Work work) {
        int total = e.images() * e.outPixels();
        int atMost = Math.max(64, PART / e.rows());
        int size = atMost < e.outPixels() ? atMost : Math.min(e.images(), atMost / e.outPixels()) * e.outPixels();
        for (int first = 0; first < total;) {
            int inImage = size < e.outPixels() ? e.outPixels() - first % e.outPixels() : total - first;
            int count = Math.min(size, inImage);
            Part part = new Part(e, first, count, memory.pool().take(e.rows() * count));
            work.on(part);
            memory.pool().give(part.unrolled);
            first += count;
        }
    }

    /** A range of output pixels, counted through all images: a piece of one image, or whole images. */
    private final class Part {
        final UnrolledImages e;
        final int first;
        final int count;
        final float[] unrolled;
        /** Output pixels in a segment, which is within one image. */
        final int segment;
        final int segments;

        Part(UnrolledImages e, int first, int count, float[] unrolled) {
            this.e = e;
            this.first = first;
            this.count = count;
            this.unrolled = unrolled;
            segment = Math.min(count, e.outPixels());
            segments = count / segment;
        }

        /** The unrolled rows that a group of output channels reads, from one segment on. */
        MatrixView rows(int group, int s) {
            return new MatrixView(unrolled, group * e.rowsPerGroup() * count + s * segment, count, 1);
        }

        /** A group's output channels of a segment. */
        MatrixView outputs(float[] y, int group, int s) {
            return new MatrixView(y, outputFrom(group * e.outPerGroup(), s), e.outPixels(), 1);
        }

        private int outputFrom(int channel, int s) {
            int pixel = first + s * segment;
            return (pixel / e.outPixels() * e.outputs() + channel) * e.outPixels() + pixel % e.outPixels();
        }

        MatrixView weights(float[] w, int group) {
            return MatrixView.of(w, group * e.outPerGroup() * e.rowsPerGroup(), e.rowsPerGroup());
        }

        void unroll(float[] x) {
            workers.run((e.rows() + ROWS - 1) / ROWS, item -> {
                for (int row = item * ROWS; row < Math.min(e.rows(), (item + 1) * ROWS); row++) {
                    e.unroll(x, row, first, count, unrolled, row * count);
                }
            });
        }

        void forward(float[] x, float[] w, RowEpilogue end, float[] y) {
            unroll(x);
            float[] sums = memory.pool().take(e.outputs() * count);
            runProducts(1, (group, s) -> new PlainProduct(memory, weights(w, group), rows(group, 0),
                    MatrixView.of(sums, group * e.outPerGroup() * count, count), e.outPerGroup(), count, e.rowsPerGroup()));
            workers.run(e.outputs(), k -> {
                for (int s = 0; s < segments; s++) {
                    end.apply(k, sums, k * count + s * segment, y, outputFrom(k, s), segment);
                }
            });
            memory.pool().give(sums);
        }

        void inputGradient(float[] gy, float[] w, float[] gx) {
            runProducts(segments, (group, s) -> new PlainProduct(memory, weights(w, group).transposed(), outputs(gy, group, s),
                    rows(group, s), e.rowsPerGroup(), segment, e.outPerGroup()));
            workers.run(e.inputs(), c -> {
                for (int row = c * e.filter(); row < (c + 1) * e.filter(); row++) {
                    e.roll(unrolled, row * count, row, first, count, gx);
                }
            });
        }

        void weightGradient(float[] gy, float[] x, float[] gw) {
            unroll(x);
            for (int s = 0; s < segments; s++) {
                int segment = s;
                runProducts(1, first > 0 || s > 0, (group, one) -> new PlainProduct(memory, outputs(gy, group, segment),
                        rows(group, segment).transposed(), weights(gw, group), e.outPerGroup(), e.rowsPerGroup(), this.segment));
            }
        }

        private void runProducts(int segments, Products products) {
            runProducts(segments, false, products);
        }

        /** All blocks of equally large products, one product per group and segment. */
        private void runProducts(int segments, boolean add, Products products) {
            int blocks = products.of(0, 0).blocks();
            workers.run(e.o().groups() * segments * blocks, item -> {
                int product = item / blocks;
                products.of(product / segments, product % segments).block(item % blocks, add);
            });
        }
    }

    private interface Products {
        PlainProduct of(int group, int segment);
    }
}
