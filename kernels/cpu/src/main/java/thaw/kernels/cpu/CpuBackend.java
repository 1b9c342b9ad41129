package thaw.kernels.cpu;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import thaw.kernels.AdamWOps;
import thaw.kernels.ArrayOps;
import thaw.kernels.BinaryLossOps;
import thaw.kernels.CheckedBackend;
import thaw.kernels.ComputeThreads;
import thaw.kernels.ConvolutionOps;
import thaw.kernels.ElementwiseOps;
import thaw.kernels.LossOps;
import thaw.kernels.MatmulOps;
import thaw.kernels.NormOps;
import thaw.kernels.PoolOps;
import thaw.kernels.ReductionOps;
import thaw.kernels.SgdOps;
import thaw.kernels.ShapeOps;
import thaw.kernels.cpu.conv.BlockedConvolution;
import thaw.kernels.cpu.elementwise.Elementwise;
import thaw.kernels.cpu.elementwise.Rearrangement;
import thaw.kernels.cpu.loss.AdamWUpdate;
import thaw.kernels.cpu.loss.LogisticLoss;
import thaw.kernels.cpu.loss.SgdUpdate;
import thaw.kernels.cpu.loss.SoftmaxLoss;
import thaw.kernels.cpu.matmul.MatrixProduct;
import thaw.kernels.cpu.memory.CpuArrays;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.norm.BatchNorm;
import thaw.kernels.cpu.norm.LaneLoops;
import thaw.kernels.cpu.norm.Pooling;
import thaw.kernels.cpu.norm.ScalarLaneLoops;
import thaw.kernels.cpu.norm.VectorLaneLoops;
import thaw.kernels.cpu.parallel.ExecutorWorkers;
import thaw.kernels.cpu.parallel.Workers;

/**
 * The fast backend for CPUs: float32 on all cores. With the module {@code jdk.incubator.vector} present it uses the Vector
 * API; without it, scalar loops that give the same bits. Activations are stored in channel blocks of one vector's width.
 * Thread-safe, as {@link thaw.kernels.Backend} requires.
 */
public final class CpuBackend extends CheckedBackend {

    private final String description;
    private final Workers workers;
    private final Memory memory;
    private final CpuArrays arrays;
    private final Rearrangement rearrangement;
    private final Elementwise elementwise;
    private final BlockLoops loops;
    private final AtomicReference<QuickStart> quickStart = new AtomicReference<>();
    private volatile boolean warm;
    private final MatmulOps product;
    private final BlockedConvolution convolution;
    private final BatchNorm batchNorm;
    private final Pooling pooling;
    private final SoftmaxLoss loss;
    private final LogisticLoss binaryLoss;
    private final SgdUpdate sgd;
    private final AdamWUpdate adamW;

    CpuBackend(Workers workers, BlockLoops loops) {
        int threads = workers.threads();
        this.workers = workers;
        this.loops = loops;
        int lanes = loops.lanes();
        memory = new Memory(workers, lanes);
        Supplier<LaneLoops> laneLoops = laneLoops(loops);
        arrays = new CpuArrays(memory);
        rearrangement = new Rearrangement(memory);
        elementwise = new Elementwise(memory, workers, laneLoops);
        product = new MatrixProduct(memory, workers, loops);
        convolution = new BlockedConvolution(memory, workers, loops);
        batchNorm = new BatchNorm(memory, workers, laneLoops);
        pooling = new Pooling(memory, workers, laneLoops);
        loss = new SoftmaxLoss(memory);
        binaryLoss = new LogisticLoss(memory);
        sgd = new SgdUpdate(memory, workers);
        adamW = new AdamWUpdate(memory, workers);
        description = "cpu, " + (loops.hasVectors() ? "Vector API with " : "scalar loops in blocks of ") + lanes + " floats, "
                + threads + (threads == 1 ? " thread" : " threads");
    }

