package thaw.kernels.cpu.matmul;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.MatmulOps;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.PackedWeights;
import thaw.kernels.cpu.parallel.Workers;

/**
 * Matrix products by the convolutions' micro-kernel: a row of {@code a} is a pixel, a row of {@code b} the weights of an
 * input channel. The right matrix is packed into columns of two vectors' width; like weights, the packed form is kept if
 * the matrix is used again.
 */
public final class VectorMatrixProduct implements MatmulOps {

    private static final int[] NO_TAPS = {0};

    /** A shift beyond any inner extent: the whole row of {@code a} is one tap. */
    private static final int SHIFT = 30;

    /** Rows of {@code a} per item. */
    private static final int ROWS = 56;

    private record PackKey(boolean transposed, Shape shape) {
    }

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops current;
    private final int width;

    public VectorMatrixProduct(Memory memory, Workers workers, BlockLoops current) {
        this.memory = memory;
        this.workers = workers;
        this.current = current;
        this.width = 2 * memory.block();
    }

    @Override
    public Array matmul(Array left, boolean transposeA, Array right, boolean transposeB) {
        Shape shape = Shapes.matmul(left.shape(), transposeA, right.shape(), transposeB);
        int rows = shape.dim(0);
        int columns = shape.dim(1);
        int inner = left.shape().dim(transposeA ? 0 : 1);
        CpuArray c = memory.rowMajor(shape);
        if (inner == 0) {
            Arrays.fill(c.data(), 0, c.length(), 0);
            return c;
        }
        CpuArray b = cpu(right);
        float[] a = cpu(left).data();
        float[] transposed = null;
        if (transposeA) {
            transposed = memory.pool().take(rows * inner);
            transpose(a, inner, rows, transposed);
            a = transposed;
        }
        float[] rowMajor = a;
        b.storage().useDerived(new PackKey(transposeB, b.shape()), packedLength(inner, columns),
                () -> pack(b, transposeB, inner, columns), packed -> multiply(rowMajor, packed, rows, inner, columns, c.data()));
        if (transposed != null) {
            memory.pool().give(transposed);
        }
        return c;
    }

    private void multiply(float[] a, float[] b, int rows, int inner, int columns, float[] c) {
        int bands = (rows + ROWS - 1) / ROWS;
        int tiles = (columns + width - 1) / width;
        workers.run(bands * tiles, item -> {
            int row = item % bands * ROWS;
            int tile = item / bands;
            int count = Math.min(ROWS, rows - row);
            int column = tile * width;
            int used = Math.min(width, columns - column);
            int pixels = current.tile(count, 2, inner);
            if (used == width) {
                current.pixels(count, pixels, 2, a, row * inner, inner, NO_TAPS, SHIFT, inner, b, tile * inner * width,
                        null, 0, c, row * columns + column, columns, width / 2);
                return;
            }
            // The last columns do not fill the tile: compute them into a separate buffer and copy the existing ones.
            float[] aside = memory.pool().take(count * width);
            current.pixels(count, pixels, 2, a, row * inner, inner, NO_TAPS, SHIFT, inner, b, tile * inner * width,
                    null, 0, aside, 0, width, width / 2);
            for (int r = 0; r < count; r++) {
                System.arraycopy(aside, r * width, c, (row + r) * columns + column, used);
            }
            memory.pool().give(aside);
        });
    }

    private int packedLength(int inner, int columns) {
        return (columns + width - 1) / width * inner * width;
    }

    private float[] pack(CpuArray b, boolean transposed, int inner, int columns) {
        int tiles = (columns + width - 1) / width;
        float[] out = memory.pool().takeFitting(packedLength(inner, columns));
        float[] from = b.data();
        workers.run(tiles, tile -> {
            int used = Math.min(width, columns - tile * width);
            for (int k = 0; k < inner; k++) {
                int to = (tile * inner + k) * width;
                if (transposed) {
                    PackedWeights.copy(from, tile * width * inner + k, inner, out, to, used);
                } else {
                    System.arraycopy(from, k * columns + tile * width, out, to, used);
                }
                Arrays.fill(out, to + used, to + width, 0);
            }
        });
        return out;
    }

    private static void transpose(float[] from, int rows, int columns, float[] to) {
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                to[c * rows + r] = from[r * columns + c];
            }
        }
    }
}
