package thaw.kernels.opencl;

import java.util.List;
import thaw.kernels.Array;
import thaw.kernels.Shape;
import thaw.kernels.ShapeOps;
import thaw.kernels.Shapes;

/** Operators that only move elements; see {@code rearrange.cl}. */
final class Rearrangement implements ShapeOps {

    private static final String FILE = "rearrange.cl";

    private final Memory memory;
    private final Programs programs;

    Rearrangement(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
    }

    @Override
    public OpenClArray reshape(Array x, Shape shape) {
        return memory.view(memory.mine(x), shape);
    }

    @Override
    public OpenClArray permute(Array x, int... dims) {
        Shape out = Shapes.permute(x.shape(), dims);
        int[] of = x.shape().rowMajorStrides();
        int[] strides = new int[dims.length];
        for (int d = 0; d < dims.length; d++) {
            strides[d] = of[x.shape().index(dims[d])];
        }
        return gather(memory.mine(x), 0, strides, out);
    }

    @Override
    public OpenClArray narrow(Array x, int dim, int start, int length) {
        Shape out = Shapes.narrow(x.shape(), dim, start, length);
        int[] strides = x.shape().rowMajorStrides();
        return gather(memory.mine(x), start * strides[x.shape().index(dim)], strides, out);
    }

    @Override
    public OpenClArray expand(Array x, Shape shape) {
        return gather(memory.mine(x), 0, Walk.broadcastStrides(x.shape(), shape), shape);
    }

    @Override
    public OpenClArray cat(List<Array> arrays, int dim) {
        List<OpenClArray> xs = arrays.stream().map(memory::mine).toList();
        return memory.result(Shapes.cat(xs, dim), y -> {
            int[] strides = y.shape().rowMajorStrides();
            int start = 0;
            for (OpenClArray x : xs) {
                programs.launch(FILE, "scatter").array(x).array(y).ints(start).ints(x.size())
                        .ints(Walk.of(x.shape().toArray(), strides).toInts()).work(0, 8.0 * x.size()).over(x.size());
                start += x.shape().dim(dim) * strides[y.shape().index(dim)];
            }
        });
    }

    private OpenClArray gather(OpenClArray x, int start, int[] strides, Shape out) {
        return memory.result(out, y -> programs.launch(FILE, "gather").array(x).ints(start).array(y).ints(y.size())
                .ints(Walk.of(out.toArray(), strides).toInts()).work(0, 8.0 * y.size()).over(y.size()));
    }
}
