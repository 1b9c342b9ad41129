package thaw.kernels.cpu;

/**
 * {@link BlockLoops} in scalar code, with the same operations in the same order as the vector code in each sum and
 * product. Six times slower than vectors once C2 has compiled both, and ready more than a second earlier: a process's
 * first prediction uses them.
 */
final class ScalarBlockLoops implements BlockLoops {

    private final int lanes;

    ScalarBlockLoops(int lanes) {
        this.lanes = lanes;
    }

    @Override
    public int lanes() {
        return lanes;
    }

    @Override
    public void pixels(int pixels, int tile, int blocks, float[] x, int xo, int px, int[] taps, int shift, int steps,
            float[] w, int wo, BlockedEpilogue epilogue, int channel, float[] y, int yo, int py, int yBlock) {
        for (int block = 0; block < blocks; block++) {
            for (int lane = 0; lane < lanes; lane += ScalarTaps.TILE) {
                ScalarTaps.row(pixels, x, xo, px, taps, shift, steps, w, wo + block * lanes + lane, blocks * lanes,
                        y, yo + block * yBlock + lane, py);
            }
        }
        if (epilogue != null) {
            for (int block = 0; block < blocks; block++) {
                epilogue(pixels, epilogue, channel + block * lanes, y, yo + block * yBlock, py);
            }
        }
    }

    /** See {@link PixelEpilogue#apply}. */
    private void epilogue(int pixels, BlockedEpilogue e, int channel, float[] y, int yo, int py) {
        for (int i = yo; i < yo + pixels * py; i += py) {
            epilogue(lanes, e.scale(), e.shift(), channel, e.residual(), e.relu(), y, i);
        }
    }

    private static void epilogue(int lanes, float[] scale, float[] shift, int channel, float[] residual, boolean relu, float[] y,
            int yo) {
        for (int lane = 0; lane < lanes; lane++) {
            float v = Math.fma(y[yo + lane], scale[channel + lane], shift[channel + lane]);
            if (residual != null) {
                v += residual[yo + lane];
            }
            // The maximum with 0, NaN and −0 included. Math.max would be a call until C2 compiles it.
            y[yo + lane] = relu && v <= 0 ? 0 : v;
        }
    }

    @Override
    public void inputColumns(float[] top, int topFrom, float[] d, int from, int row, float[] bottom, int bottomFrom, int columns,
            float[] out, int to, int line) {
        ScalarWinograd.inputColumns(columns * lanes, top, topFrom, d, from, row, bottom, bottomFrom, out, to, line);
    }

    @Override
    public void inputRows(float[] d, int from, int tiles, float[] v, int to, int pair) {
        for (int t = 0; t < tiles; t++) {
            ScalarWinograd.input(4, lanes, d, from + t * WinogradPoints.OUTPUTS * lanes, lanes, v, to + t * lanes, pair);
        }
    }

    @Override
    public void inputPart(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        int line = WinogradPoints.LINE;
        ScalarWinograd.input(rows, (columns + 2) * lanes, d, from, row, scratch, 0, line * lanes);
        for (int i = 0; i < rows + 2; i++) {
            ScalarWinograd.input(columns, lanes, scratch, i * line * lanes, lanes, v, to + i * line * pair, pair);
        }
    }

    @Override
    public void stridedInput(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        int line = WinogradPhases.LINE;
        ScalarWinograd.stridedInput(rows, (2 * columns + 1) * lanes, d, from, 2 * row, scratch, 0, line * lanes);
        for (int i = 0; i <= rows; i++) {
            stridedLine(columns, scratch, i * line * lanes, v, to + i * line * pair, pair);
        }
        for (int i = 0; i < rows; i++) {
            stridedLine(columns, d, from + (2 * i + 1) * row, v, to + (WinogradPhases.TAP + i) * line * pair, pair);
        }
    }

    private void stridedLine(int outputs, float[] d, int from, float[] out, int to, int outStep) {
        ScalarWinograd.stridedInput(outputs, lanes, d, from, 2 * lanes, out, to, outStep);
        for (int i = 0; i < outputs; i++) {
            System.arraycopy(d, from + (2 * i + 1) * lanes, out, to + (WinogradPhases.TAP + i) * outStep, lanes);
        }
    }

