package thaw.kernels.cpu.matmul;

import static thaw.kernels.cpu.memory.Memory.cpu;

import thaw.kernels.Array;
import thaw.kernels.MatmulOps;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.parallel.Workers;

/** {@link thaw.kernels.Backend#matmul} without the Vector API. */
public final class PlainMatrixProduct implements MatmulOps {

    private final Memory memory;
    private final Workers workers;

    public PlainMatrixProduct(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
    }

    @Override
    public Array matmul(Array left, boolean transposeA, Array right, boolean transposeB) {
        Shape shape = Shapes.matmul(left.shape(), transposeA, right.shape(), transposeB);
        CpuArray y = memory.rowMajor(shape);
        MatrixView a = MatrixView.of(cpu(left).data(), 0, left.shape().dim(1));
        MatrixView b = MatrixView.of(cpu(right).data(), 0, right.shape().dim(1));
        PlainProduct product = new PlainProduct(memory, transposeA ? a.transposed() : a, transposeB ? b.transposed() : b,
                MatrixView.of(y.data(), 0, shape.dim(1)), shape.dim(0), shape.dim(1), left.shape().dim(transposeA ? 0 : 1));
        workers.run(product.blocks(), i -> product.block(i, false));
        return y;
    }
}
