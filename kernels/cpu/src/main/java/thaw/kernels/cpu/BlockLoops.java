package thaw.kernels.cpu;

/**
 * The loops over channel blocks in which a prediction spends its time. Two implementations give the same bits:
 * {@link VectorBlockLoops} by the Vector API, and {@link ScalarBlockLoops} by scalar code, which is used until C2 has
 * compiled the former.
 */
interface BlockLoops extends WindowLoops {

    /** A row of pixels, summed over taps by the micro-kernels; see {@link PixelRow#run}. */
    void pixels(int pixels, int tile, int blocks, float[] x, int xo, int px, int[] taps, int shift, int steps,
            float[] w, int wo, BlockedEpilogue epilogue, int channel, float[] y, int yo, int py, int yBlock);

    /** See {@link WinogradInput#columns}. */
    void inputColumns(float[] top, int topFrom, float[] d, int from, int row, float[] bottom, int bottomFrom, int columns,
            float[] out, int to, int line);

    /** See {@link WinogradInput#rows}. */
    void inputRows(float[] d, int from, int tiles, float[] v, int to, int pair);

    /** See {@link WinogradInput#part}. */
    void inputPart(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair);

    /** See {@link WinogradStridedInput#tile}. */
    void stridedInput(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair);

    /** See {@link WinogradFilter#values}. */
    void filter(int outputs, float[] g, int from, int place, float[] scratch, float[] u, int to, int pair);

    /** See {@link WinogradStridedFilter#values}. */
    void stridedFilter(float[] g, int from, int place, float[] scratch, float[] u, int to, int pair);

    /** See {@link WinogradOutput#rows}. */
    void outputRows(float[] m, int from, int pair, int tiles, float[] out, int to);

    /** See {@link WinogradOutput#columns}. */
    void outputColumns(float[] m, int from, int line, int columns, BlockedEpilogue e, int channel, float[] y, int to, int row);

    /** See {@link WinogradOutput#part}. */
    void outputPart(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row);

    /** See {@link WinogradStridedOutput#tile}. */
    void stridedOutput(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row);
}