    @Override
    public void filter(int outputs, float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        int points = outputs + 2;
        for (int j = 0; j < 3; j++) {
            ScalarWinograd.filter(outputs, lanes, g, from + j * place, 3 * place, scratch, j * lanes, 3 * lanes);
        }
        for (int i = 0; i < points; i++) {
            ScalarWinograd.filter(outputs, lanes, scratch, i * 3 * lanes, lanes, u, to + i * points * pair, pair);
        }
    }

    @Override
    public void stridedFilter(float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        for (int j = 0; j < 3; j++) {
            ScalarWinograd.stridedFilter(lanes, g, from + j * place, 3 * place, scratch, j * lanes, 3 * lanes);
        }
        for (int i = 0; i < 6; i++) {
            ScalarWinograd.stridedFilter(lanes, scratch, i * 3 * lanes, lanes, u, to + i * 6 * pair, pair);
        }
    }

    @Override
    public void outputRows(float[] m, int from, int pair, int tiles, float[] out, int to) {
        for (int t = 0; t < tiles; t++) {
            ScalarWinograd.output(4, lanes, m, from + t * lanes, pair, out, to + t * WinogradPoints.OUTPUTS * lanes, lanes);
        }
    }

    @Override
    public void outputColumns(float[] m, int from, int line, int columns, BlockedEpilogue e, int channel, float[] y, int to,
            int row) {
        ScalarWinograd.output(4, columns * lanes, m, from, line, y, to, row);
        tileEpilogue(4, columns, e, channel, y, to, row);
    }

    @Override
    public void outputPart(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row) {
        int line = WinogradPoints.LINE;
        for (int j = 0; j < columns + 2; j++) {
            ScalarWinograd.output(rows, lanes, m, from + j * pair, line * pair, scratch, j * lanes, line * lanes);
        }
        for (int i = 0; i < rows; i++) {
            ScalarWinograd.output(columns, lanes, scratch, i * line * lanes, lanes, y, to + i * row, lanes);
        }
        tileEpilogue(rows, columns, e, channel, y, to, row);
    }

    @Override
    public void stridedOutput(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e,
            int channel, float[] y, int to, int row) {
        int line = WinogradPhases.LINE;
        for (int j = 0; j < WinogradPhases.TAP + columns; j++) {
            if (j <= columns || j >= WinogradPhases.TAP) {
                ScalarWinograd.stridedOutput(rows, lanes, m, from + j * pair, line * pair, scratch, j * lanes, line * lanes);
            }
        }
        for (int i = 0; i < rows; i++) {
            ScalarWinograd.stridedOutput(columns, lanes, scratch, i * line * lanes, lanes, y, to + i * row, lanes);
        }
        tileEpilogue(rows, columns, e, channel, y, to, row);
    }

    private void tileEpilogue(int rows, int columns, BlockedEpilogue e, int channel, float[] y, int to, int row) {
        for (int i = 0; e != null && i < rows; i++) {
            epilogue(columns, e, channel, y, to + i * row, lanes);
        }
    }

    @Override
    public void maxOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float[] max, float[] index, int o) {
        System.arraycopy(x, xo + first * lanes, max, o, lanes);
        for (int i = 1; i < rows * columns; i++) {
            maximum(lanes, x, xo + (first + i / columns * width + i % columns) * lanes, max, o);
        }
        for (int lane = 0; index != null && lane < lanes; lane++) {
            index[o + lane] = indexOf(max[o + lane], x, xo + lane, first, rows, columns, width);
        }
    }

    private static void maximum(int lanes, float[] x, int xo, float[] max, int o) {
        for (int lane = 0; lane < lanes; lane++) {
            max[o + lane] = Math.max(max[o + lane], x[xo + lane]);
        }
    }

    /** The first among equals. */
    private int indexOf(float value, float[] x, int xo, int first, int rows, int columns, int width) {
        for (int i = 0; i < rows * columns; i++) {
            int pixel = first + i / columns * width + i % columns;
            float v = x[xo + pixel * lanes];
            if (v == value || v != v && value != value) {
                return pixel;
            }
        }
        return first;
    }

    @Override
    public void sumOfWindow(float[] x, int xo, int first, int rows, int columns, int width, float factor, float[] y, int o) {
        System.arraycopy(x, xo + first * lanes, y, o, lanes);
        for (int i = 1; i < rows * columns; i++) {
            int pixel = xo + (first + i / columns * width + i % columns) * lanes;
            for (int lane = 0; lane < lanes; lane++) {
                y[o + lane] += x[pixel + lane];
            }
        }
        for (int lane = 0; lane < lanes; lane++) {
            y[o + lane] *= factor;
        }
    }
}
