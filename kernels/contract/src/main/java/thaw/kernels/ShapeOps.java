package thaw.kernels;

import java.util.List;

/** Operators that change the shape or the order of elements, and compute nothing. */
public interface ShapeOps {

    /** The same elements in row-major order under another shape of the same size; shares memory where possible. */
    Array reshape(Array x, Shape shape);

    /** Dimension {@code i} of the result is dimension {@code dims[i]} of {@code x}; negative ones count from the last. */
    Array permute(Array x, int... dims);

    /** Concatenates arrays along {@code dim}; all other extents are equal. */
    Array cat(List<Array> xs, int dim);

    /** The slice {@code start … start + length − 1} of dimension {@code dim}. The gradient of {@link #cat}. */
    Array narrow(Array x, int dim, int start, int length);

    /**
     * Repeats {@code x} along the dimensions in which it has extent 1 or which it lacks. The gradient of
     * {@link ReductionOps#sum}.
     */
    Array expand(Array x, Shape shape);
}
