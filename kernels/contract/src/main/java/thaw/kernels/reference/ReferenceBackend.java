package thaw.kernels.reference;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;

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

/**
 * The definition of every operator in double precision. This class checks arguments and allocates results; the formulas
 * are in the other classes of this package, one topic per class.
 */
public final class ReferenceBackend implements Backend {

    private final AtomicLong inUse = new AtomicLong();

    @Override
    public String description() {
        return "reference, double precision, 1 thread";
    }

    // ---- memory ------------------------------------------------------------------------------------------------

    @Override
    public ReferenceArray zeros(Shape shape) {
        return new ReferenceArray(shape, new double[shape.size()], inUse);
    }

    @Override
    public Array of(Shape shape, float[] values) {
        Shapes.requireLength("of", shape, values.length);
        ReferenceArray x = zeros(shape);
        widen(values, x.data);
        return x;
    }

    @Override
    public Array of(Shape shape, double[] values) {
        Shapes.requireLength("of", shape, values.length);
        return new ReferenceArray(shape, values.clone(), inUse);
    }

    @Override
    public Array copy(Array x) {
        return of(x.shape(), values(x).data);
    }

    @Override
    public void read(Array x, float[] into) {
        double[] data = values(x).data;
        Shapes.requireLength("read", x.shape(), into.length);
        for (int i = 0; i < into.length; i++) {
            into[i] = (float) data[i];
        }
    }

    @Override
    public void read(Array x, double[] into) {
        double[] data = values(x).data;
        Shapes.requireLength("read", x.shape(), into.length);
        System.arraycopy(data, 0, into, 0, into.length);
    }

    @Override
    public void write(Array x, float[] values) {
        double[] data = values(x).data;
        Shapes.requireLength("write", x.shape(), values.length);
        widen(values, data);
        x.storage().changed();
    }

    @Override
    public void fill(Array x, double value) {
        Arrays.fill(values(x).data, value);
        x.storage().changed();
    }

    @Override
    public void assign(Array target, Array source) {
        int size = Shapes.same("assign", target.shape(), source.shape()).size();
        System.arraycopy(values(source).data, 0, values(target).data, 0, size);
        target.storage().changed();
    }

    @Override
    public MemoryUse memory() {
        return new MemoryUse(inUse.get(), 0);
    }

    /** Does nothing: there are no threads, and the arrays are on the Java heap. */
    @Override
    public void close() {
    }

    // ---- rearranging -------------------------------------------------------------------------------------------

    @Override
    public Array reshape(Array x, Shape shape) {
        return values(x).view(Shapes.reshape(x.shape(), shape));
    }

    @Override
    public Array permute(Array x, int... dims) {
        Shape out = Shapes.permute(x.shape(), dims);
        return gathered(x, 0, ReferenceStrides.permuted(x.shape(), dims), out);
    }

    @Override
    public Array cat(List<Array> xs, int dim) {
        return result(Shapes.cat(xs.stream().map(Array::shape).toList(), dim), y -> {
            int[] strides = y.shape().rowMajorStrides();
            int start = 0;
            for (Array x : xs) {
                ReferenceStrides.scatter(values(x).data, ReferenceStrides.places(x.shape(), start, strides), y.data);
                start += x.shape().dim(dim) * strides[y.shape().index(dim)];
            }
        });
    }

    @Override
    public Array narrow(Array x, int dim, int start, int length) {
        Shape out = Shapes.narrow(x.shape(), dim, start, length);
        int[] strides = x.shape().rowMajorStrides();
        return gathered(x, start * strides[x.shape().index(dim)], strides, out);
    }

    @Override
    public Array expand(Array x, Shape shape) {
        Shape out = Shapes.expand(x.shape(), shape);
        return gathered(x, 0, ReferenceStrides.broadcast(x.shape(), out), out);
    }

