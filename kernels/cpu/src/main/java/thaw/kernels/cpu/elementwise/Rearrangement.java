package thaw.kernels.cpu.elementwise;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.List;
import thaw.kernels.Array;
import thaw.kernels.ReductionOps;
import thaw.kernels.Shape;
import thaw.kernels.ShapeOps;
import thaw.kernels.Shapes;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;

/** Operators that move numbers without computing, and sums, the gradient of {@link #expand}. */
public final class Rearrangement implements ShapeOps, ReductionOps {

    private final Memory memory;

    public Rearrangement(Memory memory) {
        this.memory = memory;
    }

    @Override
    public Array reshape(Array array, Shape shape) {
        CpuArray x = cpu(array);
        if (x.shape().equals(shape)) {
            return x.retain();
        }
        boolean onePixel = x.shape().rank() == 4 && x.shape().dim(2) * x.shape().dim(3) == 1 && !x.isPadded();
        if (x.isRowMajor() || onePixel) {
            return memory.view(x, shape);
        }
        CpuArray rows = memory.asRowMajor(x);
        CpuArray y = memory.view(rows, shape);
        rows.release();
        return y;
    }

    @Override
    public Array permute(Array array, int... dims) {
        Shape shape = Shapes.permute(array.shape(), dims);
        CpuArray x = memory.asRowMajor(array);
        CpuArray y = memory.rowMajor(shape);
        int[] own = x.shape().rowMajorStrides();
        int[] strides = new int[dims.length];
        for (int i = 0; i < dims.length; i++) {
            strides[i] = own[x.shape().index(dims[i])];
        }
        float[] from = x.data();
        float[] to = y.data();
        Strides.forEach(shape.toArray(), strides, new int[dims.length], (i, j, unused) -> to[i] = from[j]);
        x.release();
        return y;
    }

    @Override
    public Array cat(List<Array> arrays, int dim) {
        Shape shape = Shapes.cat(arrays, dim);
        int d = shape.index(dim);
        int inner = inner(shape, d);
        CpuArray y = memory.rowMajor(shape);
        int before = 0;
        for (Array array : arrays) {
            CpuArray x = memory.asRowMajor(array);
            int run = x.shape().dim(d) * inner;
            for (int outer = 0; run > 0 && outer < x.shape().size() / run; outer++) {
                System.arraycopy(x.data(), outer * run, y.data(), outer * shape.dim(d) * inner + before, run);
            }
            before += run;
            x.release();
        }
        return y;
    }

    @Override
    public Array narrow(Array array, int dim, int start, int length) {
        Shape shape = Shapes.narrow(array.shape(), dim, start, length);
        int d = shape.index(dim);
        int inner = inner(shape, d);
        CpuArray x = memory.asRowMajor(array);
        CpuArray y = memory.rowMajor(shape);
        int run = length * inner;
        int pitch = x.shape().dim(d) * inner;
        for (int outer = 0; run > 0 && outer < shape.size() / run; outer++) {
            System.arraycopy(x.data(), outer * pitch + start * inner, y.data(), outer * run, run);
        }
        x.release();
        return y;
    }

    /** Elements between two neighbours along a dimension. */
    private static int inner(Shape shape, int dim) {
        int n = 1;
        for (int i = dim + 1; i < shape.rank(); i++) {
            n *= shape.dim(i);
        }
        return n;
    }

    @Override
    public Array expand(Array array, Shape shape) {
        CpuArray x = memory.asRowMajor(array);
        CpuArray y = memory.rowMajor(shape);
        float[] from = x.data();
        float[] to = y.data();
        Strides.forEach(shape.toArray(), Strides.broadcast(x.shape(), shape), new int[shape.rank()],
                (i, j, unused) -> to[i] = from[j]);
        x.release();
        return y;
    }

    /** Sums in double precision, which costs little compared with the walk over the elements. */
    @Override
    public Array sum(Array array, boolean keepDim, int... dims) {
        Shape in = array.shape();
        Shape out = Shapes.sum(in, keepDim, dims);
        Shape kept = in.reduce(true, Shapes.reduced(in, dims));
        CpuArray x = memory.asRowMajor(array);
        CpuArray y = memory.rowMajor(out);
        double[] sums = new double[out.size()];
        float[] from = x.data();
        Strides.forEach(in.toArray(), Strides.broadcast(kept, in), new int[in.rank()],
                (i, j, unused) -> sums[j] += from[i]);
        float[] to = y.data();
        for (int i = 0; i < sums.length; i++) {
            to[i] = (float) sums[i];
        }
        x.release();
        return y;
    }

    @Override
    public Array argmax(Array array) {
        Shape shape = Shapes.argmax(array.shape());
        CpuArray x = cpu(array);
        CpuArray y = memory.rowMajor(shape);
        int columns = x.shape().dim(1);
        float[] from = x.data();
        float[] to = y.data();
        for (int n = 0; n < shape.size(); n++) {
            int best = 0;
            for (int c = 1; c < columns; c++) {
                float v = from[n * columns + c];
                float top = from[n * columns + best];
                if (v > top || Float.isNaN(v) && !Float.isNaN(top)) {
                    best = c;
                }
            }
            to[n] = best;
        }
        return y;
    }
}
