package thaw.kernels.opencl;

/** Kinds of products that need differently shaped tiles: each kind has its own {@link GemmTile} in a {@link Tuning}. */
enum ProductShape {
    /** Few rows and many columns: the first layers of a network. */
    WIDE,
    /** Few columns: last layers, small batches, heads. */
    NARROW,
    /** Many rows and many columns. */
    LARGE,
    /** The right matrix is read along the depth: gradients of weights, products with a transposed matrix. */
    DEEP;

    private static final int FEW = 64;
    private static final int FEW_COLUMNS = 512;

    static ProductShape of(GemmProblem p) {
        return p.alongDepth() ? DEEP : p.columns() <= FEW_COLUMNS ? NARROW : p.rows() <= FEW ? WIDE : LARGE;
    }
}
