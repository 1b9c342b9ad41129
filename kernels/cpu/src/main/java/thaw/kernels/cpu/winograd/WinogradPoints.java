package thaw.kernels.cpu.winograd;

/**
 * Winograd's minimal filtering (Lavin and Gray 2016, section 4.2) for 3×3 filters and tiles of up to 4×4 outputs: a
 * convolution as the product of two polynomials, each represented by its values at a few points.
 * <pre>
 * Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
 * </pre>
 * A line of {@code r} outputs depends on {@code r + 2} inputs and takes {@code r + 2} products, one for each of the first
 * {@code r + 2} of the points 0, ∞, 1, −1, 2, −2: F(4×4, 3×3) has 36 products instead of 144.
 *
 * <p>The points are nested, and the filter's values at a point do not depend on the other points: if an image is not a
 * multiple of 4, its last tiles use fewer points of the <em>same</em> transformed filter. A 7×7 image takes (6 + 5)² = 121
 * products instead of the (6 + 6)² of tiles that extend beyond the border; 14×14 takes 484 instead of 576.
 *
 * <p>G's row for a point a is {@code (1, a, a²)} times the s of the table, its row for ∞ is {@code (0, 0, 1)}; the column
 * of Aᵀ is {@code (1, a, a², …)}, and {@code (0, …, 0, 1)} for ∞. The row of Bᵀ for a point holds the coefficients of
 * {@code Π (x − b) / (s·Π (a − b))} over the other finite points b, the row for ∞ those of {@code Π (x − b)} over all.
 * <pre>
 *       point    s      Bᵀ for 4 outputs    3 outputs        2 outputs      1 output
 *         0     1/4     4  0 −5  0  1  0    4 −2 −4  2  0    4  0 −4  0     4 −4  0
 *         ∞      1      0  4  0 −5  0  1    0  2 −1 −2  1    0 −1  0  1     0 −1  1
 *         1    −1/6     0 −4 −4  1  1  0    0 −6 −3  3  0    0 −3 −3  0     0 −6  0
 *        −1    −1/6     0  4 −4 −1  1  0    0  2 −3  1  0    0  3 −3  0
 *         2    1/24     0 −2 −1  2  1  0    0 −4  0  4  0
 *        −2    1/24     0  2 −1 −2  1  0
 * </pre>
 * {@link TileTransforms} are the products with these matrices. Adjacent whole tiles form a strip, whose lines are one flat
 * loop: 90 ns for a tile's input and 75 for its output, with a vector's width of channels and images in the third-level cache,
 * against 150 to 200 and 110 for tiles one by one.
 */
final class WinogradPoints {

    /** Outputs of a whole tile along one dimension. */
    static final int OUTPUTS = 4;

    /** Inputs and points of a whole tile along one dimension; the pair {@code (i, j)} has the index {@code 6·i + j}. */
    static final int LINE = OUTPUTS + 2;

    private WinogradPoints() {
    }

    /** Whether a tile with {@code outputs} outputs along a line has this point. */
    static boolean has(int outputs, int point) {
        return point < outputs + 2;
    }
}
