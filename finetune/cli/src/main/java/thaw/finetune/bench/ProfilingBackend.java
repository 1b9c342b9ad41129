package thaw.finetune.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
import thaw.kernels.UnaryOp;

/**
 * A backend that delegates to another one and records each operator's time by its name and the shapes of its arguments. The time
 * is that of the call: for an asynchronous device, the time to enqueue the work. Thread-safe if the other backend is.
 *
 * <p>Its arrays are the other backend's. Closing it closes the other backend.
 */
public final class ProfilingBackend implements Backend {

    private final Backend inner;
    private final Map<List<String>, OperatorTime> times = new ConcurrentHashMap<>();

    public ProfilingBackend(Backend inner) {
        this.inner = inner;
    }

    /** The operators called since the last {@link #reset}, sorted by total time, longest first. */
    public List<OperatorTime> times() {
        return times.values().stream().sorted(Comparator.comparingLong(OperatorTime::nanos).reversed()).toList();
    }

    /** Discards all recorded times, for instance after warming up. */
    public void reset() {
        times.clear();
    }

    // ---- recording ---------------------------------------------------------------------------------------------

    /** Describes the arguments after the call, in which the operator has checked them. */
    private <T> T time(String operator, Supplier<String> shapes, LongSupplier flops, Supplier<T> call) {
        long start = System.nanoTime();
        T result = call.get();
        long nanos = System.nanoTime() - start;
        OperatorTime one = new OperatorTime(operator, shapes.get(), 1, nanos, flops.getAsLong());
        times.merge(List.of(operator, one.shapes()), one, OperatorTime::plus);
        return result;
    }

    private <T> T time(String operator, Supplier<String> shapes, Supplier<T> call) {
        return time(operator, shapes, () -> 0, call);
    }

    private void run(String operator, Supplier<String> shapes, Runnable call) {
        time(operator, shapes, () -> {
            call.run();
            return null;
        });
    }

    private static String shapes(Array... arrays) {
        return shapes(List.of(arrays));
    }

    private static String shapes(List<Array> arrays) {
        return arrays.stream().map(array -> array.shape().toString()).collect(Collectors.joining(", "));
    }

    private static String norm(Array x, boolean residual, boolean relu) {
        return x.shape() + (residual ? " + residual" : "") + (relu ? ", relu" : "");
    }

    /** {@code [N, C, H, W] → K, R×S, stride 2}. */
    private static String convolution(Shape x, Shape w, Conv2dOptions options) {
        return x + " → " + w.dim(0) + ", " + w.dim(2) + "×" + w.dim(3)
                + (options.strideH() == 1 ? "" : ", stride " + options.strideH())
                + (options.groups() == 1 ? "" : ", " + options.groups() + " groups");
    }

    private static String suffix(Epilogue epilogue) {
        return Stream.of(epilogue.scale() == null ? "" : ", scale", epilogue.shift() == null ? "" : ", shift",
                epilogue.residual() == null ? "" : ", residual", epilogue.relu() ? ", relu" : "").collect(Collectors.joining());
    }

    private static long flops(Shape x, Shape w, Conv2dOptions options) {
        return 2L * options.outputShape(x, w).size() * (w.size() / w.dim(0));
    }

    // ---- description and state ---------------------------------------------------------------------------------

    @Override
    public String description() {
        return inner.description();
    }

    @Override
    public boolean isAsynchronous() {
        return inner.isAsynchronous();
    }

    @Override
    public MemoryUse memory() {
        return inner.memory();
    }

    @Override
    public void close() {
        inner.close();
    }

    // ---- memory ------------------------------------------------------------------------------------------------

    @Override
    public Array zeros(Shape shape) {
        return time("zeros", () -> shape.toString(), () -> inner.zeros(shape));
    }

    @Override
    public Array of(Shape shape, float[] values) {
        return time("of", () -> shape.toString(), () -> inner.of(shape, values));
    }

    @Override
    public Array of(Shape shape, double[] values) {
        return time("of", () -> shape.toString(), () -> inner.of(shape, values));
    }

    @Override
    public Array copy(Array x) {
        return time("copy", () -> shapes(x), () -> inner.copy(x));
    }

    @Override
    public void read(Array x, float[] into) {
        run("read", () -> shapes(x), () -> inner.read(x, into));
    }

    @Override
    public void read(Array x, double[] into) {
        run("read", () -> shapes(x), () -> inner.read(x, into));
    }

    @Override
    public void write(Array x, float[] values) {
        run("write", () -> shapes(x), () -> inner.write(x, values));
    }

    @Override
    public void fill(Array x, double value) {
        run("fill", () -> shapes(x), () -> inner.fill(x, value));
    }

