package thaw.kernels.opencl;

import java.util.List;
import java.util.Optional;
import thaw.kernels.AdamWOptions;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.CacheFolder;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.DeviceProfile;
import thaw.kernels.Epilogue;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.SgdOptions;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/**
 * The backend for graphics cards: float32 by OpenCL 1.2, on one device. Operators are enqueued and return at once; reading
 * a result waits for it. Thread-safe, as {@link Backend} requires.
 *
 * <p>Closing the backend releases all arrays that are still owned; nothing is left to finalizers.
 */
public final class OpenClBackend implements Backend {

    private final DeviceQueue queue;
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

    OpenClBackend(OpenClDevices.Handle device, Options options, Tuning tuning) {
        queue = new DeviceQueue(device, options.memoryLimit, options.profiled);
        programs = new Programs(queue);
        transfers = new Transfers(queue);
        memory = new Memory(queue, transfers);
        rearrangement = new Rearrangement(memory, programs);
        elementwise = new Elementwise(memory, programs);
        reductions = new Reductions(memory, programs);
        gemm = new Gemm(memory, programs, queue.device(), tuning);
        product = new OpenClMatrixProduct(memory, gemm);
        convolution = new OpenClConvolution(memory, programs, elementwise, gemm,
                new Winograd(memory, programs, gemm, queue.device()));
        batchNorm = new BatchNorm(memory, programs, elementwise);
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
        return new OpenClBackend(device, options,
                new TuningCache(CacheFolder.path()).read(device.device()).orElseGet(() -> Tuning.usual(device.device())));
    }

    /** Whether products of this kind are computed with this tile; false if the device has refused it. */
    boolean takes(ProductShape kind, GemmTile tile) {
        return gemm.takes(kind, tile);
    }

    /** Computes with another tuning from now on, for trials of tiles in one context. */
    void retune(Tuning tuning) {
        gemm.retune(tuning);
    }

    /** Opens a device with the given tuning instead of its own. */
    static OpenClBackend open(int index, Options options, Tuning tuning) {
        return new OpenClBackend(OpenClDevices.handle(index), options, tuning);
    }

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

    // ---- memory ------------------------------------------------------------------------------------------------

    @Override
    public Array zeros(Shape shape) {
        return memory.result(shape, x -> elementwise.fill(x, 0));
    }

    @Override
    public Array of(Shape shape, float[] values) {
        return memory.of(shape, values);
    }

    @Override
    public Array of(Shape shape, double[] values) {
        return memory.of(shape, values);
    }

    @Override
    public Array copy(Array x) {
        return memory.copy(x);
    }

    @Override
    public void read(Array x, float[] into) {
        memory.read(x, into);
    }

    @Override
    public void read(Array x, double[] into) {
        memory.read(x, into);
    }

    @Override
    public void write(Array x, float[] values) {
        memory.write(x, values);
    }

    @Override
    public void fill(Array x, double value) {
        elementwise.fill(x, value);
    }

    @Override
    public void assign(Array target, Array source) {
        memory.assign(target, source);
    }

    @Override
    public MemoryUse memory() {
        return new MemoryUse(queue.pool().usedBytes(), queue.pool().idleBytes());
    }

    // ---- rearranging -------------------------------------------------------------------------------------------

    @Override
    public Array reshape(Array x, Shape shape) {
        return rearrangement.reshape(x, shape);
    }

    @Override
    public Array permute(Array x, int... dims) {
        return rearrangement.permute(x, dims);
    }

    @Override
    public Array cat(List<Array> xs, int dim) {
        return rearrangement.cat(xs, dim);
    }

    @Override
    public Array narrow(Array x, int dim, int start, int length) {
        return rearrangement.narrow(x, dim, start, length);
    }

    // ---- element-wise and reductions ----------------------------------------------------------------------------

    @Override
    public Array unary(UnaryOp op, Array x) {
        return elementwise.unary(op, x);
    }

    @Override
    public Array unaryGradient(UnaryOp op, Array gy, Array x, Array y) {
        return elementwise.unaryGradient(op, gy, x, y);
    }

    @Override
    public Array binary(BinaryOp op, Array a, Array b) {
        return elementwise.binary(op, a, b);
    }

    @Override
    public Array affine(Array x, double alpha, double beta) {
        return elementwise.affine(x, alpha, beta);
    }

    @Override
    public Array clamp(Array x, double low, double high) {
        return elementwise.clamp(x, low, high);
    }

    @Override
    public void add(Array target, Array x) {
        elementwise.add(target, x);
    }

    @Override
    public Array sum(Array x, boolean keepDim, int... dims) {
        return reductions.sum(x, keepDim, dims);
    }

