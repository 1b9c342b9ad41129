package thaw.engine;

import java.util.Arrays;
import java.util.List;
import thaw.kernels.Array;
import thaw.kernels.Shape;

/** The operators that move elements and compute none: reshape, permute, narrow. */
final class Rearrangement {

    private Rearrangement() {
    }

    /** The same elements in row-major order under another shape. */
    static Tensor reshape(Tensor x, Shape to) {
        Shape from = x.shape();
        return Function.linear("reshape", x, (on, a) -> on.reshape(a, to), (on, gy) -> on.reshape(gy, from));
    }

    /**
     * The shape with an extent of −1 replaced by the one that makes the sizes equal.
     *
     * @throws IllegalArgumentException if there is no such extent, or more than one extent is −1
     */
    static Shape resolve(Shape from, int... dims) {
        int[] resolved = dims.clone();
        int unknown = -1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] == -1) {
                if (unknown >= 0) {
                    throw new IllegalArgumentException("reshape: only one extent may be -1, got " + Arrays.toString(dims));
                }
                unknown = i;
                resolved[i] = 1;
            }
        }
        int known = Shape.of(resolved).size();
        if (unknown >= 0 && known > 0) {
            resolved[unknown] = from.size() / known;
        }
        if (unknown >= 0 && known == 0 || Shape.of(resolved).size() != from.size()) {
            throw new IllegalArgumentException("reshape: " + from + " has " + from.size() + " elements, which do not fit "
                    + Arrays.toString(dims));
        }
        return Shape.of(resolved);
    }

    /** The shape with all dimensions from {@code startDim} on merged. */
    static Shape flattened(Shape from, int startDim) {
        int start = from.index(startDim);
        int[] dims = Arrays.copyOf(from.toArray(), start + 1);
        dims[start] = Shape.of(Arrays.copyOfRange(from.toArray(), start, from.rank())).size();
        return Shape.of(dims);
    }

    /** Dimension {@code i} of {@code y} is dimension {@code dims[i]} of {@code x}; {@code gx} is permuted inversely. */
    static Tensor permute(Tensor x, int... dims) {
        int[] order = dims.clone();
        return Function.linear("permute", x, (on, a) -> on.permute(a, order), (on, gy) -> {
            int[] inverse = new int[order.length];
            for (int i = 0; i < order.length; i++) {
                inverse[gy.shape().index(order[i])] = i;
            }
            return on.permute(gy, inverse);
        });
    }

    /** The slice {@code start … start + length − 1} of a dimension; {@code gx} is {@code gy} there and 0 elsewhere. */
    static Tensor narrow(Tensor x, int dim, int start, int length) {
        Shape shape = x.shape();
        int d = shape.index(dim);
        return Function.linear("narrow", x, (on, a) -> on.narrow(a, d, start, length), (on, gy) -> {
            Array before = on.zeros(shape.with(d, start));
            Array after = on.zeros(shape.with(d, shape.dim(d) - start - length));
            try {
                return on.cat(List.of(before, gy, after), d);
            } finally {
                before.release();
                after.release();
            }
        });
    }
}