    private static Supplier<LaneLoops> laneLoops(BlockLoops loops) {
        LaneLoops scalars = new ScalarLaneLoops(loops.lanes());
        LaneLoops vectors = loops.hasVectors() ? new VectorLaneLoops() : scalars;
        return () -> loops.vectors() ? vectors : scalars;
    }

    /** The fastest variant for this Java: vectors if {@linkplain #hasVectors available}, else scalar loops. */
    public static CpuBackend create(int threads) {
        return create(ComputeThreads.of(threads));
    }

    /** Like {@link #create(int)}, with threads of the caller's executor if it gives one. */
    public static CpuBackend create(ComputeThreads threads) {
        Workers workers = threads.executor().<Workers>map(executor -> new ExecutorWorkers(threads.count(), executor))
                .orElseGet(() -> new Workers(threads.count()));
        return new CpuBackend(workers, hasVectors() ? vectors() : new BlockLoops(Processor.LANES, false));
    }

    /** Scalar loops, whether or not the Vector API is available; both give the same bits. */
    public static CpuBackend scalar(int threads) {
        return scalar(threads, Processor.LANES);
    }

    /**
     * Scalar loops that give the bits of another processor's vectors.
     *
     * @param lanes floats in the vectors whose bits to give: 4, 8 or 16 (AVX-512)
     */
    public static CpuBackend scalar(int threads, int lanes) {
        if (lanes != 4 && lanes != 8 && lanes != 16) {
            throw new IllegalArgumentException("lanes: " + lanes + "; vectors have 4, 8 or 16 floats");
        }
        return new CpuBackend(new Workers(threads), new BlockLoops(lanes, false));
    }

    private static BlockLoops vectors() {
        return new BlockLoops(VectorSupport.lanes(), true);
    }

    /**
     * Whether the Vector API is available and fast. It needs {@code --add-modules jdk.incubator.vector}, and hardware
     * vectors of at least four floats: otherwise the API falls back to code that is far slower than scalar loops.
     */
    public static boolean hasVectors() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() && VectorSupport.isFast();
    }

    @Override
    public String description() {
        return description;
    }

    /** The number of floats in a vector; 1 with scalar loops. */
    public int lanes() {
        return loops.hasVectors() ? loops.lanes() : 1;
    }

    @Override
    public void warmUp(boolean training) {
        if (!loops.hasVectors()) {
            return;
        }
        QuickStart started = quickStart.get();
        if (started != null) {
            started.await();
        } else {
            QuickStart.compileAll(loops);
        }
        if (training) {
            WarmUp.run(this, loops.lanes());
        }
        warm = true;
    }

    @Override
    public void warmUpInBackground() {
        if (loops.hasVectors()) {
            QuickStart started = new QuickStart(loops);
            if (quickStart.compareAndSet(null, started)) {
                started.begin();
            }
        }
    }

    @Override
    public void makeBatchInvariant() {
        convolution.makeBatchInvariant();
    }

    @Override
    public boolean isWarm() {
        QuickStart started = quickStart.get();
        return warm || !loops.hasVectors() || started != null && started.isDone();
    }

    @Override
    public void close() {
        QuickStart started = quickStart.get();
        if (started != null) {
            started.close();
        }
        workers.close();
        memory.pool().clear();
    }

    @Override
    public MemoryUse memory() {
        return new MemoryUse(memory.pool().usedBytes(), memory.pool().idleBytes());
    }

    @Override
    protected ArrayOps arrays() {
        return arrays;
    }

    @Override
    protected ShapeOps shapes() {
        return rearrangement;
    }

    @Override
    protected ElementwiseOps elementwise() {
        return elementwise;
    }

    @Override
    protected ReductionOps reductions() {
        return rearrangement;
    }

    @Override
    protected MatmulOps products() {
        return product;
    }

    @Override
    protected ConvolutionOps convolutions() {
        QuickStart started = quickStart.get();
        if (started != null) {
            started.awaitOnOneProcessor();
        }
        return convolution;
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
        return binaryLoss;
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