    private Array gathered(Array x, int start, int[] strides, Shape out) {
        return result(out, y ->
                ReferenceStrides.gather(values(x).data, ReferenceStrides.places(out, start, strides), y.data));
    }

    // ---- element-wise and reductions ----------------------------------------------------------------------------

    @Override
    public Array unary(UnaryOp op, Array x) {
        return result(x.shape(), y -> ReferenceElementwise.map(ReferenceElementwise.function(op), values(x).data, y.data));
    }

    @Override
    public Array unaryGradient(UnaryOp op, Array gy, Array x, Array y) {
        Array v = Backend.gradientNeedsInput(op) ? x : y;
        DoubleUnaryOperator slope = ReferenceElementwise.derivative(op);
        return result(Shapes.same("gradient of " + op, gy.shape(), v.shape()), gx ->
                ReferenceElementwise.zip((g, value) -> g * slope.applyAsDouble(value), values(gy).data, values(v).data, gx.data));
    }

    @Override
    public Array binary(BinaryOp op, Array a, Array b) {
        Shape out = Shape.broadcast(a.shape(), b.shape());
        int[] inA = ReferenceStrides.places(out, 0, ReferenceStrides.broadcast(a.shape(), out));
        int[] inB = ReferenceStrides.places(out, 0, ReferenceStrides.broadcast(b.shape(), out));
        return result(out, y ->
                ReferenceElementwise.zip(ReferenceElementwise.function(op), values(a).data, inA, values(b).data, inB, y.data));
    }

    @Override
    public Array affine(Array x, double alpha, double beta) {
        return result(x.shape(), y -> ReferenceElementwise.map(v -> alpha * v + beta, values(x).data, y.data));
    }

    @Override
    public Array clamp(Array x, double low, double high) {
        return result(x.shape(), y -> ReferenceElementwise.map(v -> Math.min(Math.max(v, low), high), values(x).data, y.data));
    }

    @Override
    public void add(Array target, Array x) {
        Shapes.same("add", target.shape(), x.shape());
        double[] data = values(target).data;
        ReferenceElementwise.zip(Double::sum, data, values(x).data, data);
        target.storage().changed();
    }

    @Override
    public Array sum(Array x, boolean keepDim, int... dims) {
        int[] strides = ReferenceStrides.broadcast(Shapes.sum(x.shape(), true, dims), x.shape());
        return result(Shapes.sum(x.shape(), keepDim, dims), y ->
                ReferenceStrides.scatterAdd(values(x).data, ReferenceStrides.places(x.shape(), 0, strides), y.data));
    }

    @Override
    public Array argmax(Array x) {
        return result(Shapes.argmax(x.shape()), y -> ReferenceMatmul.argmax(values(x), y));
    }

    // ---- linear algebra and convolution ---------------------------------------------------------------------------

    @Override
    public Array matmul(Array a, boolean transposeA, Array b, boolean transposeB) {
        return result(Shapes.matmul(a.shape(), transposeA, b.shape(), transposeB), y ->
                ReferenceMatmul.forward(values(a), transposeA, values(b), transposeB, y));
    }

    @Override
    public Array conv2dWithEpilogue(Array x, Array w, Epilogue epilogue, Conv2dOptions options) {
        Shape shape = Shapes.conv2d(x.shape(), w.shape(), null, options);
        Shapes.epilogue(shape, epilogue);
        return result(shape, y -> {
            ReferenceConv2d.forward(values(x), values(w), options, y);
            ReferenceEpilogue.apply(y, orNull(epilogue.scale()), orNull(epilogue.shift()), orNull(epilogue.residual()),
                    epilogue.relu());
        });
    }

    @Override
    public Array conv2dInputGradient(Array gy, Array w, Shape xShape, Conv2dOptions options) {
        return result(Shapes.conv2dInputGradient(gy.shape(), w.shape(), xShape, options), gx ->
                ReferenceConv2d.inputGradient(values(gy), values(w), options, gx));
    }