    @Override
    public Array expand(Array x, Shape shape) {
        return rearrangement.expand(x, shape);
    }

    @Override
    public Array argmax(Array x) {
        return reductions.argmax(x);
    }

    // ---- linear algebra and convolution ---------------------------------------------------------------------------

    @Override
    public Array matmul(Array a, boolean transposeA, Array b, boolean transposeB) {
        return product.matmul(a, transposeA, b, transposeB);
    }

    @Override
    public Array conv2dWithEpilogue(Array x, Array w, Epilogue epilogue, Conv2dOptions options) {
        return convolution.conv2d(x, w, epilogue, options);
    }

    @Override
    public Array conv2dInputGradient(Array gy, Array w, Shape xShape, Conv2dOptions options) {
        return convolution.inputGradient(gy, w, xShape, options);
    }

    @Override
    public Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions options) {
        return convolution.weightGradient(gy, x, wShape, options);
    }

    // ---- batch normalisation --------------------------------------------------------------------------------------

    @Override
    public Normalized batchNormTrain(Array x, Array weight, Array bias, Array runningMean, Array runningVar, double momentum,
            double eps, Array residual, boolean relu) {
        return batchNorm.train(x, weight, bias, runningMean, runningVar, momentum, eps, residual, relu);
    }

    @Override
    public Array batchNormEval(Array x, Array weight, Array bias, Array mean, Array var, double eps) {
        return batchNorm.eval(x, weight, bias, mean, var, eps);
    }

    @Override
    public ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps) {
        return batchNorm.affine(weight, bias, mean, var, eps);
    }

    @Override
    public NormGradients batchNormTrainGradient(Array gy, Array x, Array y, Array weight, Array mean, Array invStd,
            boolean needInput, boolean needResidual) {
        return batchNorm.trainGradient(gy, x, y, weight, mean, invStd, needInput, needResidual);
    }

    @Override
    public NormGradients batchNormEvalGradient(Array gy, Array x, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters) {
        return batchNorm.evalGradient(gy, x, weight, mean, var, eps, needInput, needParameters);
    }

    // ---- pooling ------------------------------------------------------------------------------------------------

    @Override
    public Pooled maxPool2d(Array x, Pool2dOptions options, boolean needIndices) {
        return pooling.max(x, options, needIndices);
    }

    @Override
    public Pooled adaptiveMaxPool2d(Array x, int outH, int outW) {
        return pooling.adaptiveMax(x, outH, outW);
    }

    @Override
    public Array maxPool2dGradient(Array gy, Array indices, Shape xShape) {
        return pooling.maxGradient(gy, indices, xShape);
    }

    @Override
    public Array avgPool2d(Array x, Pool2dOptions options) {
        return pooling.avg(x, options);
    }

    @Override
    public Array avgPool2dGradient(Array gy, Shape xShape, Pool2dOptions options) {
        return pooling.avgGradient(gy, xShape, options);
    }

    @Override
    public Array adaptiveAvgPool2d(Array x, int outH, int outW) {
        return pooling.adaptiveAvg(x, outH, outW);
    }

    @Override
    public Array adaptiveAvgPool2dGradient(Array gy, Shape xShape) {
        return pooling.adaptiveAvgGradient(gy, xShape);
    }

    // ---- loss, regularisation, optimisation -------------------------------------------------------------------------

    @Override
    public Array logSoftmax(Array x) {
        return loss.logSoftmax(x);
    }

    @Override
    public Array logSoftmaxGradient(Array gy, Array y) {
        return loss.logSoftmaxGradient(gy, y);
    }

    @Override
    public Loss crossEntropy(Array scores, Array target, Array classWeight, double smoothing, Reduction reduction) {
        return loss.crossEntropy(scores, target, classWeight, smoothing, reduction);
    }

    @Override
    public Loss binaryCrossEntropy(Array scores, Array target, Array positiveWeight, Reduction reduction) {
        return binaryLoss.binaryCrossEntropy(scores, target, positiveWeight, reduction);
    }

    @Override
    public Array dropout(Array x, double p, long seed) {
        return elementwise.dropout(x, p, seed);
    }

    @Override
    public void sgd(SgdOptions options, List<Array> parameters, List<Array> gradients, List<Array> momentumBuffers,
            boolean[] first, Array foundInf) {
        sgd.step(options, parameters, gradients, momentumBuffers, first, foundInf);
    }

    @Override
    public void adamW(AdamWOptions options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, Array foundInf) {
        adamW.step(options, parameters, gradients, firstMoments, secondMoments, steps, foundInf);
    }

    @Override
    public void lerp(Array target, Array x, double weight) {
        elementwise.lerp(target, x, weight);
    }
}
