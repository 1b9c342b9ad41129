package thaw.kernels;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A backend composed of kernels: one object for each operator family. A call is checked by {@link Shapes}, computed by the
 * kernels of its family, and reported to the {@linkplain #setOperatorListener listener} if there is one. Kernels can therefore
 * rely on matching shapes, and a wrong call has the same message on every device.
 */
public abstract class CheckedBackend implements Backend {

    private volatile @Nullable OperatorListener listener;

    // ---- the kernels of each family ------------------------------------------------------------------------------

    /** The implementation of making, reading and writing arrays, which may expect valid shapes. */
    protected abstract ArrayOps arrays();
    /** The implementation of operators that rearrange, which may expect valid shapes. */
    protected abstract ShapeOps shapes();
    /** The implementation of element-wise operators, which may expect valid shapes. */
    protected abstract ElementwiseOps elementwise();
    /** The implementation of reductions, which may expect valid shapes. */
    protected abstract ReductionOps reductions();
    /** The implementation of matrix products, which may expect valid shapes. */
    protected abstract MatmulOps products();
    /** The implementation of convolutions, which may expect valid shapes. */
    protected abstract ConvolutionOps convolutions();
    /** The implementation of batch norm, which may expect valid shapes. */
    protected abstract NormOps norms();
    /** The implementation of pooling, which may expect valid shapes. */
    protected abstract PoolOps pools();
    /** The implementation of cross-entropy, which may expect valid shapes. */
    protected abstract LossOps losses();
    /** The implementation of binary cross-entropy, which may expect valid shapes. */
    protected abstract BinaryLossOps binaryLosses();
    /** The implementation of SGD's update, which may expect valid shapes. */
    protected abstract SgdOps sgd();
    /** The implementation of AdamW's update, which may expect valid shapes. */
    protected abstract AdamWOps adamW();

    // ---- reports -------------------------------------------------------------------------------------------------

    @Override
    public final void setOperatorListener(@Nullable OperatorListener listener) {
        this.listener = listener;
    }

    /** The start of a call to report; 0 without a listener. */
    private long start() {
        return listener == null ? 0 : System.nanoTime();
    }

    /** Reports a call that has just returned. Arguments are evaluated in order, so that {@code start()} precedes the call. */
    private <T extends @Nullable Object> T done(String operator, Shape shape, long start, T result) {
        return done(operator, shape::toString, start, result);
    }

    private <T extends @Nullable Object> T done(String operator, Supplier<String> shapes, long start, T result) {
        return done(operator, shapes, start, result, r -> 0);
    }

    private <T extends @Nullable Object> T done(String operator, Supplier<String> shapes, long start, T result,
            ToLongFunction<T> flops) {
        OperatorListener to = listener;
        if (start != 0 && to != null) {
            long nanos = System.nanoTime() - start;
            to.called(operator, shapes.get(), nanos, flops.applyAsLong(result));
        }
        return result;
    }

    /** Runs and reports a call without a result. */
    private void run(String operator, Supplier<String> shapes, Runnable call) {
        long start = start();
        call.run();
        done(operator, shapes, start, null);
    }

    // ---- arrays --------------------------------------------------------------------------------------------------

    @Override
    public final Array zeros(Shape shape) {
        return done("zeros", shape, start(), arrays().zeros(shape));
    }

    @Override
    public final Array of(Shape shape, float[] values) {
        Shapes.requireLength("of", shape, values.length);
        return done("of", shape, start(), arrays().of(shape, values));
    }

    @Override
    public final Array of(Shape shape, double[] values) {
        Shapes.requireLength("of", shape, values.length);
        return done("of", shape, start(), arrays().of(shape, values));
    }

    @Override
    public final Array copy(Array x) {
        return done("copy", x.shape(), start(), arrays().copy(x));
    }

    @Override
    public final void read(Array x, float[] into) {
        Shapes.requireLength("read", x.shape(), into.length);
        run("read", x.shape()::toString, () -> arrays().read(x, into));
    }

    @Override
    public final void read(Array x, double[] into) {
        Shapes.requireLength("read", x.shape(), into.length);
        run("read", x.shape()::toString, () -> arrays().read(x, into));
    }

    @Override
    public final void write(Array x, float[] values) {
        Shapes.requireLength("write", x.shape(), values.length);
        run("write", x.shape()::toString, () -> arrays().write(x, values));
    }

    @Override
    public final void write(Array x, FloatBuffer values) {
        Shapes.requireLength("write", x.shape(), values.remaining());
        run("write", x.shape()::toString, () -> arrays().write(x, values));
    }

    @Override
    public final void fill(Array x, double value) {
        run("fill", x.shape()::toString, () -> arrays().fill(x, value));
    }

    @Override
    public final void assign(Array target, Array source) {
        Shapes.same("assign", target.shape(), source.shape());
        run("assign", source.shape()::toString, () -> arrays().assign(target, source));
    }

    // ---- shapes --------------------------------------------------------------------------------------------------

    @Override
    public final Array reshape(Array x, Shape shape) {
        Shapes.reshape(x.shape(), shape);
        return done("reshape", x.shape(), start(), shapes().reshape(x, shape));
    }

    @Override
    public final Array permute(Array x, int... dims) {
        Shapes.permute(x.shape(), dims);
        return done("permute", x.shape(), start(), shapes().permute(x, dims));
    }

    @Override
    public final Array cat(List<Array> xs, int dim) {
        Shapes.cat(xs, dim);
        return done("cat", () -> xs.stream().map(x -> x.shape().toString()).collect(Collectors.joining(", ")), start(),
                shapes().cat(xs, dim));
    }

    @Override
    public final Array narrow(Array x, int dim, int start, int length) {
        Shapes.narrow(x.shape(), dim, start, length);
        return done("narrow", x.shape(), start(), shapes().narrow(x, dim, start, length));
    }

    @Override
    public final Array expand(Array x, Shape shape) {
        Shapes.expand(x.shape(), shape);
        return done("expand", () -> x.shape() + " to " + shape, start(), shapes().expand(x, shape));
    }

    // ---- element-wise --------------------------------------------------------------------------------------------

    @Override
    public final Array unary(UnaryOp op, Array x) {
        return done("unary", () -> op + " " + x.shape(), start(), elementwise().unary(op, x));
    }

    @Override
    public final Array unaryGradient(UnaryOp op, Array gy, @Nullable Array x, @Nullable Array y) {
        Shapes.same("unaryGradient", gy.shape(), (op.gradientNeedsInput() ? x : y).shape());
        return done("unaryGradient", () -> op + " " + gy.shape(), start(), elementwise().unaryGradient(op, gy, x, y));
    }

    @Override
    public final Array binary(BinaryOp op, Array a, Array b) {
        Shape.broadcast(a.shape(), b.shape());
        return done("binary", () -> op + " " + a.shape() + ", " + b.shape(), start(), elementwise().binary(op, a, b));
    }

    @Override
    public final Array affine(Array x, double alpha, double beta) {
        return done("affine", x.shape(), start(), elementwise().affine(x, alpha, beta));
    }

    @Override
    public final Array clamp(Array x, double low, double high) {
        return done("clamp", x.shape(), start(), elementwise().clamp(x, low, high));
    }

    @Override
    public final Array dropout(Array x, double p, long seed) {
        Shapes.dropout(p);
        return done("dropout", x.shape(), start(), elementwise().dropout(x, p, seed));
    }

    @Override
    public final void add(Array target, Array x) {
        Shapes.same("add", target.shape(), x.shape());
        run("add", x.shape()::toString, () -> elementwise().add(target, x));
    }

    @Override
    public final void lerp(Array target, Array x, double weight) {
        Shapes.same("lerp", target.shape(), x.shape());
        run("lerp", x.shape()::toString, () -> elementwise().lerp(target, x, weight));
    }

    // ---- reductions and products ---------------------------------------------------------------------------------

    @Override
    public final Array sum(Array x, boolean keepDim, int... dims) {
        Shapes.sum(x.shape(), keepDim, dims);
        return done("sum", x.shape(), start(), reductions().sum(x, keepDim, dims));
    }

    @Override
    public final Array argmax(Array x) {
        Shapes.argmax(x.shape());
        return done("argmax", x.shape(), start(), reductions().argmax(x));
    }

    @Override
    public final Array matmul(Array a, boolean transposeA, Array b, boolean transposeB) {
        Shapes.matmul(a.shape(), transposeA, b.shape(), transposeB);
        return done("matmul", () -> a.shape() + ", " + b.shape(), start(), products().matmul(a, transposeA, b, transposeB),
                y -> 2L * a.shape().size() * y.shape().dim(1));
    }

    // ---- convolution ---------------------------------------------------------------------------------------------

    @Override
    public final Array conv2d(Array x, Array w, @Nullable Epilogue given, Conv2dOptions o) {
        Epilogue epilogue = given == null ? Epilogue.NONE : given;
        Shapes.conv2d(x, w, epilogue, o);
        return done("conv2d", () -> o.describe(x.shape(), w.shape()) + epilogue.describe(), start(),
                convolutions().conv2d(x, w, epilogue, o), y -> o.flops(x.shape(), w.shape()));
    }

    @Override
    public final Array conv2dInputGradient(Array gy, Array w, Shape xShape, Conv2dOptions o) {
        Shapes.conv2dInputGradient(gy.shape(), w.shape(), xShape, o);
        return done("conv2dInputGradient", () -> o.describe(xShape, w.shape()), start(),
                convolutions().conv2dInputGradient(gy, w, xShape, o), gx -> o.flops(xShape, w.shape()));
    }

    @Override
    public final Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions o) {
        Shapes.conv2dWeightGradient(gy.shape(), x.shape(), wShape, o);
        return done("conv2dWeightGradient", () -> o.describe(x.shape(), wShape), start(),
                convolutions().conv2dWeightGradient(gy, x, wShape, o), gw -> o.flops(x.shape(), wShape));
    }

    // ---- batch normalisation -------------------------------------------------------------------------------------

    @Override
    public final Normalized batchNormTrain(Array x, Array weight, Array bias, @Nullable Array runningMean,
            @Nullable Array runningVar, double momentum, double eps, @Nullable Array residual, boolean relu) {
        Shapes.batchNormTrain(x, weight, bias, runningMean, runningVar, residual);
        return done("batchNormTrain", () -> describe(x, residual != null, relu), start(),
                norms().batchNormTrain(x, weight, bias, runningMean, runningVar, momentum, eps, residual, relu));
    }

    @Override
    public final Array batchNormEval(Array x, Array weight, Array bias, Array mean, Array var, double eps) {
        Shapes.batchNorm(x, weight, bias, mean, var);
        return done("batchNormEval", x.shape(), start(), norms().batchNormEval(x, weight, bias, mean, var, eps));
    }

    @Override
    public final ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps) {
        Shapes.perChannel(weight, bias, mean, var);
        return done("batchNormAffine", mean.shape(), start(), norms().batchNormAffine(weight, bias, mean, var, eps));
    }

    @Override
    public final NormGradients batchNormTrainGradient(Array gy, Array x, @Nullable Array y, Array weight, Array mean,
            Array invStd, boolean needInput, boolean needResidual) {
        Shapes.batchNormTrainGradient(gy, x, y, weight, mean, invStd);
        return done("batchNormTrainGradient", () -> describe(x, needResidual, y != null), start(),
                norms().batchNormTrainGradient(gy, x, y, weight, mean, invStd, needInput, needResidual));
    }

    @Override
    public final NormGradients batchNormEvalGradient(Array gy, Array x, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters) {
        Shapes.same("batchNormEvalGradient", gy.shape(), Shapes.batchNorm(x, weight, mean, var));
        return done("batchNormEvalGradient", x.shape(), start(),
                norms().batchNormEvalGradient(gy, x, weight, mean, var, eps, needInput, needParameters));
    }

    private static String describe(Array x, boolean residual, boolean relu) {
        return x.shape() + (residual ? " + residual" : "") + (relu ? ", relu" : "");
    }

    // ---- pooling -------------------------------------------------------------------------------------------------

    @Override
    public final Pooled maxPool2d(Array x, Pool2dOptions options, boolean needIndices) {
        options.outputShape(x.shape());
        return done("maxPool2d", x.shape(), start(), pools().maxPool2d(x, options, needIndices));
    }

    @Override
    public final Pooled adaptiveMaxPool2d(Array x, int outH, int outW) {
        Shapes.adaptivePool2d(x.shape(), outH, outW);
        return done("adaptiveMaxPool2d", x.shape(), start(), pools().adaptiveMaxPool2d(x, outH, outW));
    }

    @Override
    public final Array maxPool2dGradient(Array gy, Array indices, Shape xShape) {
        Shapes.maxPool2dGradient(gy.shape(), indices.shape(), xShape);
        return done("maxPool2dGradient", xShape, start(), pools().maxPool2dGradient(gy, indices, xShape));
    }

    @Override
    public final Array avgPool2d(Array x, Pool2dOptions options) {
        options.outputShape(x.shape());
        return done("avgPool2d", x.shape(), start(), pools().avgPool2d(x, options));
    }

    @Override
    public final Array avgPool2dGradient(Array gy, Shape xShape, Pool2dOptions options) {
        Shapes.avgPool2dGradient(gy.shape(), xShape, options);
        return done("avgPool2dGradient", xShape, start(), pools().avgPool2dGradient(gy, xShape, options));
    }

    @Override
    public final Array adaptiveAvgPool2d(Array x, int outH, int outW) {
        Shapes.adaptivePool2d(x.shape(), outH, outW);
        return done("adaptiveAvgPool2d", x.shape(), start(), pools().adaptiveAvgPool2d(x, outH, outW));
    }

    @Override
    public final Array adaptiveAvgPool2dGradient(Array gy, Shape xShape) {
        Shapes.adaptivePool2dGradient(gy.shape(), xShape);
        return done("adaptiveAvgPool2dGradient", xShape, start(), pools().adaptiveAvgPool2dGradient(gy, xShape));
    }

    // ---- losses and updates --------------------------------------------------------------------------------------

    @Override
    public final Array logSoftmax(Array x) {
        Shapes.logSoftmax(x.shape());
        return done("logSoftmax", x.shape(), start(), losses().logSoftmax(x));
    }

    @Override
    public final Array logSoftmaxGradient(Array gy, Array y) {
        Shapes.same("logSoftmaxGradient", gy.shape(), Shapes.logSoftmax(y.shape()));
        return done("logSoftmaxGradient", gy.shape(), start(), losses().logSoftmaxGradient(gy, y));
    }

    @Override
    public final Loss crossEntropy(Array scores, Array target, @Nullable Array classWeight, double smoothing,
            Reduction reduction) {
        Shapes.crossEntropy(scores, target, classWeight, smoothing);
        return done("crossEntropy", scores.shape(), start(),
                losses().crossEntropy(scores, target, classWeight, smoothing, reduction));
    }

    @Override
    public final Loss binaryCrossEntropy(Array scores, Array target, @Nullable Array positiveWeight, Reduction reduction) {
        Shapes.binaryCrossEntropy(scores, target, positiveWeight);
        return done("binaryCrossEntropy", scores.shape(), start(),
                binaryLosses().binaryCrossEntropy(scores, target, positiveWeight, reduction));
    }

    @Override
    public final void sgd(SgdOps.Options options, List<Array> parameters, List<Array> gradients,
            List<@Nullable Array> momentumBuffers, boolean[] first, @Nullable Array foundInf) {
        Shapes.sgd(options, parameters, gradients, momentumBuffers, first, foundInf);
        run("sgd", () -> parameters.size() + " parameters",
                () -> sgd().sgd(options, parameters, gradients, momentumBuffers, first, foundInf));
    }

    @Override
    public final void adamW(AdamWOps.Options options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, @Nullable Array foundInf) {
        Shapes.adamW(parameters, gradients, firstMoments, secondMoments, steps, foundInf);
        run("adamW", () -> parameters.size() + " parameters",
                () -> adamW().adamW(options, parameters, gradients, firstMoments, secondMoments, steps, foundInf));
    }
}
