package thaw.kernels.cpu;

import static thaw.kernels.cpu.Memory.cpu;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/** Matrix products by {@link PlainRows}: an item is some rows of the result by some columns. */
final class PlainMatrixProduct implements MatrixProduct {

    private static final int ROWS = 48;
    private static final int COLUMNS = 512;
    private static final int STEPS = 128;

    private final Memory memory;
    private final Workers workers;

    PlainMatrixProduct(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
    }

    @Override
    public Array matmul(Array left, boolean transposeA, Array right, boolean transposeB) {
        Shape shape = Shapes.matmul(left.shape(), transposeA, right.shape(), transposeB);
        int rows = shape.dim(0);
        int columns = shape.dim(1);
        int inner = left.shape().dim(transposeA ? 0 : 1);
        CpuArray product = memory.rowMajor(shape);
        float[] a = cpu(left).data();
        float[] b = cpu(right).data();
        float[] out = product.data();
        int aRow = transposeA ? 1 : inner;
        int aStep = transposeA ? rows : 1;
        int across = (columns + COLUMNS - 1) / COLUMNS;
        workers.run((rows + ROWS - 1) / ROWS * across, item -> {
            int row = item / across * ROWS;
            int column = item % across * COLUMNS;
            int height = Math.min(ROWS, rows - row);
            int width = Math.min(COLUMNS, columns - column);
            float[][] c = memory.takeRows(height, COLUMNS);
            float[][] part = memory.takeRows(STEPS, COLUMNS);
            for (float[] line : c) {
                Arrays.fill(line, 0, width, 0);
            }
            for (int k0 = 0; k0 < inner; k0 += STEPS) {
                int steps = Math.min(STEPS, inner - k0);
                for (int k = 0; k < steps; k++) {
                    if (transposeB) {
                        for (int j = 0; j < width; j++) {
                            part[k][j] = b[(column + j) * inner + k0 + k];
                        }
                    } else {
                        System.arraycopy(b, (k0 + k) * columns + column, part[k], 0, width);
                    }
                }
                PlainRows.multiplyAdd(a, row * aRow + k0 * aStep, aRow, aStep, part, steps, c, height, width);
            }
            for (int r = 0; r < height; r++) {
                System.arraycopy(c[r], 0, out, (row + r) * columns + column, width);
            }
            memory.giveRows(part);
            memory.giveRows(c);
        });
        return product;
    }
}
