package thaw.kernels.cpu.winograd;

import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;

/**
 * Winograd's transforms of tiles of a channel block: {@link LineTransforms} on columns, then on rows of the result (outputs of
 * whole tiles: on rows, then on columns), through a scratch buffer that stays in the first-level cache. {@link BlockLoops}
 * decides whether by the Vector API or in scalar code.
 *
 * <p>In each method, {@code row} is the number of floats between rows of pixels, and {@code pair} that between pairs of points
 * (or of values of {@link WinogradPhases}), of which a tile has {@link WinogradPoints#LINE} squared
 * (or {@link WinogradPhases#LINE}).
 */
final class TileTransforms {

    private static final int POINTS = WinogradPoints.LINE;
    private static final int VALUES = WinogradPhases.LINE;
    private static final int TAP = WinogradPhases.TAP;

    private final BlockLoops loops;
    private final LineTransforms vectors;
    private final LineTransforms scalars;
    private final int lanes;

    TileTransforms(BlockLoops loops) {
        this.loops = loops;
        lanes = loops.lanes();
        vectors = loops.hasVectors() ? new VectorLines() : null;
        scalars = new ScalarLines(lanes);
    }

    int lanes() {
        return lanes;
    }

    LineTransforms lines() {
        return loops.vectors() ? vectors : scalars;
    }

    /** {@code Bᵀ d B} of a tile of {@code rows + 2} by {@code columns + 2} pixels. */
    void input(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        LineTransforms lines = lines();
        for (int j = 0; j < (columns + 2) * lanes; j += lanes) {
            lines.input(rows, d, from + j, row, scratch, j, POINTS * lanes);
        }
        for (int i = 0; i < rows + 2; i++) {
            lines.input(columns, scratch, i * POINTS * lanes, lanes, v, to + i * POINTS * pair, pair);
        }
    }

    /** {@link #input} with a stride of 2, of {@code 2·rows + 1} by {@code 2·columns + 1} pixels. */
    void stridedInput(int rows, int columns, float[] d, int from, int row, float[] scratch, float[] v, int to, int pair) {
        LineTransforms lines = lines();
        for (int j = 0; j < (2 * columns + 1) * lanes; j += lanes) {
            lines.stridedInput(rows, d, from + j, 2 * row, scratch, j, VALUES * lanes);
        }
        for (int i = 0; i <= rows; i++) {
            stridedInputLine(lines, columns, scratch, i * VALUES * lanes, v, to + i * VALUES * pair, pair);
        }
        for (int i = 0; i < rows; i++) {
            stridedInputLine(lines, columns, d, from + (2 * i + 1) * row, v, to + (TAP + i) * VALUES * pair, pair);
        }
    }

    /** Both phases of a row of pixels, or of points. */
    private void stridedInputLine(LineTransforms lines, int outputs, float[] d, int from, float[] v, int to, int pair) {
        lines.stridedInput(outputs, d, from, 2 * lanes, v, to, pair);
        for (int i = 0; i < outputs; i++) {
            System.arraycopy(d, from + (2 * i + 1) * lanes, v, to + (TAP + i) * pair, lanes);
        }
    }

    /**
     * {@code G g Gᵀ}
     *
     * @param outputs outputs along a line of a tile: 4, or 2, which uses the first four points
     * @param place   floats between neighbouring filter positions
     * @param pair    floats between neighbouring pairs of points, of {@code (outputs + 2)²}
     */
    void filter(int outputs, float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        LineTransforms lines = lines();
        int points = outputs + 2;
        for (int j = 0; j < 3; j++) {
            lines.filter(outputs, g, from + j * place, 3 * place, scratch, j * lanes, 3 * lanes);
        }
        for (int i = 0; i < points; i++) {
            lines.filter(outputs, scratch, i * 3 * lanes, lanes, u, to + i * points * pair, pair);
        }
    }

    /** {@link #filter} with a stride of 2. */
    void stridedFilter(float[] g, int from, int place, float[] scratch, float[] u, int to, int pair) {
        LineTransforms lines = lines();
        for (int j = 0; j < 3; j++) {
            lines.stridedFilter(4, g, from + j * place, 3 * place, scratch, j * lanes, 3 * lanes);
        }
        for (int i = 0; i < 6; i++) {
            lines.stridedFilter(4, scratch, i * 3 * lanes, lanes, u, to + i * 6 * pair, pair);
        }
    }

    /** {@code Gᵀ u G}, the gradient of {@link #filter}, with filter positions side by side. */
    void filterGradient(float[] u, int from, int pair, float[] scratch, float[] g, int to) {
        LineTransforms lines = lines();
        for (int j = 0; j < 6; j++) {
            lines.filterGradient(4, u, from + j * pair, 6 * pair, scratch, j * lanes, 6 * lanes);
        }
        for (int i = 0; i < 3; i++) {
            lines.filterGradient(4, scratch, i * 6 * lanes, lanes, g, to + i * 3 * lanes, lanes);
        }
    }

