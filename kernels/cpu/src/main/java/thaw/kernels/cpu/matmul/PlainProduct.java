package thaw.kernels.cpu.matmul;

import java.util.Arrays;
import thaw.kernels.cpu.memory.Memory;

/**
 * A product of two matrices by {@link PlainRows}, divided into blocks that can be computed in any order and by any thread:
 * a range of the result's rows by a range of its columns, with the right matrix's part copied into separate arrays, which
 * stay in a core's second-level cache.
 *
 * <p>The inner loop runs along the rows of the result and is faster on long ones: a result with more rows than columns is
 * computed as {@code cᵀ = bᵀ · aᵀ}.
 */
public final class PlainProduct {

    private static final int ROWS = 96;
    private static final int COLUMNS = 512;
    private static final int STEPS = 64;

    private final Memory memory;
    private final MatrixView a;
    private final MatrixView b;
    private final MatrixView c;
    private final int rows;
    private final int columns;
    private final int steps;
    private final int across;
    private final int height;
    private final int width;

    /** {@code c = a · b}, of {@code rows × steps} by {@code steps × columns}. */
    public PlainProduct(Memory memory, MatrixView a, MatrixView b, MatrixView c, int rows, int columns, int steps) {
        boolean turned = rows > columns;
        this.memory = memory;
        this.a = turned ? b.transposed() : a;
        this.b = turned ? a.transposed() : b;
        this.c = turned ? c.transposed() : c;
        this.rows = turned ? columns : rows;
        this.columns = turned ? rows : columns;
        this.steps = steps;
        across = parts(this.columns, COLUMNS);
        width = evenly(this.columns, across, 16);
        height = evenly(this.rows, parts(this.rows, ROWS), 3);
    }

    private static int parts(int whole, int atMost) {
        return (whole + atMost - 1) / atMost;
    }

    private static int evenly(int whole, int parts, int multiple) {
        return parts(parts(whole, parts), multiple) * multiple;
    }

    public int blocks() {
        return parts(rows, height) * across;
    }

    /** @param add whether to add the block to the existing result, rather than overwrite it */
    public void block(int index, boolean add) {
        int row = index / across * height;
        int column = index % across * width;
        int lines = Math.min(height, rows - row);
        int n = Math.min(width, columns - column);
        float[][] sums = memory.takeRows(lines, COLUMNS);
        float[][] part = memory.takeRows(Math.min(STEPS, steps), COLUMNS);
        for (int i = 0; i < lines; i++) {
            if (add) {
                copyFrom(c, row + i, column, sums[i], n);
            } else {
                Arrays.fill(sums[i], 0, n, 0);
            }
        }
        for (int k = 0; k < steps; k += STEPS) {
            int count = Math.min(STEPS, steps - k);
            if (b.column() == 1) {
                for (int i = 0; i < count; i++) {
                    copyFrom(b, k + i, column, part[i], n);
                }
            } else {
                turn(b, k, count, column, n, part);
            }
            PlainRows.multiplyAdd(a.data(), a.from() + row * a.row() + k * a.column(), a.row(), a.column(), part, count,
                    sums, lines, n);
        }
        for (int i = 0; i < lines; i++) {
            copyTo(sums[i], n, c, row + i, column);
        }
        memory.giveRows(part);
        memory.giveRows(sums);
    }

    private static void copyFrom(MatrixView m, int row, int column, float[] to, int n) {
        int from = m.from() + row * m.row() + column * m.column();
        if (m.column() == 1) {
            System.arraycopy(m.data(), from, to, 0, n);
        } else {
            for (int j = 0; j < n; j++) {
                to[j] = m.data()[from + j * m.column()];
            }
        }
    }

    private static void copyTo(float[] from, int n, MatrixView m, int row, int column) {
        int to = m.from() + row * m.row() + column * m.column();
        if (m.column() == 1) {
            System.arraycopy(from, 0, m.data(), to, n);
        } else {
            for (int j = 0; j < n; j++) {
                m.data()[to + j * m.column()] = from[j];
            }
        }
    }

    /** Copies rows of a column-major matrix, reading in memory order. */
    private static void turn(MatrixView m, int row, int rows, int column, int n, float[][] to) {
        float[] data = m.data();
        for (int j = 0; j < n; j++) {
            int from = m.from() + row * m.row() + (column + j) * m.column();
            for (int i = 0; i < rows; i++) {
                to[i][j] = data[from + i * m.row()];
            }
        }
    }
}
