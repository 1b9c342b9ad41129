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
 * input channel. The right matrix is packed into panels of some vectors' width; like weights, the packed form is kept if
 * the matrix is used again.
 */
public final class MatrixProduct implements MatmulOps {

    private static final int[] NO_TAPS = {0};

    /** A shift beyond any inner extent: the whole row of {@code a} is one tap. */
    private static final int SHIFT = 30;

    /** Rows of {@code a} per item. */
    private static final int ROWS = 56;

    private record PackKey(boolean transposed, Shape shape) {
    }

    private final Memory memory;
    private final Workers workers;
    private final BlockLoops loops;
    private final int width;

    public MatrixProduct(Memory memory, Workers workers, BlockLoops loops) {
        this.memory = memory;
        this.workers = workers;
        this.loops = loops;
        this.width = loops.panel() * memory.block();
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
        workers.run(bands * panels(columns), item -> {
            int row = item % bands * ROWS;
            int panel = item / bands;
            int count = Math.min(ROWS, rows - row);
            int column = panel * width;
            int used = Math.min(width, columns - column);
            int vectors = vectors(panel, columns);
            int padded = vectors * memory.block();
            int pixels = loops.tile(count, vectors, inner, SHIFT);
            if (used == padded) {
                loops.pixels(count, pixels, vectors, a, row * inner, inner, NO_TAPS, SHIFT, inner, b, column * inner,
                        null, 0, c, row * columns + column, columns, memory.block());
                return;
            }
            // The last columns do not fill the vectors: compute them into a separate buffer and copy the existing ones.
            float[] aside = memory.pool().take(count * padded);
            loops.pixels(count, pixels, vectors, a, row * inner, inner, NO_TAPS, SHIFT, inner, b, column * inner,
                    null, 0, aside, 0, padded, memory.block());
            for (int r = 0; r < count; r++) {
                System.arraycopy(aside, r * padded, c, (row + r) * columns + column, used);
            }
            memory.pool().give(aside);
        });
    }

    private int panels(int columns) {
        return (columns + width - 1) / width;
    }

    private int vectors(int panel, int columns) {
        return Math.min(width / memory.block(), CpuArray.channelBlocks(columns - panel * width, memory.block()));
    }

    private int packedLength(int inner, int columns) {
        return CpuArray.channelBlocks(columns, memory.block()) * memory.block() * inner;
    }

    private float[] pack(CpuArray b, boolean transposed, int inner, int columns) {
        float[] out = memory.pool().takeFitting(packedLength(inner, columns));
        float[] from = b.data();
        workers.run(panels(columns), panel -> {
            int column = panel * width;
            int used = Math.min(width, columns - column);
            int padded = vectors(panel, columns) * memory.block();
            for (int k = 0; k < inner; k++) {
                int to = column * inner + k * padded;
                if (transposed) {
                    PackedWeights.copy(from, column * inner + k, inner, out, to, used);
                } else {
                    System.arraycopy(from, k * columns + column, out, to, used);
                }
                Arrays.fill(out, to + used, to + padded, 0);
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
