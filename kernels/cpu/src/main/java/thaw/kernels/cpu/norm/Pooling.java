package thaw.kernels.cpu.norm;

import java.util.Arrays;
import java.util.function.Supplier;
import thaw.kernels.Array;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.PoolOps;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.parallel.Workers;

/** Pooling; the unit of work is one channel block of one image, or a band of its rows. */
public final class Pooling implements PoolOps {

    /** Output rows per item of maximum pooling, whose largest case is a stem. */
    private static final int BAND = 8;

    /** The input pixels {@code start(o) … end(o) − 1} that output {@code o} covers along one dimension, inside the image. */
    private interface Span {
        int start(int o);

        int end(int o);
    }

    private final Memory memory;
    private final Workers workers;
    private final Supplier<LaneLoops> current;

    public Pooling(Memory memory, Workers workers, Supplier<LaneLoops> current) {
        this.memory = memory;
        this.workers = workers;
        this.current = current;
    }

    private static Span window(int kernel, int stride, int padding, int extent) {
        return new Span() {
            @Override
            public int start(int o) {
                return Math.max(0, o * stride - padding);
            }

            @Override
            public int end(int o) {
                return Math.min(extent, o * stride - padding + kernel);
            }
        };
    }

    private static Span cell(int extent, int cells) {
        return new Span() {
            @Override
            public int start(int o) {
                return (int) ((long) o * extent / cells);
            }

            @Override
            public int end(int o) {
                return (int) (((long) (o + 1) * extent + cells - 1) / cells);
            }
        };
    }

    @Override
    public Pooled maxPool2d(Array x, Pool2dOptions o, boolean needIndices) {
        Shape out = o.outputShape(x.shape());
        return max(x, out, window(o.kernelH(), o.strideH(), o.paddingH(), x.shape().dim(2)),
                window(o.kernelW(), o.strideW(), o.paddingW(), x.shape().dim(3)), needIndices);
    }

    @Override
    public Pooled adaptiveMaxPool2d(Array x, int outH, int outW) {
        Shape out = Shapes.adaptivePool2d(x.shape(), outH, outW);
        return max(x, out, cell(x.shape().dim(2), outH), cell(x.shape().dim(3), outW), true);
    }

    private Pooled max(Array array, Shape outShape, Span rows, Span columns, boolean needIndices) {
        CpuArray x = memory.asBlocked(array);
        CpuArray y = memory.blocked(outShape);
        CpuArray indices = needIndices ? memory.blocked(outShape) : null;
        int lanes = memory.block();
        int width = x.shape().dim(3);
        int in = x.shape().dim(2) * width * lanes;
        LaneLoops loops = current.get();
        int oh = outShape.dim(2);
        int ow = outShape.dim(3);
        float[] from = x.data();
        float[] max = y.data();
        float[] index = needIndices ? indices.data() : null;
        int bands = (oh + BAND - 1) / BAND;
        workers.run(x.shape().dim(0) * x.channelBlocks() * bands, item -> {
            int unit = item / bands;
            int first = item % bands * BAND;
            for (int i = first; i < Math.min(oh, first + BAND); i++) {
                int top = rows.start(i);
                int height = rows.end(i) - top;
                for (int j = 0; j < ow; j++) {
                    int left = columns.start(j);
                    loops.maxOfWindow(from, unit * in, top * width + left, height, columns.end(j) - left, width,
                            max, index, ((unit * oh + i) * ow + j) * lanes);
                }
            }
        });
        x.release();
        return new Pooled(y, indices);
    }

    @Override
    public Array maxPool2dGradient(Array gradient, Array at, Shape xShape) {
        CpuArray gy = memory.asBlocked(gradient);
        CpuArray indices = memory.asBlocked(at);
        CpuArray gx = memory.blocked(xShape);
        int lanes = memory.block();
        int in = xShape.dim(2) * xShape.dim(3) * lanes;
        int out = gy.shape().dim(2) * gy.shape().dim(3) * lanes;
        float[] g = gy.data();
        float[] index = indices.data();
        float[] to = gx.data();
        workers.run(xShape.dim(0) * gx.channelBlocks(), unit -> {
            int base = unit * in;
            Arrays.fill(to, base, base + in, 0);
            for (int i = unit * out; i < (unit + 1) * out; i += lanes) {
                for (int l = 0; l < lanes; l++) {
                    to[base + (int) index[i + l] * lanes + l] += g[i + l];
                }
            }
        });
        gy.release();
        indices.release();
        return gx;
    }