    @Override
    public void assign(Array target, Array source) {
        run("assign", () -> shapes(source), () -> inner.assign(target, source));
    }

    // ---- rearranging -------------------------------------------------------------------------------------------

    @Override
    public Array reshape(Array x, Shape shape) {
        return time("reshape", () -> shapes(x), () -> inner.reshape(x, shape));
    }

    @Override
    public Array permute(Array x, int... dims) {
        return time("permute", () -> shapes(x), () -> inner.permute(x, dims));
    }

    @Override
    public Array cat(List<Array> xs, int dim) {
        return time("cat", () -> shapes(xs), () -> inner.cat(xs, dim));
    }

    @Override
    public Array narrow(Array x, int dim, int start, int length) {
        return time("narrow", () -> shapes(x), () -> inner.narrow(x, dim, start, length));
    }

    // ---- element-wise and reductions ----------------------------------------------------------------------------

    @Override
    public Array unary(UnaryOp op, Array x) {
        return time("unary", () -> op + " " + x.shape(), () -> inner.unary(op, x));
    }

    @Override
    public Array unaryGradient(UnaryOp op, Array gy, Array x, Array y) {
        return time("unaryGradient", () -> op + " " + gy.shape(), () -> inner.unaryGradient(op, gy, x, y));
    }

    @Override
    public Array binary(BinaryOp op, Array a, Array b) {
        return time("binary", () -> op + " " + shapes(a, b), () -> inner.binary(op, a, b));
    }

    @Override
    public Array affine(Array x, double alpha, double beta) {
        return time("affine", () -> shapes(x), () -> inner.affine(x, alpha, beta));
    }

    @Override
    public Array clamp(Array x, double low, double high) {
        return time("clamp", () -> shapes(x), () -> inner.clamp(x, low, high));
    }

    @Override
    public void add(Array target, Array x) {
        run("add", () -> shapes(x), () -> inner.add(target, x));
    }

    @Override
    public Array sum(Array x, boolean keepDim, int... dims) {
        return time("sum", () -> shapes(x), () -> inner.sum(x, keepDim, dims));
    }

    @Override
    public Array expand(Array x, Shape shape) {
        return time("expand", () -> x.shape() + " to " + shape, () -> inner.expand(x, shape));
    }

    @Override
    public Array argmax(Array x) {
        return time("argmax", () -> shapes(x), () -> inner.argmax(x));
    }

    // ---- linear algebra -----------------------------------------------------------------------------------------

    @Override
    public Array matmul(Array a, boolean transposeA, Array b, boolean transposeB) {
        return time("matmul", () -> shapes(a, b), () -> 2L * a.shape().size() * b.shape().dim(transposeB ? 0 : 1),
                () -> inner.matmul(a, transposeA, b, transposeB));
    }

    // ---- convolution --------------------------------------------------------------------------------------------

    @Override
    public Array conv2d(Array x, Array w, Array bias, Conv2dOptions options) {
        return time("conv2d", () -> convolution(x.shape(), w.shape(), options), () -> flops(x.shape(), w.shape(), options),
                () -> inner.conv2d(x, w, bias, options));
    }

    @Override
    public Array conv2dWithEpilogue(Array x, Array w, Epilogue epilogue, Conv2dOptions options) {
        return time("conv2dWithEpilogue", () -> convolution(x.shape(), w.shape(), options) + suffix(epilogue),
                () -> flops(x.shape(), w.shape(), options), () -> inner.conv2dWithEpilogue(x, w, epilogue, options));
    }

    @Override
    public Array conv2dInputGradient(Array gy, Array w, Shape xShape, Conv2dOptions options) {
        return time("conv2dInputGradient", () -> convolution(xShape, w.shape(), options),
                () -> flops(xShape, w.shape(), options), () -> inner.conv2dInputGradient(gy, w, xShape, options));
    }

