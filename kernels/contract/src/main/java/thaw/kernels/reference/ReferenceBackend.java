package thaw.kernels.reference;

import thaw.kernels.AdamWOps;
import thaw.kernels.ArrayOps;
import thaw.kernels.BinaryLossOps;
import thaw.kernels.CheckedBackend;
import thaw.kernels.ConvolutionOps;
import thaw.kernels.ElementwiseOps;
import thaw.kernels.LossOps;
import thaw.kernels.MatmulOps;
import thaw.kernels.NormOps;
import thaw.kernels.PoolOps;
import thaw.kernels.ReductionOps;
import thaw.kernels.SgdOps;
import thaw.kernels.ShapeOps;

/** The definition of every operator in double precision; the formulas are in the other classes of this package. */
public final class ReferenceBackend extends CheckedBackend {

    private final ReferenceMemory memory = new ReferenceMemory();
    private final ReferenceStrides strides = new ReferenceStrides(memory);
    private final ReferenceElementwise elementwise = new ReferenceElementwise(memory);
    private final ReferenceMatmul matmul = new ReferenceMatmul(memory);
    private final ReferenceConv2d conv2d = new ReferenceConv2d(memory);
    private final ReferenceBatchNorm batchNorm = new ReferenceBatchNorm(memory);
    private final ReferencePooling pooling = new ReferencePooling(memory);
    private final ReferenceLoss loss = new ReferenceLoss(memory);
    private final ReferenceSgd sgd = new ReferenceSgd(memory);
    private final ReferenceAdamW adamW = new ReferenceAdamW(memory);

    @Override
    public String description() {
        return "reference, double precision, 1 thread";
    }

    @Override
    public MemoryUse memory() {
        return new MemoryUse(memory.inUse(), 0);
    }

    /** Does nothing: there are no threads, and the arrays are on the Java heap. */
    @Override
    public void close() {
    }

    @Override
    protected ArrayOps arrays() {
        return memory;
    }

    @Override
    protected ShapeOps shapes() {
        return strides;
    }

    @Override
    protected ElementwiseOps elementwise() {
        return elementwise;
    }

    @Override
    protected ReductionOps reductions() {
        return strides;
    }

    @Override
    protected MatmulOps products() {
        return matmul;
    }

    @Override
    protected ConvolutionOps convolutions() {
        return conv2d;
    }

    @Override
    protected NormOps norms() {
        return batchNorm;
    }

    @Override
    protected PoolOps pools() {
        return pooling;
    }

    @Override
    protected LossOps losses() {
        return loss;
    }

    @Override
    protected BinaryLossOps binaryLosses() {
        return loss;
    }

    @Override
    protected SgdOps sgd() {
        return sgd;
    }

    @Override
    protected AdamWOps adamW() {
        return adamW;
    }
}
