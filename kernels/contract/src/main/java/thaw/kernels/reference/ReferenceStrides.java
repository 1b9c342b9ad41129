package thaw.kernels.reference;

import java.util.List;
import thaw.kernels.Array;
import thaw.kernels.ReductionOps;
import thaw.kernels.Shape;
import thaw.kernels.ShapeOps;
import thaw.kernels.Shapes;

/**
 * Operators that only move or sum elements. All of them walk over the indices {@code i} of a shape in row-major order, in
 * step with an array in which index {@code i} is at {@code start + Σ_d i[d] · stride[d]}. A stride of 0 reads the same
 * element repeatedly, or adds to it.
 */
final class ReferenceStrides implements ShapeOps, ReductionOps {

    private final ReferenceMemory memory;

    ReferenceStrides(ReferenceMemory memory) {
        this.memory = memory;
    }

    @Override
    public Array reshape(Array x, Shape shape) {
        return memory.values(x).view(shape);
    }

    /** Dimension d of the result walks along dimension {@code dims[d]} of x. */
    @Override
    public Array permute(Array x, int... dims) {
        int[] strides = new int[dims.length];
        for (int d = 0; d < dims.length; d++) {
            strides[d] = x.shape().rowMajorStrides()[x.shape().index(dims[d])];
        }
        return gather(x, 0, strides, Shapes.permute(x.shape(), dims));
    }

    @Override
    public Array cat(List<Array> xs, int dim) {
        List<ReferenceArray> parts = xs.stream().map(memory::values).toList();
        ReferenceArray y = memory.zeros(Shapes.cat(xs, dim));
        int[] strides = y.shape().rowMajorStrides();
        int start = 0;
        for (ReferenceArray x : parts) {
            int[] places = places(x.shape(), start, strides);
            for (int n = 0; n < places.length; n++) {
                y.data[places[n]] = x.data[n];
            }
            start += x.shape().dim(dim) * strides[y.shape().index(dim)];
        }
        return y;
    }

    @Override
    public Array narrow(Array x, int dim, int start, int length) {
        int[] strides = x.shape().rowMajorStrides();
        return gather(x, start * strides[x.shape().index(dim)], strides, Shapes.narrow(x.shape(), dim, start, length));
    }

    @Override
    public Array expand(Array x, Shape shape) {
        return gather(x, 0, broadcast(x.shape(), shape), shape);
    }

    @Override
    public Array sum(Array x, boolean keepDim, int... dims) {
        int[] strides = broadcast(Shapes.sum(x.shape(), true, dims), x.shape());
        double[] terms = memory.values(x).data;
        ReferenceArray y = memory.zeros(Shapes.sum(x.shape(), keepDim, dims));
        int[] places = places(x.shape(), 0, strides);
        for (int n = 0; n < places.length; n++) {
            y.data[places[n]] += terms[n];
        }
        return y;
    }

    @Override
    public Array argmax(Array array) {
        ReferenceArray x = memory.values(array);
        ReferenceArray y = memory.zeros(Shapes.argmax(x.shape()));
        int columns = x.dim(1);
        for (int n = 0; n < x.dim(0); n++) {
            int best = 0;
            for (int c = 1; c < columns; c++) {
                double v = x.data[n * columns + c];
                double top = x.data[n * columns + best];
                if (v > top || Double.isNaN(v) && !Double.isNaN(top)) {
                    best = c;
                }
            }
            y.data[n] = best;
        }
        return y;
    }

    /** The position {@code start + Σ_d i[d] · strides[d]} of each index of a shape, in row-major order. */
    static int[] places(Shape shape, int start, int... strides) {
        int[] places = new int[shape.size()];
        int[] rowMajor = shape.rowMajorStrides();
        for (int n = 0; n < places.length; n++) {
            places[n] = start;
            for (int d = 0; d < strides.length; d++) {
                places[n] += n / rowMajor[d] % shape.dim(d) * strides[d];
            }
        }
        return places;
    }

    /** The strides of x, aligned at the last dimension, under broadcasting to a shape. */
    static int[] broadcast(Shape x, Shape to) {
        int[] strides = new int[to.rank()];
        for (int i = 1; i <= x.rank(); i++) {
            strides[to.rank() - i] = x.dim(-i) == 1 ? 0 : x.rowMajorStrides()[x.rank() - i];
        }
        return strides;
    }

    /** y[n] = x[places[n]] */
    private Array gather(Array x, int start, int[] strides, Shape out) {
        double[] from = memory.values(x).data;
        ReferenceArray y = memory.zeros(out);
        int[] places = places(out, start, strides);
        for (int n = 0; n < places.length; n++) {
            y.data[n] = from[places[n]];
        }
        return y;
    }
}
