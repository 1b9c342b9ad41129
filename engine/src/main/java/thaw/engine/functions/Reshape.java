package thaw.engine.functions;

import java.util.Arrays;
import thaw.engine.Function;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;

/** The same elements in row-major order under another shape; {@code gx} is {@code gy} under the old shape. */
public final class Reshape extends Function {

    private final Shape to;
    private Shape from;

    public Reshape(Shape to) {
        this.to = to;
    }

    @Override
    protected Array forward(Backend on, Array... in) {
        from = in[0].shape();
        return on.reshape(in[0], to);
    }

    @Override
    protected Array[] backward(Backend on, Array gy) {
        return gradients(() -> on.reshape(gy, from));
    }

    /**
     * Replaces an extent of −1 by the one that makes the sizes equal.
     *
     * @throws IllegalArgumentException if there is no such extent, or more than one extent is −1
     */
    public static Shape resolve(Shape from, int... dims) {
        int unknown = -1;
        int known = 1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] != -1) {
                known *= dims[i];
            } else if (unknown < 0) {
                unknown = i;
            } else {
                throw new IllegalArgumentException("reshape: only one extent may be -1, got " + Arrays.toString(dims));
            }
        }
        int[] resolved = dims.clone();
        if (unknown >= 0 && known > 0) {
            resolved[unknown] = from.size() / known;
        }
        if (unknown >= 0 && known <= 0 || Shape.of(resolved).size() != from.size()) {
            throw new IllegalArgumentException("reshape: " + from + " has " + from.size() + " elements, which do not fit "
                    + Arrays.toString(dims));
        }
        return Shape.of(resolved);
    }

    /** The shape with all dimensions from {@code startDim} on merged. */
    public static Shape flattened(Shape from, int startDim) {
        int start = from.index(startDim);
        int[] dims = Arrays.copyOf(from.toArray(), start + 1);
        for (int i = start + 1; i < from.rank(); i++) {
            dims[start] *= from.dim(i);
        }
        return Shape.of(dims);
    }
}
