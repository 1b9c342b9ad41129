package thaw.kernels.cpu.winograd;

import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;

/**
 * Winograd's transforms of tiles of a channel block: products with the matrices of {@link WinogradPoints} or, for a stride of
 * 2, of {@link WinogradPhases}, on columns, then on rows of the result (outputs of whole tiles: on rows, then on columns),
 * through a scratch buffer that stays in the first-level cache. Both implementations are generated from the formulas of
 * {@code thaw.kernels.cpu.generator.WinogradTransform}, and give the same bits.
 *
 * <p>Tiles have {@code rows} by {@code columns} output pixels, from 1 to 4. In each method, {@code row} is the number of
 * floats between rows of pixels, and {@code pair} that between pairs of points, or of values, of which a whole tile has 6×6,
 * or 9×9.
 */
interface TileTransforms {

    /** By the Vector API or in scalar code, whichever {@code loops} use at present. */
    static TileTransforms of(BlockLoops loops) {
        return loops.vectors() ? new VectorTransforms() : new ScalarTransforms(loops, loops.lanes());
    }

    /** The number of channels in a block. */
    int lanes();

    /** {@code Bᵀ d B} of {@code rows + 2} by {@code columns + 2} pixels. */
    void input(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair);

    /** {@link #input} with a stride of 2, of {@code 2·rows + 1} by {@code 2·columns + 1} pixels. */
    void stridedInput(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair);

    /**
     * {@code G g Gᵀ} of 3×3 filters.
     *
     * @param outputs outputs along a line of a tile: 4
     * @param place   floats between neighbouring filter positions
     * @param pair    floats between neighbouring pairs of points, of {@code (outputs + 2)²}
     */
    void filter(int outputs, float[] g, int from, int place, float[] scratch, float[] u, int to, int pair);

    /** {@link #filter} with a stride of 2, for 4 outputs. */
    void stridedFilter(int outputs, float[] g, int from, int place, float[] scratch, float[] u, int to, int pair);

    /**
     * {@code Gᵀ u G}, the gradient of {@link #filter} for 4 outputs.
     *
     * @param pair  floats between neighbouring pairs of points
     * @param place floats between neighbouring filter positions
     */
    void filterGradient(int outputs, float[] u, int from, int pair, float[] scratch, float[] g, int to, int place);

    /** {@link #filterGradient} with a stride of 2. */
    void stridedFilterGradient(int outputs, float[] u, int from, int pair, float[] scratch, float[] g, int to, int place);

    /**
     * {@code act(scale · Aᵀ m A + shift + residual)}
     *
     * @param e       null for none; the residual is in the output's layout, null for zeros
     * @param channel the channel of the first lane
     */
    void output(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row);

    /** {@link #output} with a stride of 2. */
    void stridedOutput(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row);

    /** {@code A g Aᵀ}, the gradient of {@link #output}. */
    void gradient(int rows, int columns, float[] g, int from, int row, float[] scratch, float[] m, int to, int pair);

    /** {@link #gradient} with a stride of 2. */
    void stridedGradient(int rows, int columns, float[] g, int from, int row, float[] scratch, float[] m, int to, int pair);

    /**
     * {@code Bᵀ d} for a strip of whole tiles side by side: lines of six pixels down the strip. Neighbouring tiles share two
     * columns, which a strip transforms once. The strip's first and last row are separate arguments, since they may be outside
     * the image.
     *
     * @param columns the strip's width in pixels
     * @param from    the offset that the first row would have in {@code d}
     * @param line    floats between neighbouring points of the result
     */
    void inputColumns(int columns, float[] top, int topFrom, float[] d, int from, int row, float[] bottom, int bottomFrom,
            float[] v, int to, int line);

    /** {@code d B} for one line of a strip that {@link #inputColumns} has transformed; at each pair of points, tiles are adjacent. */
    void inputRows(int tiles, float[] d, int from, float[] v, int to, int pair);

    /** {@code m A} for one line of points of a strip: each tile's four values, in the order of its pixels. */
    void outputRows(int tiles, float[] m, int from, int pair, float[] y, int to);

    /** {@code act(scale · Aᵀ m + shift + residual)} of six lines of points that {@link #outputRows} has transformed. */
    void outputColumns(int columns, float[] m, int from, int line, BlockedEpilogue e, int channel, float[] y, int to, int row);

    /** {@code A g} for a strip of whole tiles side by side: lines of four pixels down the strip. */
    void gradientColumns(int columns, float[] g, int from, int row, float[] m, int to, int line);

    /** {@code g Aᵀ} for one line of a strip that {@link #gradientColumns} has transformed. */
    void gradientRows(int tiles, float[] g, int from, float[] m, int to, int pair);
}
