package thaw.kernels.cpu;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import thaw.kernels.AdamWOptions;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.SgdOptions;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;
import thaw.kernels.UnaryOp;
import thaw.kernels.cpu.conv.Convolution;
import thaw.kernels.cpu.conv.PlainConvolution;
import thaw.kernels.cpu.conv.VectorConvolution;
import thaw.kernels.cpu.elementwise.Elementwise;
import thaw.kernels.cpu.elementwise.Rearrangement;
import thaw.kernels.cpu.loss.AdamWUpdate;
import thaw.kernels.cpu.loss.LogisticLoss;
import thaw.kernels.cpu.loss.SgdUpdate;
import thaw.kernels.cpu.loss.SoftmaxLoss;
import thaw.kernels.cpu.matmul.MatrixProduct;
import thaw.kernels.cpu.matmul.PlainMatrixProduct;
import thaw.kernels.cpu.matmul.VectorMatrixProduct;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.norm.BatchNorm;
import thaw.kernels.cpu.norm.LaneLoops;
import thaw.kernels.cpu.norm.PlainLaneLoops;
import thaw.kernels.cpu.norm.Pooling;
import thaw.kernels.cpu.norm.ScalarWindowLoops;
import thaw.kernels.cpu.norm.VectorLaneLoops;
import thaw.kernels.cpu.norm.WindowLoops;
import thaw.kernels.cpu.parallel.Workers;

/**
 * The fast backend for CPUs: float32 on all cores. With the module {@code jdk.incubator.vector} present it uses the Vector
 * API, and activations are stored in channel blocks of one vector's width; without it, it runs plain loops on row-major
 * arrays. Thread-safe, as {@link Backend} requires.
 */
public final class CpuBackend implements Backend {

    private final String description;
    private final int lanes;
    private final Workers workers;
    private final Memory memory;
    private final Rearrangement rearrangement;
    private final Elementwise elementwise;
    private final BlockLoops current;
    private final AtomicReference<QuickStart> quickStart = new AtomicReference<>();
    private final MatrixProduct product;
    private final Convolution convolution;
    private final BatchNorm batchNorm;
    private final Pooling pooling;
    private final SoftmaxLoss loss;
    private final LogisticLoss binaryLoss;
    private final SgdUpdate sgd;
    private final AdamWUpdate adamW;

    private CpuBackend(int threads, boolean vectors) {
        workers = new Workers(threads);
        LaneLoops loops = vectors ? new VectorLaneLoops() : new PlainLaneLoops();
        lanes = loops.lanes();
        memory = new Memory(workers, lanes);
        rearrangement = new Rearrangement(memory);
        elementwise = new Elementwise(memory, workers, loops);
        current = vectors ? new BlockLoops(lanes) : null;
        product = vectors ? new VectorMatrixProduct(memory, workers, current) : new PlainMatrixProduct(memory, workers);
        convolution = vectors ? new VectorConvolution(memory, workers, current) : new PlainConvolution(memory, workers);
        batchNorm = new BatchNorm(memory, workers, loops);
        pooling = new Pooling(memory, workers, windowLoops(loops));
        loss = new SoftmaxLoss(memory);
        binaryLoss = new LogisticLoss(memory);
        sgd = new SgdUpdate(memory, workers);
        adamW = new AdamWUpdate(memory, workers);
        description = "cpu, " + (vectors ? "Vector API with " + loops.lanes() + " floats" : "plain loops") + ", "
                + threads + (threads == 1 ? " thread" : " threads");
    }

    private Supplier<WindowLoops> windowLoops(WindowLoops loops) {
        if (current == null) {
            return () -> loops;
        }
        WindowLoops scalars = new ScalarWindowLoops(lanes);
        return () -> current.vectors() ? loops : scalars;
    }

    /** The fastest variant for this Java: vectors if {@linkplain #hasVectors available}, else plain loops. */
    public static CpuBackend create(int threads) {
        return new CpuBackend(threads, hasVectors());
    }

    /** Plain loops, whether or not the Vector API is available. */
    public static CpuBackend plain(int threads) {
        return new CpuBackend(threads, false);
    }

