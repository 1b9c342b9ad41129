package thaw.kernels.cpu.winograd;

import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;
import thaw.kernels.cpu.microkernel.ScalarTaps;

/** Winograd's transforms of tiles of channel blocks, by the Vector API or in scalar code: {@link BlockLoops} decides. */
final class TileTransforms {

    private final BlockLoops loops;
    private final int lanes;

    TileTransforms(BlockLoops loops) {
        this.loops = loops;
        this.lanes = loops.lanes();
    }

    int lanes() {
        return lanes;
    }

    /** See {@link WinogradInput#columns}. */
    void inputColumns(float[] top, int topFrom, float[] d, int from, int row, float[] bottom, int bottomFrom, int columns,
            float[] out, int to, int line) {
        if (loops.vectors()) {
            WinogradInput.columns(top, topFrom, d, from, row, bottom, bottomFrom, columns, out, to, line);
            return;
        }
        ScalarWinograd.inputColumns(columns * lanes, top, topFrom, d, from, row, bottom, bottomFrom, out, to, line);
    }

    /** See {@link WinogradInput#rows}. */
    void inputRows(float[] d, int from, int tiles, float[] v, int to, int pair) {
        if (loops.vectors()) {
            WinogradInput.rows(d, from, tiles, v, to, pair);
            return;
        }
        for (int t = 0; t < tiles; t++) {
            ScalarWinograd.input(4, lanes, d, from + t * WinogradPoints.OUTPUTS * lanes, lanes, v, to + t * lanes, pair);
        }
    }

    /** See {@link WinogradInput#part}. */
    void inputPart(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        if (loops.vectors()) {
            WinogradInput.part(rows, columns, d, from, row, scratch, v, to, pair);
            return;
        }
        int line = WinogradPoints.LINE;
        ScalarWinograd.input(rows, (columns + 2) * lanes, d, from, row, scratch, 0, line * lanes);
        for (int i = 0; i < rows + 2; i++) {
            ScalarWinograd.input(columns, lanes, scratch, i * line * lanes, lanes, v, to + i * line * pair, pair);
        }
    }

    /** See {@link WinogradStridedInput#tile}. */
    void stridedInput(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        if (loops.vectors()) {
            WinogradStridedInput.tile(rows, columns, d, from, row, scratch, v, to, pair);
            return;
        }
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

    /** See {@link WinogradFilter#values}. */
    void filter(int outputs, float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        if (loops.vectors()) {
            WinogradFilter.values(outputs, g, from, place, scratch, u, to, pair);
            return;
        }
        int points = outputs + 2;
        for (int j = 0; j < 3; j++) {
            ScalarWinograd.filter(outputs, lanes, g, from + j * place, 3 * place, scratch, j * lanes, 3 * lanes);
        }
        for (int i = 0; i < points; i++) {
            ScalarWinograd.filter(outputs, lanes, scratch, i * 3 * lanes, lanes, u, to + i * points * pair, pair);
        }
    }

    /** See {@link WinogradStridedFilter#values}. */
    void stridedFilter(float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        if (loops.vectors()) {
            WinogradStridedFilter.values(g, from, place, scratch, u, to, pair);
            return;
        }
        for (int j = 0; j < 3; j++) {
            ScalarWinograd.stridedFilter(lanes, g, from + j * place, 3 * place, scratch, j * lanes, 3 * lanes);
        }
        for (int i = 0; i < 6; i++) {
            ScalarWinograd.stridedFilter(lanes, scratch, i * 3 * lanes, lanes, u, to + i * 6 * pair, pair);
        }
    }

    /** See {@link WinogradOutput#rows}. */
    void outputRows(float[] m, int from, int pair, int tiles, float[] out, int to) {
        if (loops.vectors()) {
            WinogradOutput.rows(m, from, pair, tiles, out, to);
            return;
        }
        for (int t = 0; t < tiles; t++) {
            ScalarWinograd.output(4, lanes, m, from + t * lanes, pair, out, to + t * WinogradPoints.OUTPUTS * lanes, lanes);
        }
    }

    /** See {@link WinogradOutput#columns}. */
    void outputColumns(float[] m, int from, int line, int columns, BlockedEpilogue e, int channel, float[] y, int to,
            int row) {
        if (loops.vectors()) {
            WinogradOutput.columns(m, from, line, columns, e, channel, y, to, row);
            return;
        }
        ScalarWinograd.output(4, columns * lanes, m, from, line, y, to, row);
        tileEpilogue(4, columns, e, channel, y, to, row);
    }

    /** See {@link WinogradOutput#part}. */
    void outputPart(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row) {
        if (loops.vectors()) {
            WinogradOutput.part(rows, columns, m, from, pair, scratch, e, channel, y, to, row);
            return;
        }
        int line = WinogradPoints.LINE;
        for (int j = 0; j < columns + 2; j++) {
            ScalarWinograd.output(rows, lanes, m, from + j * pair, line * pair, scratch, j * lanes, line * lanes);
        }
        for (int i = 0; i < rows; i++) {
            ScalarWinograd.output(columns, lanes, scratch, i * line * lanes, lanes, y, to + i * row, lanes);
        }
        tileEpilogue(rows, columns, e, channel, y, to, row);
    }

    /** See {@link WinogradStridedOutput#tile}. */
    void stridedOutput(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e,
            int channel, float[] y, int to, int row) {
        if (loops.vectors()) {
            WinogradStridedOutput.tile(rows, columns, m, from, pair, scratch, e, channel, y, to, row);
            return;
        }
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
            ScalarTaps.epilogue(lanes, columns, e, channel, y, to + i * row, lanes);
        }
    }
}
