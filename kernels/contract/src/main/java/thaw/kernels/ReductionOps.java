package thaw.kernels;

/** Sums and the position of the maximum. */
public interface ReductionOps {

    /**
     * Sums over dimensions.
     *
     * @param keepDim whether the dimensions stay, with extent 1, rather than go
     * @param dims    each at most once, negative ones counted from the last; none means all
     */
    Array sum(Array x, boolean keepDim, int... dims);

    /**
     * Index of the largest element of each row of {@code [N, C]}, the first among equals; NaN counts as larger than any
     * number. Stored as floats {@code [N]}.
     */
    Array argmax(Array x);
}