    /**
     * Whether the Vector API is available and fast. It needs {@code --add-modules jdk.incubator.vector}, and hardware
     * vectors of at least four floats: otherwise the API falls back to code that is far slower than plain loops.
     */
    public static boolean hasVectors() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() && VectorSupport.isFast();
    }

    @Override
    public String description() {
        return description;
    }

    /** The number of floats in a vector; 1 with plain loops. */
    public int lanes() {
        return lanes;
    }

    @Override
    public void warmUp(boolean training) {
        if (current == null) {
            return;
        }
        QuickStart started = quickStart.get();
        if (started != null) {
            started.await();
        }
        if (started == null || training) {
            WarmUp.run(this, lanes, training);
        }
    }

    @Override
    public void warmUpInBackground() {
        if (current != null) {
            QuickStart started = new QuickStart(current, workers, lanes);
            if (quickStart.compareAndSet(null, started)) {
                started.begin();
            }
        }
    }

    /** A backend with one thread and a fixed kind of loops, for warming up in the background. */
    static CpuBackend with(boolean vectorLoops) {
        CpuBackend backend = new CpuBackend(1, true);
        backend.current.useVectors(vectorLoops);
        return backend;
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

    // ---- memory ------------------------------------------------------------------------------------------------

    @Override
    public Array zeros(Shape shape) {
        CpuArray x = memory.rowMajor(shape);
        Arrays.fill(x.data(), 0, x.length(), 0);
        return x;
    }

    @Override
    public Array of(Shape shape, float[] values) {
        Shapes.requireLength("of", shape, values.length);
        CpuArray x = memory.rowMajor(shape);
        System.arraycopy(values, 0, x.data(), 0, values.length);
        return x;
    }

    @Override
    public Array of(Shape shape, double[] values) {
        Shapes.requireLength("of", shape, values.length);
        CpuArray x = memory.rowMajor(shape);
        float[] data = x.data();
        for (int i = 0; i < values.length; i++) {
            data[i] = (float) values[i];
        }
        return x;
    }

    @Override
    public Array copy(Array array) {
        CpuArray x = cpu(array);
        CpuArray y = memory.like(x);
        System.arraycopy(x.data(), 0, y.data(), 0, x.length());
        return y;
    }

    @Override
    public void read(Array x, float[] into) {
        Shapes.requireLength("read", x.shape(), into.length);
        memory.scatter(cpu(x), into);
    }

    @Override
    public void read(Array array, double[] into) {
        Shapes.requireLength("read", array.shape(), into.length);
        CpuArray x = memory.asRowMajor(array);
        float[] data = x.data();
        for (int i = 0; i < into.length; i++) {
            into[i] = data[i];
        }
        x.release();
    }

    @Override
    public void write(Array x, float[] values) {
        Shapes.requireLength("write", x.shape(), values.length);
        memory.gather(values, cpu(x));
        x.storage().changed();
    }

    @Override
    public void write(Array array, FloatBuffer values) {
        CpuArray x = cpu(array);
        if (!x.isRowMajor()) {
            Backend.super.write(x, values);
            return;
        }
        Shapes.requireLength("write", x.shape(), values.remaining());
        values.duplicate().get(x.data(), 0, x.length());
        x.storage().changed();
    }

    @Override
    public void fill(Array array, double value) {
        CpuArray x = cpu(array);
        if (x.isPadded() && value != 0) {
            float[] values = memory.pool().take(x.shape().size());
            Arrays.fill(values, 0, x.shape().size(), (float) value);
            memory.gather(values, x);
            memory.pool().give(values);
        } else {
            Arrays.fill(x.data(), 0, x.length(), (float) value);
        }
        x.storage().changed();
    }

    @Override
    public void assign(Array target, Array source) {
        Shapes.same("assign", target.shape(), source.shape());
        CpuArray to = cpu(target);
        CpuArray from = to.isRowMajor() ? memory.asRowMajor(source) : memory.asBlocked(source);
        System.arraycopy(from.data(), 0, to.data(), 0, to.length());
        from.release();
        to.storage().changed();
    }

    @Override
    public MemoryUse memory() {
        return new MemoryUse(memory.pool().usedBytes(), memory.pool().idleBytes());
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
        return rearrangement.sum(x, keepDim, dims);
    }

    @Override
    public Array expand(Array x, Shape shape) {
        return rearrangement.expand(x, shape);
    }

    @Override
    public Array argmax(Array x) {
        return rearrangement.argmax(x);
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