    /** {@link #filterGradient} with a stride of 2. */
    void stridedFilterGradient(float[] u, int from, int pair, float[] scratch, float[] g, int to) {
        LineTransforms lines = lines();
        for (int j = 0; j < 6; j++) {
            lines.stridedFilterGradient(4, u, from + j * pair, 6 * pair, scratch, j * lanes, 6 * lanes);
        }
        for (int i = 0; i < 3; i++) {
            lines.stridedFilterGradient(4, scratch, i * 6 * lanes, lanes, g, to + i * 3 * lanes, lanes);
        }
    }

    /** {@code act(scale · Aᵀ m A + shift + residual)} of a tile of {@code rows} by {@code columns} pixels. */
    void output(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e, int channel,
            float[] y, int to, int row) {
        LineTransforms lines = lines();
        for (int j = 0; j < columns + 2; j++) {
            lines.output(rows, m, from + j * pair, POINTS * pair, scratch, j * lanes, POINTS * lanes);
        }
        for (int i = 0; i < rows; i++) {
            lines.output(columns, scratch, i * POINTS * lanes, lanes, y, to + i * row, lanes);
        }
        epilogue(rows, columns, e, channel, y, to, row);
    }

    /** {@link #output} with a stride of 2. */
    void stridedOutput(int rows, int columns, float[] m, int from, int pair, float[] scratch, BlockedEpilogue e,
            int channel, float[] y, int to, int row) {
        LineTransforms lines = lines();
        for (int j = 0; j < TAP + columns; j++) {
            if (WinogradPhases.has(columns, j)) {
                lines.stridedOutput(rows, m, from + j * pair, VALUES * pair, scratch, j * lanes, VALUES * lanes);
            }
        }
        for (int i = 0; i < rows; i++) {
            lines.stridedOutput(columns, scratch, i * VALUES * lanes, lanes, y, to + i * row, lanes);
        }
        epilogue(rows, columns, e, channel, y, to, row);
    }

    /**
     * {@code act(scale · Aᵀ m + shift + residual)} of lines of points that {@link LineTransforms#outputRows} has transformed.
     * On vectors the epilogue comes before the store.
     *
     * @param columns the width in pixels of the whole tiles
     */
    void outputColumns(int columns, float[] m, int from, int line, BlockedEpilogue e, int channel, float[] y, int to, int row) {
        if (e == null || !loops.vectors()) {
            lines().outputColumns(columns, m, from, line, y, to, row);
            epilogue(4, columns, e, channel, y, to, row);
            return;
        }
        float floor = e.relu() ? 0 : Float.NEGATIVE_INFINITY;
        if (e.residual() == null) {
            VectorLines.outputColumns(columns, m, from, line, e.scale(), e.shift(), channel, floor, y, to, row);
        } else {
            VectorLines.outputColumns(columns, m, from, line, e.scale(), e.shift(), channel, floor, e.residual(), y, to, row);
        }
    }

    /** Applies an epilogue to a tile's pixels, in place; null for none. */
    private void epilogue(int rows, int columns, BlockedEpilogue e, int channel, float[] y, int to, int row) {
        for (int i = 0; e != null && i < rows; i++) {
            e.apply(loops, channel, y, to + i * row, lanes, columns);
        }
    }

    /** {@code A g Aᵀ}, the gradient of {@link #output}, of a tile of {@code rows} by {@code columns} pixels. */
    void gradient(int rows, int columns, float[] g, int from, int row, float[] scratch, float[] m, int to, int pair) {
        LineTransforms lines = lines();
        for (int j = 0; j < columns * lanes; j += lanes) {
            lines.gradient(rows, g, from + j, row, scratch, j, 4 * lanes);
        }
        for (int i = 0; i < rows + 2; i++) {
            lines.gradient(columns, scratch, i * 4 * lanes, lanes, m, to + i * POINTS * pair, pair);
        }
    }

    /** {@link #gradient} with a stride of 2. */
    void stridedGradient(int rows, int columns, float[] g, int from, int row, float[] scratch, float[] m, int to, int pair) {
        LineTransforms lines = lines();
        for (int j = 0; j < columns * lanes; j += lanes) {
            lines.stridedGradient(rows, g, from + j, row, scratch, j, 4 * lanes);
        }
        for (int i = 0; i <= rows; i++) {
            stridedGradientLine(lines, columns, scratch, i * 4 * lanes, m, to + i * VALUES * pair, pair);
        }
        for (int i = 0; i < rows; i++) {
            stridedGradientLine(lines, columns, g, from + i * row, m, to + (TAP + i) * VALUES * pair, pair);
        }
    }

    /** Both phases of a row of pixels, or of points. */
    private void stridedGradientLine(LineTransforms lines, int outputs, float[] g, int from, float[] m, int to, int pair) {
        lines.stridedGradient(outputs, g, from, lanes, m, to, pair);
        for (int i = 0; i < outputs; i++) {
            System.arraycopy(g, from + i * lanes, m, to + (TAP + i) * pair, lanes);
        }
    }
}