    @Override
    public Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions options) {
        return result(Shapes.conv2dWeightGradient(gy.shape(), x.shape(), wShape, options), gw ->
                ReferenceConv2d.weightGradient(values(gy), values(x), options, gw));
    }

    // ---- batch normalisation --------------------------------------------------------------------------------------

    @Override
    public Normalized batchNormTrain(Array x, Array weight, Array bias, Array runningMean, Array runningVar,
            double momentum, double eps, Array residual, boolean relu) {
        Shapes.batchNormTrain(x, weight, bias, runningMean, runningVar, residual);
        double[] mean = new double[x.shape().dim(1)];
        double[] var = new double[mean.length];
        ReferenceBatchNorm.statistics(values(x), mean, var);
        double[] invStd = ReferenceBatchNorm.inverseDeviation(var, eps);
        Array y = result(x.shape(), out -> {
            ReferenceBatchNorm.normalize(values(x), mean, invStd, values(weight).data, values(bias).data, out.data);
            ReferenceEpilogue.apply(out, null, null, orNull(residual), relu);
        });
        if (runningMean != null) {
            ReferenceBatchNorm.updateRunning(values(runningMean).data, mean, momentum);
            ReferenceBatchNorm.updateRunning(values(runningVar).data, ReferenceBatchNorm.unbiased(var, values(x)), momentum);
            runningMean.storage().changed();
            runningVar.storage().changed();
        }
        return new Normalized(y, of(weight.shape(), mean), of(weight.shape(), invStd));
    }

    @Override
    public Array batchNormEval(Array x, Array weight, Array bias, Array mean, Array var, double eps) {
        double[] invStd = ReferenceBatchNorm.inverseDeviation(values(var).data, eps);
        return result(Shapes.batchNorm(x, weight, bias, mean, var), y -> ReferenceBatchNorm.normalize(
                values(x), values(mean).data, invStd, values(weight).data, values(bias).data, y.data));
    }

    @Override
    public ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps) {
        Shapes.perChannel(weight, bias, mean, var);
        Array scale = result(weight.shape(), out ->
                ReferenceBatchNorm.scale(values(weight).data, ReferenceBatchNorm.inverseDeviation(values(var).data, eps), out.data));
        Array shift = result(weight.shape(), out ->
                ReferenceBatchNorm.shift(values(bias).data, values(mean).data, values(scale).data, out.data));
        return new ChannelAffine(scale, shift);
    }

    @Override
    public NormGradients batchNormTrainGradient(Array gy, Array x, Array y, Array weight, Array mean, Array invStd,
            boolean needInput, boolean needResidual) {
        Shapes.batchNormTrainGradient(gy, x, y, weight, mean, invStd);
        Array g = y == null ? gy.retain() : unaryGradient(UnaryOp.RELU, gy, null, y);
        double[] center = values(mean).data;
        double[] inverse = values(invStd).data;
        double[] gWeight = ReferenceBatchNorm.weightGradient(values(g), values(x), center, inverse);
        double[] gBias = ReferenceBatchNorm.biasGradient(values(g));
        Array gx = !needInput ? null : result(x.shape(), out -> ReferenceBatchNorm.trainInputGradient(
                values(g), values(x), values(weight).data, center, inverse, gWeight, gBias, out.data));
        if (!needResidual) {
            g.release();
        }
        return new NormGradients(gx, of(weight.shape(), gWeight), of(weight.shape(), gBias), needResidual ? g : null);
    }

    @Override
    public NormGradients batchNormEvalGradient(Array gy, Array x, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters) {
        Shapes.batchNorm(x, weight, mean, var);
        Shapes.same("batchNormEvalGradient", gy.shape(), x.shape());
        double[] invStd = ReferenceBatchNorm.inverseDeviation(values(var).data, eps);
        Array gx = !needInput ? null : result(x.shape(), out ->
                ReferenceBatchNorm.evalInputGradient(values(gy), values(weight).data, invStd, out.data));
        if (!needParameters) {
            return new NormGradients(gx, null, null, null);
        }
        return new NormGradients(gx,
                of(weight.shape(), ReferenceBatchNorm.weightGradient(values(gy), values(x), values(mean).data, invStd)),
                of(weight.shape(), ReferenceBatchNorm.biasGradient(values(gy))), null);
    }

    // ---- pooling ------------------------------------------------------------------------------------------------

    @Override
    public Pooled maxPool2d(Array x, Pool2dOptions options, boolean needIndices) {
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(options.outputShape(x.shape()));
        ReferenceArray indices = zeros(y.shape());
        ReferencePooling.maxPool2d(from, options, y, indices);
        if (needIndices) {
            return new Pooled(y, indices);
        }
        indices.release();
        return new Pooled(y, null);
    }

    @Override
    public Pooled adaptiveMaxPool2d(Array x, int outH, int outW) {
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(Shapes.adaptivePool2d(x.shape(), outH, outW));
        ReferenceArray indices = zeros(y.shape());
        ReferencePooling.adaptiveMaxPool2d(from, y, indices);
        return new Pooled(y, indices);
    }

    @Override
    public Array maxPool2dGradient(Array gy, Array indices, Shape xShape) {
        return result(Shapes.maxPool2dGradient(gy.shape(), indices.shape(), xShape), gx ->
                ReferencePooling.maxGradient(values(gy), values(indices), gx));
    }

    @Override
    public Array avgPool2d(Array x, Pool2dOptions options) {
        return result(options.outputShape(x.shape()), y -> ReferencePooling.avgPool2d(values(x), options, y));
    }

    @Override
    public Array avgPool2dGradient(Array gy, Shape xShape, Pool2dOptions options) {
        return result(Shapes.avgPool2dGradient(gy.shape(), xShape, options), gx ->
                ReferencePooling.avgPool2dGradient(values(gy), options, gx));
    }

    @Override
    public Array adaptiveAvgPool2d(Array x, int outH, int outW) {
        return result(Shapes.adaptivePool2d(x.shape(), outH, outW), y -> ReferencePooling.adaptiveAvgPool2d(values(x), y));
    }

    @Override
    public Array adaptiveAvgPool2dGradient(Array gy, Shape xShape) {
        return result(Shapes.adaptivePool2dGradient(gy.shape(), xShape), gx ->
                ReferencePooling.adaptiveAvgPool2dGradient(values(gy), gx));
    }

    // ---- loss ---------------------------------------------------------------------------------------------------

    @Override
    public Array logSoftmax(Array x) {
        return result(Shapes.logSoftmax(x.shape()), y -> ReferenceLoss.logSoftmax(values(x), y.data));
    }

    @Override
    public Array logSoftmaxGradient(Array gy, Array y) {
        return result(Shapes.same("logSoftmaxGradient", gy.shape(), Shapes.logSoftmax(y.shape())), gx ->
                ReferenceLoss.logSoftmaxGradient(values(gy), values(y), gx.data));
    }

    @Override
    public Loss crossEntropy(Array scores, Array target, Array classWeight, double smoothing, Reduction reduction) {
        int classes = Shapes.crossEntropy(scores.shape(), target.shape(), classWeight == null ? null : classWeight.shape(),
                smoothing).dim(1);
        ReferenceArray t = values(target);
        ReferenceArray v = classWeight == null ? null : values(classWeight);
        double[] q = target.shape().rank() == 1 ? ReferenceLoss.oneHot(t, classes) : t.data;
        double[] a = ReferenceLoss.coefficients(q, classes, v, smoothing);
        double divisor = ReferenceLoss.divisor(t, v, reduction);
        double[] logP = new double[q.length];
        ReferenceLoss.logSoftmax(values(scores), logP);
        return new Loss(
                result(Shape.SCALAR, loss -> loss.data[0] = ReferenceLoss.crossEntropy(logP, a, divisor)),
                result(scores.shape(), gx -> ReferenceLoss.crossEntropyGradient(logP, classes, a, divisor, gx.data)));
    }

    @Override
    public Loss binaryCrossEntropy(Array scores, Array target, Array positiveWeight, Reduction reduction) {
        Shapes.binaryCrossEntropy(scores.shape(), target.shape(), positiveWeight == null ? null : positiveWeight.shape());
        double[] x = values(scores).data;
        double[] t = values(target).data;
        double[] v = positiveWeight == null ? new double[] {1} : values(positiveWeight).data;
        double divisor = reduction == Reduction.SUM ? 1 : x.length;
        return new Loss(
                result(Shape.SCALAR, loss -> loss.data[0] = ReferenceLoss.binaryCrossEntropy(x, t, v, divisor)),
                result(scores.shape(), gx -> ReferenceLoss.binaryCrossEntropyGradient(x, t, v, divisor, gx.data)));
    }

    // ---- regularisation and optimisation --------------------------------------------------------------------------

    @Override
    public Array dropout(Array x, double p, long seed) {
        return result(Shapes.dropout(x.shape(), p), y -> ReferenceElementwise.dropout(values(x).data, p, seed, y.data));
    }

    @Override
    public void sgd(SgdOptions options, List<Array> parameters, List<Array> gradients, List<Array> momentumBuffers,
            boolean[] first, Array foundInf) {
        Shapes.sgd(options, parameters, gradients, momentumBuffers, first, foundInf);
        if (foundInf != null && values(foundInf).data[0] != 0) {
            return;
        }
        for (int i = 0; i < parameters.size(); i++) {
            Array p = parameters.get(i);
            if (options.momentum() == 0) {
                ReferenceSgd.step(options, values(p).data, values(gradients.get(i)).data, null, false);
            } else {
                Array b = momentumBuffers.get(i);
                ReferenceSgd.step(options, values(p).data, values(gradients.get(i)).data, values(b).data, first[i]);
                b.storage().changed();
            }
            p.storage().changed();
        }
    }

    @Override
    public void adamW(AdamWOptions options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, Array foundInf) {
        Shapes.adamW(parameters, gradients, firstMoments, secondMoments, steps, foundInf);
        if (foundInf != null && values(foundInf).data[0] != 0) {
            return;
        }
        for (int i = 0; i < parameters.size(); i++) {
            ReferenceAdamW.step(options, steps[i], values(parameters.get(i)).data, values(gradients.get(i)).data,
                    values(firstMoments.get(i)).data, values(secondMoments.get(i)).data);
            parameters.get(i).storage().changed();
            firstMoments.get(i).storage().changed();
            secondMoments.get(i).storage().changed();
        }
    }

    @Override
    public void lerp(Array target, Array x, double weight) {
        Shapes.same("lerp", target.shape(), x.shape());
        double[] to = values(target).data;
        double[] from = values(x).data;
        for (int i = 0; i < to.length; i++) {
            to[i] += weight * (from[i] - to[i]);
        }
        target.storage().changed();
    }

    // ---- arguments and results --------------------------------------------------------------------------------------

    private ReferenceArray values(Array x) {
        if (!(x instanceof ReferenceArray mine) || !mine.isCountedBy(inUse)) {
            throw new IllegalArgumentException("array " + x.shape() + " belongs to another device; read its values and create"
                    + " an array from them on this device");
        }
        mine.storage().requireAlive();
        return mine;
    }

    private ReferenceArray orNull(Array x) {
        return x == null ? null : values(x);
    }

    /** A new array of this shape, filled with zeros and passed to the formula. */
    private Array result(Shape shape, Consumer<ReferenceArray> formula) {
        ReferenceArray y = zeros(shape);
        try {
            formula.accept(y);
        } catch (RuntimeException e) {
            y.release();
            throw e;
        }
        return y;
    }

    private static void widen(float[] from, double[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] = from[i];
        }
    }
}
