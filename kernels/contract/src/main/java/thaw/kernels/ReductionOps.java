package thaw.kernels;

/** Sums and the position of the maximum. */
public interface ReductionOps {

    /** Sums over the given dimensions, or over all if none is given. */
    Array sum(Array x, boolean keepDim, int... dims);

    /**
     * Index of the largest element of each row of {@code [N, C]}, the first among equals; NaN counts as larger than any
     * number. Stored as floats {@code [N]}.
     */
    Array argmax(Array x);
}