    @Override
    public Array avgPool2d(Array x, Pool2dOptions o) {
        Shape in = x.shape();
        return avg(x, o.outputShape(in), window(o.kernelH(), o.strideH(), o.paddingH(), in.dim(2)),
                window(o.kernelW(), o.strideW(), o.paddingW(), in.dim(3)), o);
    }

    @Override
    public Array adaptiveAvgPool2d(Array x, int outH, int outW) {
        Shape out = Shapes.adaptivePool2d(x.shape(), outH, outW);
        return avg(x, out, cell(x.shape().dim(2), outH), cell(x.shape().dim(3), outW), null);
    }

    private Array avg(Array array, Shape outShape, Span rows, Span columns, Pool2dOptions o) {
        CpuArray x = memory.asBlocked(array);
        CpuArray y = memory.blocked(outShape);
        int lanes = memory.block();
        LaneLoops loops = current.get();
        int height = x.shape().dim(2);
        int width = x.shape().dim(3);
        int oh = outShape.dim(2);
        int ow = outShape.dim(3);
        float[] from = x.data();
        float[] to = y.data();
        workers.run(x.shape().dim(0) * x.channelBlocks(), unit -> {
            for (int i = 0; i < oh; i++) {
                for (int j = 0; j < ow; j++) {
                    int top = rows.start(i);
                    int left = columns.start(j);
                    int r = rows.end(i) - top;
                    int c = columns.end(j) - left;
                    int at = ((unit * oh + i) * ow + j) * lanes;
                    if (r <= 0 || c <= 0) {
                        Arrays.fill(to, at, at + lanes, 0);
                    } else {
                        loops.sumOfWindow(from, unit * height * width * lanes, top * width + left, r, c, width,
                                1f / divisor(o, i, j, r, c, height, width), to, at);
                    }
                }
            }
        });
        x.release();
        return y;
    }

    /** The number of values that window {@code (i, j)} averages: those inside the image, or inside the padded image. */
    private static int divisor(Pool2dOptions o, int i, int j, int rows, int columns, int height, int width) {
        if (o == null || !o.countIncludePad()) {
            return rows * columns;
        }
        int top = i * o.strideH() - o.paddingH();
        int left = j * o.strideW() - o.paddingW();
        return (Math.min(height + o.paddingH(), top + o.kernelH()) - top)
                * (Math.min(width + o.paddingW(), left + o.kernelW()) - left);
    }

    @Override
    public Array avgPool2dGradient(Array gy, Shape x, Pool2dOptions o) {
        return avgGradient(gy, x, window(o.kernelH(), o.strideH(), o.paddingH(), x.dim(2)),
                window(o.kernelW(), o.strideW(), o.paddingW(), x.dim(3)), o);
    }

    @Override
    public Array adaptiveAvgPool2dGradient(Array gy, Shape x) {
        return avgGradient(gy, x, cell(x.dim(2), gy.shape().dim(2)), cell(x.dim(3), gy.shape().dim(3)), null);
    }

    private Array avgGradient(Array gradient, Shape xShape, Span rows, Span columns, Pool2dOptions o) {
        CpuArray gy = memory.asBlocked(gradient);
        CpuArray gx = memory.blocked(xShape);
        int lanes = memory.block();
        int height = xShape.dim(2);
        int width = xShape.dim(3);
        int oh = gy.shape().dim(2);
        int ow = gy.shape().dim(3);
        float[] g = gy.data();
        float[] to = gx.data();
        workers.run(xShape.dim(0) * gx.channelBlocks(), unit -> {
            int base = unit * height * width;
            Arrays.fill(to, base * lanes, (base + height * width) * lanes, 0);
            for (int i = 0; i < oh; i++) {
                for (int j = 0; j < ow; j++) {
                    int top = rows.start(i);
                    int left = columns.start(j);
                    int bottom = rows.end(i);
                    int right = columns.end(j);
                    float share = 1f / divisor(o, i, j, bottom - top, right - left, height, width);
                    int at = ((unit * oh + i) * ow + j) * lanes;
                    for (int r = top; r < bottom; r++) {
                        for (int c = left; c < right; c++) {
                            int p = (base + r * width + c) * lanes;
                            for (int l = 0; l < lanes; l++) {
                                to[p + l] += g[at + l] * share;
                            }
                        }
                    }
                }
            }
        });
        gy.release();
        return gx;
    }
}
