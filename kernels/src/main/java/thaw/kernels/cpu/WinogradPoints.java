package thaw.kernels.cpu;

/**
 * Winograd's minimal filtering (Lavin and Gray 2016, section 4.2) for 3×3 filters and tiles of up to 4×4 outputs: a
 * convolution as the product of two polynomials that are known by their values at a few points.
 * <pre>
 * Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
 * </pre>
 * A line of {@code r} outputs depends on {@code r + 2} inputs and takes as many products, one for each of the first
 * {@code r + 2} of the points 0, ∞, 1, −1, 2, −2: F(4×4, 3×3) has 36 products instead of 144.
 *
 * <p>The points are nested, and the filter's values at a point don't depend on the other points: where an image is no multiple
 * of 4, its last tiles use fewer points of the <em>same</em> transformed filter. A 7×7 image takes (6 + 5)² = 121 products
 * instead of the (6 + 6)² of tiles that hang over the border; 14×14 484 instead of 576. A filter for F(2×2, 3×3) is 16 of the
 * 36 values, which are those at the points 0, ∞, 1 and −1.
 *
 * <p>The row of G of a point a is {@code (1, a, a²)} times the s of the table, the row of ∞ is {@code (0, 0, 1)}; the column
 * of Aᵀ is {@code (1, a, a², …)}, that of ∞ {@code (0, …, 0, 1)}. The row of Bᵀ of a point holds the coefficients of
 * {@code Π (x − b) / (s·Π (a − b))} over the other finite points b, that of ∞ those of {@code Π (x − b)} over all.
 * <pre>
 *       point    s      Bᵀ for 4 outputs    3 outputs        2 outputs      1 output
 *         0     1/4     4  0 −5  0  1  0    4 −2 −4  2  0    4  0 −4  0     4 −4  0
 *         ∞      1      0  4  0 −5  0  1    0  2 −1 −2  1    0 −1  0  1     0 −1  1
 *         1    −1/6     0 −4 −4  1  1  0    0 −6 −3  3  0    0 −3 −3  0     0 −6  0
 *        −1    −1/6     0  4 −4 −1  1  0    0  2 −3  1  0    0  3 −3  0
 *         2    1/24     0 −2 −1  2  1  0    0 −4  0  4  0
 *        −2    1/24     0  2 −1 −2  1  0
 * </pre>
 * The transforms are in {@link WinogradInput}, {@link WinogradFilter}, {@link WinogradOutput} and {@link WinogradGradient}.
 * Each acts on a vector's width of channels at once, line by line: on columns, then on rows of the result (outputs: on rows, then
 * on columns), by way of a small scratch that stays in the first-level cache. Whole tiles that lie side by side are a strip,
 * whose lines are one flat loop: 90 ns for a tile's input and 75 for its output, a vector's width of channels of images in the
 * third-level cache, against 150 to 200 and 110 for tiles one by one. Where tiles are cut short, lines are methods of their own:
 * of whole tiles JDK 17's C2 leaves some vectors as objects, as it does of {@code mul(4f)}.
 */
final class WinogradPoints {

    /** Outputs of a whole tile along one dimension. */
    static final int OUTPUTS = 4;

    /** Inputs and points of a whole tile along one dimension; the pair {@code (i, j)} has the number {@code 6·i + j}. */
    static final int LINE = OUTPUTS + 2;

    private WinogradPoints() {
    }

    /** Whether a tile of {@code outputs} along a line has this point. */
    static boolean has(int outputs, int point) {
        return point < outputs + 2;
    }
}
