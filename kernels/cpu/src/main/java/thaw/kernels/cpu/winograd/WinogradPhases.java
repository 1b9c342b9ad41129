package thaw.kernels.cpu.winograd;

/**
 * Winograd's minimal filtering for 3×3 filters of stride 2. Along a line, outputs {@code y[i] = Σ g[r] x[2i + r]} are the
 * sum of two convolutions of stride 1, one per phase of the inputs:
 * <pre>
 *   x   0 1 2 3 4 5 6 7 8
 *       ●   ●   ●   ●   ●      taps g0, g2:  F(4, 2), 5 products: the points 0, ∞, 1, −1, 2
 *         ○   ○   ○   ○        tap g1:       4 products
 * </pre>
 * Together they take 9 products for 4 outputs: 81 for a tile of 4×4 outputs instead of 144. All products of the second
 * kind have the same filter value, g1, so a filter has 36 values here too. A line of {@code r} outputs takes
 * {@code 2r + 1} products: the first {@code r + 1} points and {@code r} times the tap. As in {@link WinogradPoints},
 * points are nested:
 * <pre>
 *       point    s      Bᵀ for 4 outputs   3 outputs      2 outputs    1 output
 *         0     1/2     2 −1 −2  1  0      2  0 −2  0     2 −2  0      2  0
 *         ∞      1      0  2 −1 −2  1      0 −1  0  1     0 −1  1      0  1
 *         1    −1/2     0 −2 −1  1  0      0 −1 −1  0     0 −2  0
 *        −1    −1/6     0  2 −3  1  0      0  3 −3  0
 *         2     1/6     0 −1  0  1  0
 * </pre>
 * Values 0 to 4 belong to the points, values 5 to 8 to the single tap.
 */
final class WinogradPhases {

    /** Products along a line of a whole tile. */
    static final int LINE = 9;

    /** The index of the second phase's first value; the filter has a single value for all from here on. */
    static final int TAP = 5;

    private WinogradPhases() {
    }

    /** Whether a tile with {@code outputs} outputs along a line has this value. */
    static boolean has(int outputs, int value) {
        return value < TAP ? value <= outputs : value < TAP + outputs;
    }
}
