package thaw.kernels.cpu.winograd;

/**
 * Winograd's transforms along one dimension: products of lines of numbers with a matrix of {@link WinogradPoints} or, for a
 * stride of 2, of {@link WinogradPhases}. {@link VectorLines} and {@link ScalarLines} have the same formulas, operation by
 * operation, and give the same bits: both are generated from {@code thaw.kernels.cpu.generator.WinogradTransform}.
 *
 * <p>A method transforms {@link #lanes()} lines side by side. Their first numbers are at {@code from …}, and each line's
 * numbers {@code step} floats apart; the result likewise. {@code outputs} is the number of
 * outputs of the tile's line, from 1 to 4.
 */
interface LineTransforms {

    int lanes();

    /** {@code v = Bᵀ d} */
    void input(int outputs, float[] d, int from, int step, float[] v, int to, int toStep);

    /** {@code u = G g}, for 2 or 4 outputs. */
    void filter(int outputs, float[] g, int from, int step, float[] u, int to, int toStep);

    /** {@code y = Aᵀ m} */
    void output(int outputs, float[] m, int from, int step, float[] y, int to, int toStep);

    /** {@code m = A g}, the gradient of {@link #output}. */
    void gradient(int outputs, float[] g, int from, int step, float[] m, int to, int toStep);

    /** {@code g = Gᵀ u}, the gradient of {@link #filter}; for 4 outputs. */
    void filterGradient(int outputs, float[] u, int from, int step, float[] g, int to, int toStep);

    /** {@code v = Bᵀ d} of the phase of two taps. */
    void stridedInput(int outputs, float[] d, int from, int step, float[] v, int to, int toStep);

    /** {@code u = G g} of the first and the last tap, and the tap between them; for 4 outputs. */
    void stridedFilter(int outputs, float[] g, int from, int step, float[] u, int to, int toStep);

    /** {@code y = Aᵀ m} of the phase of two taps, plus the phase of one. */
    void stridedOutput(int outputs, float[] m, int from, int step, float[] y, int to, int toStep);

    /** {@code m = A g} of the phase of two taps. */
    void stridedGradient(int outputs, float[] g, int from, int step, float[] m, int to, int toStep);

    /** {@code g = Gᵀ u}, the gradient of {@link #stridedFilter}; for 4 outputs. */
    void stridedFilterGradient(int outputs, float[] u, int from, int step, float[] g, int to, int toStep);

    /**
     * {@link #input} for 4 outputs on columns of tiles side by side, whose first and last row are in other arrays.
     *
     * @param columns the width in pixels
     * @param from    the offset that the first row would have in {@code d}
     */
    void inputColumns(int columns, float[] top, int topFrom, float[] d, int from, int step, float[] bottom, int bottomFrom,
            float[] v, int to, int toStep);

    /** {@link #gradient} for 4 outputs on columns of tiles side by side. */
    default void gradientColumns(int columns, float[] g, int from, int step, float[] m, int to, int toStep) {
        for (int c = 0; c < columns * lanes(); c += lanes()) {
            gradient(4, g, from + c, step, m, to + c, toStep);
        }
    }

    /** {@link #output} for 4 outputs on columns of tiles side by side. */
    default void outputColumns(int columns, float[] m, int from, int step, float[] y, int to, int toStep) {
        for (int c = 0; c < columns * lanes(); c += lanes()) {
            output(4, m, from + c, step, y, to + c, toStep);
        }
    }

    /**
     * {@link #input} for 4 outputs on rows of tiles side by side, which share two pixels: from adjacent pixels to points
     * {@code pair} floats apart, at which tiles are adjacent.
     */
    default void inputRows(int tiles, float[] d, int from, float[] v, int to, int pair) {
        for (int t = 0; t < tiles * lanes(); t += lanes()) {
            input(4, d, from + 4 * t, lanes(), v, to + t, pair);
        }
    }

    /** {@link #gradient} for 4 outputs on rows of tiles side by side: from adjacent pixels to points likewise. */
    default void gradientRows(int tiles, float[] g, int from, float[] m, int to, int pair) {
        for (int t = 0; t < tiles * lanes(); t += lanes()) {
            gradient(4, g, from + 4 * t, lanes(), m, to + t, pair);
        }
    }

    /** {@link #output} for 4 outputs on rows of tiles side by side: from points to adjacent pixels. */
    default void outputRows(int tiles, float[] m, int from, int pair, float[] y, int to) {
        for (int t = 0; t < tiles * lanes(); t += lanes()) {
            output(4, m, from + t, pair, y, to + 4 * t, lanes());
        }
    }
}
