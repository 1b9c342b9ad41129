package thaw.kernels.opencl;

import java.nio.file.Path;
import java.util.Optional;
import thaw.kernels.AdamWOps;
import thaw.kernels.Array;
import thaw.kernels.ArrayOps;
import thaw.kernels.BinaryLossOps;
import thaw.kernels.CacheFolder;
import thaw.kernels.CheckedBackend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionOps;
import thaw.kernels.DeviceProfile;
import thaw.kernels.ElementwiseOps;
import thaw.kernels.LossOps;
import thaw.kernels.MatmulOps;
import thaw.kernels.NormOps;
import thaw.kernels.PoolOps;
import thaw.kernels.ReductionOps;
import thaw.kernels.SgdOps;
import thaw.kernels.ShapeOps;
import thaw.kernels.Shapes;

/**
 * The backend for graphics cards: float32 by OpenCL 1.2, on one device. Operators are enqueued and return at once; reading
 * a result waits for it. Thread-safe, as {@link thaw.kernels.Backend} requires.
 *
 * <p>Closing the backend releases all arrays that are still owned; nothing is left to finalizers.
 */
public final class OpenClBackend extends CheckedBackend {

    private final CommandQueue queue;
    private final Programs programs;
    private final Transfers transfers;
    private final Memory memory;
    private final Rearrangement rearrangement;
    private final Elementwise elementwise;
    private final Reductions reductions;
    private final Gemm gemm;
    private final OpenClMatrixProduct product;
    private final OpenClConvolution convolution;
    private final BatchNorm batchNorm;
    private final Pooling pooling;
    private final SoftmaxLoss loss;
    private final LogisticLoss binaryLoss;
    private final SgdUpdate sgd;
    private final AdamWUpdate adamW;

    OpenClBackend(CommandQueue queue, Tuning tuning) {
        this(queue, new Programs(queue), tuning);
    }

    OpenClBackend(CommandQueue queue, Programs programs, Tuning tuning) {
        this.queue = queue;
        this.programs = programs;
        transfers = new Transfers(queue);
        memory = new Memory(queue, transfers, programs);
        rearrangement = new Rearrangement(memory, programs);
        elementwise = new Elementwise(memory, programs);
        reductions = new Reductions(memory, programs);
        gemm = new Gemm(memory, programs, queue.device(), tuning);
        product = new OpenClMatrixProduct(memory, gemm);
        convolution = new OpenClConvolution(memory, programs, gemm, new Winograd(memory, programs, gemm, queue.device()));
        batchNorm = new BatchNorm(memory, programs);
        pooling = new Pooling(memory, programs);
        loss = new SoftmaxLoss(memory, programs);
        binaryLoss = new LogisticLoss(memory, programs, loss);
        sgd = new SgdUpdate(memory, programs);
        adamW = new AdamWUpdate(memory, programs);
    }

    /**
     * Options for opening a device.
     *
     * @param memoryLimit bytes that all arrays together may take, idle ones in the pool included; the device's memory
     *     if that is less
     * @param profiled    whether the device records when each kernel begins and ends, for {@link #profile}
     */
    public record Options(long memoryLimit, boolean profiled) {

        /** No limit of memory but the device's own, no profiling. */
        public static final Options DEFAULT = new Options(Long.MAX_VALUE, false);
    }

    /**
     * Opens {@linkplain OpenClDevices#best the fastest device by its kind}.
     *
     * @throws OpenClException if there is none, or it does not work
     */
    public static OpenClBackend open() {
        return open(OpenClDevices.best().index());
    }

    /**
     * Opens the device with this index in {@link OpenClDevices#list}.
     *
     * @throws OpenClException if there is no such device, or it does not work
     */
    public static OpenClBackend open(int index) {
        return open(index, Options.DEFAULT);
    }

    /** @throws OpenClException if there is no such device, or it does not work */
    public static OpenClBackend open(int index, Options options) {
        OpenClDevices.Handle device = OpenClDevices.handle(index);
        SignalChaining.warnIfMissing(device.device());
        Path cache = CacheFolder.path();
        return new OpenClBackend(
                new DeviceQueue(device, options.memoryLimit, options.profiled, ProgramCache.in(cache)),
                new TuningCache(cache).read(device.device()).orElseGet(() -> Tuning.usual(device.device())));
    }

    /** Whether products of this kind are computed with this tile; false if the device has refused it. */
    boolean takes(ProductShape kind, GemmTile tile) {
        return gemm.takes(kind, tile);
    }

    /** Computes with another tuning from now on, for trials of tiles in one context. */
    void retune(Tuning tuning) {
        gemm.retune(tuning);
    }

    /** Opens a device with the given tuning instead of its own, and compiles all programs anew. */
    static OpenClBackend open(int index, Options options, Tuning tuning) {
        return new OpenClBackend(
                new DeviceQueue(OpenClDevices.handle(index), options.memoryLimit, options.profiled, ProgramCache.NONE), tuning);
    }

    /** The device that this backend computes on. */
    public OpenClDevice device() {
        return queue.device();
    }

    /** {@code "opencl, NVIDIA GeForce RTX 2070, 36 units"} */
    @Override
    public String description() {
        int units = device().computeUnits();
        return "opencl, " + device().name() + ", " + units + (units == 1 ? " unit" : " units");
    }

    @Override
    public boolean isAsynchronous() {
        return true;
    }

    /** Waits for all enqueued commands. */
    public void finish() {
        transfers.settle();
        queue.finish();
    }

    /** Counts the driver's objects, after all uploads have completed. */
    public LiveObjects liveObjects() {
        transfers.settle();
        return queue.objects().live();
    }

    /** Empty unless the device was opened {@linkplain Options#profiled for profiling}. */
    @Override
    public Optional<DeviceProfile> profile() {
        return Optional.ofNullable(queue.profile());
    }

    @Override
    public void close() {
        if (queue.isOpen()) {
            transfers.close();
            programs.close();
            queue.close();
        }
    }

    @Override
    public void addConv2dInputGradient(Array gx, Array gy, Array w, Conv2dOptions options) {
        if (options.groups() > 1) {
            super.addConv2dInputGradient(gx, gy, w, options);
        } else {
            Shapes.conv2dInputGradient(gy.shape(), w.shape(), gx.shape(), options);
            convolution.addInputGradient(gx, gy, w, options);
        }
    }

    /** Returns at once: other threads compile. On a CPU, whose threads have other work, each program waits for its use. */
    @Override
    public void warmUp(boolean training) {
        if (training) {
            programs.prepareTraining();
        }
        convolution.prepareUsual(training);
    }

    @Override
    public MemoryUse memory() {
        return new MemoryUse(queue.pool().usedBytes(), queue.pool().idleBytes());
    }

    @Override
    protected ArrayOps arrays() {
        return memory;
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
        return reductions;
    }

    @Override
    protected MatmulOps products() {
        return product;
    }

    @Override
    protected ConvolutionOps convolutions() {
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
