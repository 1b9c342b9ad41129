package thaw.kernels.cpu;

/** {@link BlockLoops} by the Vector API. */
final class VectorBlockLoops implements BlockLoops {

    private final LaneLoops lanes = new VectorLaneLoops();

    @Override
    public int lanes() {
        return lanes.lanes();
    }

    @Override
    public void pixels(int pixels, int tile, int blocks, float[] x, int xo, int px, int[] taps, int shift, int steps,
            float[] w, int wo, BlockedEpilogue epilogue, int channel, float[] y, int yo, int py, int yBlock) {
        PixelRow.run(pixels, tile, blocks, x, xo, px, taps, shift, steps, w, wo, epilogue, channel, y, yo, py, yBlock);
    }

    @Override
    public void inputColumns(float[] top, int topFrom, float[] d, int from, int row, float[] bottom, int bottomFrom, int columns,
            float[] out, int to, int line) {
        WinogradInput.columns(top, topFrom, d, from, row, bottom, bottomFrom, columns, out, to, line);
    }

    @Override
    public void inputRows(float[] d, int from, int tiles, float[] v, int to, int pair) {
        WinogradInput.rows(d, from, tiles, v, to, pair);
    }

    @Override
    public void inputPart(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        WinogradInput.part(rows, columns, d, from, row, scratch, v, to, pair);
    }

    @Override
    public void stridedInput(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        WinogradStridedInput.tile(rows, columns, d, from, row, scratch, v, to, pair);
    }

    @Override
    public void filter(int outputs, float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        WinogradFilter.values(outputs, g, from, place, scratch, u, to, pair);
    }

    @Override
    public void stridedFilter(float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        WinogradStridedFilter.values(g, from, place, scratch, u, to, pair);
    }

    @Override
    public void outputRows(float[] m, int from, int pair, int tiles, float[] out, int to) {
        WinogradOutput.rows(m, from, pair, tiles, out, to);
    }

    @Override
    public void outputColumns(float[] m, int from, int line, int columns, BlockedEpilogue e, int channel, float[] y, int to,
            int row) {
        WinogradOutput.columns(m, from, line, columns, e, channel, y, to, row);
    }

    @Override
    public void outputPart(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row) {
        WinogradOutput.part(rows, columns, m, from, pair, scratch, e, channel, y, to, row);
    }

    @Override
    public void stridedOutput(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e,
            int channel, float[] y, int to, int row) {
        WinogradStridedOutput.tile(rows, columns, m, from, pair, scratch, e, channel, y, to, row);
    }

    @Override
    public void maxOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float[] max, float[] index, int o) {
        lanes.maxOfWindow(x, xo, first, rows, columns, width, max, index, o);
    }

    @Override
    public void sumOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float factor, float[] y, int o) {
        lanes.sumOfWindow(x, xo, first, rows, columns, width, factor, y, o);
    }
}