    @Override
    public Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions options) {
        return time("conv2dWeightGradient", () -> convolution(x.shape(), wShape, options),
                () -> flops(x.shape(), wShape, options), () -> inner.conv2dWeightGradient(gy, x, wShape, options));
    }

    // ---- batch normalisation (Ioffe and Szegedy 2015) -------------------------------------------------------------

    @Override
    public Normalized batchNormTrain(Array x, Array weight, Array bias, Array runningMean, Array runningVar, double momentum,
            double eps, Array residual, boolean relu) {
        return time("batchNormTrain", () -> norm(x, residual != null, relu),
                () -> inner.batchNormTrain(x, weight, bias, runningMean, runningVar, momentum, eps, residual, relu));
    }

    @Override
    public Array batchNormEval(Array x, Array weight, Array bias, Array mean, Array var, double eps) {
        return time("batchNormEval", () -> shapes(x), () -> inner.batchNormEval(x, weight, bias, mean, var, eps));
    }

    @Override
    public ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps) {
        return time("batchNormAffine", () -> shapes(mean), () -> inner.batchNormAffine(weight, bias, mean, var, eps));
    }

    @Override
    public NormGradients batchNormTrainGradient(Array gy, Array x, Array y, Array weight, Array mean, Array invStd,
            boolean needInput, boolean needResidual) {
        return time("batchNormTrainGradient", () -> norm(x, needResidual, y != null),
                () -> inner.batchNormTrainGradient(gy, x, y, weight, mean, invStd, needInput, needResidual));
    }

    @Override
    public NormGradients batchNormEvalGradient(Array gy, Array x, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters) {
        return time("batchNormEvalGradient", () -> shapes(x),
                () -> inner.batchNormEvalGradient(gy, x, weight, mean, var, eps, needInput, needParameters));
    }

    // ---- pooling ------------------------------------------------------------------------------------------------

    @Override
    public Pooled maxPool2d(Array x, Pool2dOptions options, boolean needIndices) {
        return time("maxPool2d", () -> shapes(x), () -> inner.maxPool2d(x, options, needIndices));
    }

    @Override
    public Pooled adaptiveMaxPool2d(Array x, int outH, int outW) {
        return time("adaptiveMaxPool2d", () -> shapes(x), () -> inner.adaptiveMaxPool2d(x, outH, outW));
    }

    @Override
    public Array maxPool2dGradient(Array gy, Array indices, Shape xShape) {
        return time("maxPool2dGradient", () -> xShape.toString(), () -> inner.maxPool2dGradient(gy, indices, xShape));
    }

    @Override
    public Array avgPool2d(Array x, Pool2dOptions options) {
        return time("avgPool2d", () -> shapes(x), () -> inner.avgPool2d(x, options));
    }

    @Override
    public Array avgPool2dGradient(Array gy, Shape xShape, Pool2dOptions options) {
        return time("avgPool2dGradient", () -> xShape.toString(), () -> inner.avgPool2dGradient(gy, xShape, options));
    }

    @Override
    public Array adaptiveAvgPool2d(Array x, int outH, int outW) {
        return time("adaptiveAvgPool2d", () -> shapes(x), () -> inner.adaptiveAvgPool2d(x, outH, outW));
    }

    @Override
    public Array adaptiveAvgPool2dGradient(Array gy, Shape xShape) {
        return time("adaptiveAvgPool2dGradient", () -> xShape.toString(), () -> inner.adaptiveAvgPool2dGradient(gy, xShape));
    }

    // ---- loss ---------------------------------------------------------------------------------------------------

    @Override
    public Array logSoftmax(Array x) {
        return time("logSoftmax", () -> shapes(x), () -> inner.logSoftmax(x));
    }

    @Override
    public Array logSoftmaxGradient(Array gy, Array y) {
        return time("logSoftmaxGradient", () -> shapes(gy), () -> inner.logSoftmaxGradient(gy, y));
    }

    @Override
    public Loss crossEntropy(Array scores, Array target, Array classWeight, double smoothing, Reduction reduction) {
        return time("crossEntropy", () -> shapes(scores),
                () -> inner.crossEntropy(scores, target, classWeight, smoothing, reduction));
    }

    @Override
    public Loss binaryCrossEntropy(Array scores, Array target, Array positiveWeight, Reduction reduction) {
        return time("binaryCrossEntropy", () -> shapes(scores),
                () -> inner.binaryCrossEntropy(scores, target, positiveWeight, reduction));
    }

    // ---- regularisation and optimisation --------------------------------------------------------------------------

    @Override
    public Array dropout(Array x, double p, long seed) {
        return time("dropout", () -> shapes(x), () -> inner.dropout(x, p, seed));
    }

    @Override
    public void sgd(SgdOptions options, List<Array> parameters, List<Array> gradients, List<Array> momentumBuffers,
            boolean[] first, Array foundInf) {
        run("sgd", () -> parameters.size() + " parameters",
                () -> inner.sgd(options, parameters, gradients, momentumBuffers, first, foundInf));
    }

    @Override
    public void adamW(AdamWOptions options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, Array foundInf) {
        run("adamW", () -> parameters.size() + " parameters",
                () -> inner.adamW(options, parameters, gradients, firstMoments, secondMoments, steps, foundInf));
    }

    @Override
    public void lerp(Array target, Array x, double weight) {
        run("lerp", () -> shapes(x), () -> inner.lerp(target, x, weight));
    }
}
