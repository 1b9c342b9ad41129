package thaw.kernels.reference;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.SgdOptions;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;
import thaw.kernels.UnaryOp;

/**
 * The definition of every operator in double precision. Here arguments are checked and results allocated; the
 * formulas stand in this package's other files, one topic each.
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

    /** Does nothing: there are no threads, and the numbers lie on the Java heap. */
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
        return gathered(values(x), out, 0, ReferenceStrides.permuted(x.shape(), dims));
    }

    @Override
    public Array cat(List<Array> xs, int dim) {
        Shape out = Shapes.cat(xs.stream().map(Array::shape).toList(), dim);
        List<ReferenceArray> parts = xs.stream().map(this::values).toList();
        ReferenceArray y = zeros(out);
        int[] strides = out.rowMajorStrides();
        int start = 0;
        for (ReferenceArray x : parts) {
            ReferenceStrides.scatter(x.data, ReferenceStrides.places(x.shape(), start * strides[out.index(dim)], strides), y.data);
            start += x.dim(dim);
        }
        return y;
    }

    @Override
    public Array narrow(Array x, int dim, int start, int length) {
        Shape out = Shapes.narrow(x.shape(), dim, start, length);
        int[] strides = x.shape().rowMajorStrides();
        return gathered(values(x), out, start * strides[x.shape().index(dim)], strides);
    }

    // ---- element-wise and reductions ----------------------------------------------------------------------------

    @Override
    public Array unary(UnaryOp op, Array x) {
        double[] data = values(x).data;
        ReferenceArray y = zeros(x.shape());
        ReferenceElementwise.map(ReferenceElementwise.function(op), data, y.data);
        return y;
    }

    @Override
    public Array unaryGradient(UnaryOp op, Array gy, Array x, Array y) {
        ReferenceArray v = values(Backend.gradientNeedsInput(op) ? x : y);
        double[] data = values(gy).data;
        Shapes.same("gradient of " + op, gy.shape(), v.shape());
        ReferenceArray gx = zeros(gy.shape());
        ReferenceElementwise.map(ReferenceElementwise.derivative(op), v.data, gx.data);
        ReferenceElementwise.zip((g, slope) -> g * slope, data, gx.data, gx.data);
        return gx;
    }

    @Override
    public Array binary(BinaryOp op, Array a, Array b) {
        ReferenceArray left = values(a);
        ReferenceArray right = values(b);
        ReferenceArray y = zeros(Shape.broadcast(a.shape(), b.shape()));
        double[] expanded = new double[y.data.length];
        ReferenceStrides.gather(left.data, broadcast(left, y.shape()), y.data);
        ReferenceStrides.gather(right.data, broadcast(right, y.shape()), expanded);
        ReferenceElementwise.zip(ReferenceElementwise.function(op), y.data, expanded, y.data);
        return y;
    }

    @Override
    public Array affine(Array x, double alpha, double beta) {
        double[] data = values(x).data;
        ReferenceArray y = zeros(x.shape());
        ReferenceElementwise.map(v -> alpha * v + beta, data, y.data);
        return y;
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
        Shape out = Shapes.sum(x.shape(), keepDim, dims);
        Shape kept = Shapes.sum(x.shape(), true, dims);
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(out);
        ReferenceStrides.scatterAdd(from.data,
                ReferenceStrides.places(x.shape(), 0, ReferenceStrides.broadcast(kept, x.shape())), y.data);
        return y;
    }

    @Override
    public Array expand(Array x, Shape shape) {
        Shape out = Shapes.expand(x.shape(), shape);
        return gathered(values(x), out, 0, ReferenceStrides.broadcast(x.shape(), out));
    }

    @Override
    public Array argmax(Array x) {
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(Shapes.argmax(x.shape()));
        ReferenceMatmul.argmax(from, y);
        return y;
    }

    // ---- linear algebra and convolution ---------------------------------------------------------------------------

    @Override
    public Array matmul(Array a, boolean transposeA, Array b, boolean transposeB) {
        Shape out = Shapes.matmul(a.shape(), transposeA, b.shape(), transposeB);
        ReferenceArray left = values(a);
        ReferenceArray right = values(b);
        ReferenceArray y = zeros(out);
        ReferenceMatmul.forward(left, transposeA, right, transposeB, y);
        return y;
    }

    @Override
    public Array conv2d(Array x, Array w, Array bias, Conv2dOptions options) {
        Shape out = Shapes.conv2d(x.shape(), w.shape(), bias == null ? null : bias.shape(), options);
        ReferenceArray image = values(x);
        ReferenceArray kernel = values(w);
        ReferenceArray shift = bias == null ? null : values(bias);
        ReferenceArray y = zeros(out);
        ReferenceConv2d.forward(image, kernel, shift, options, y);
        return y;
    }

    @Override
    public Array conv2dInputGradient(Array gy, Array w, Shape xShape, Conv2dOptions options) {
        Shape out = Shapes.conv2dInputGradient(gy.shape(), w.shape(), xShape, options);
        ReferenceArray gradient = values(gy);
        ReferenceArray kernel = values(w);
        ReferenceArray gx = zeros(out);
        ReferenceConv2d.inputGradient(gradient, kernel, options, gx);
        return gx;
    }

    @Override
    public Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions options) {
        Shape out = Shapes.conv2dWeightGradient(gy.shape(), x.shape(), wShape, options);
        ReferenceArray gradient = values(gy);
        ReferenceArray image = values(x);
        ReferenceArray gw = zeros(out);
        ReferenceConv2d.weightGradient(gradient, image, options, gw);
        return gw;
    }

    // ---- batch normalisation --------------------------------------------------------------------------------------

    @Override
    public Normalized batchNormTrain(Array x, Array weight, Array bias, Array runningMean, Array runningVar,
            double momentum, double eps) {
        Shapes.batchNormTrain(x, weight, bias, runningMean, runningVar);
        ReferenceArray from = values(x);
        double[] scale = values(weight).data;
        double[] shift = values(bias).data;
        double[] movingMean = runningMean == null ? null : values(runningMean).data;
        double[] movingVar = runningVar == null ? null : values(runningVar).data;

        ReferenceArray y = zeros(x.shape());
        ReferenceArray mean = zeros(weight.shape());
        ReferenceArray invStd = zeros(weight.shape());
        double[] var = new double[weight.shape().size()];
        ReferenceBatchNorm.statistics(from, mean.data, var);
        ReferenceBatchNorm.inverseDeviation(var, eps, invStd.data);
        ReferenceBatchNorm.normalize(from, mean.data, invStd.data, scale, shift, y.data);
        if (runningMean != null) {
            double m = ReferenceBatchNorm.valuesPerChannel(from);
            double[] unbiased = new double[var.length];
            ReferenceElementwise.map(v -> v * m / (m - 1), var, unbiased);
            ReferenceBatchNorm.updateRunning(movingMean, mean.data, momentum);
            ReferenceBatchNorm.updateRunning(movingVar, unbiased, momentum);
            runningMean.storage().changed();
            runningVar.storage().changed();
        }
        return new Normalized(y, mean, invStd);
    }

    @Override
    public Array batchNormEval(Array x, Array weight, Array bias, Array mean, Array var, double eps) {
        Shapes.batchNorm(x, weight, bias, mean, var);
        ReferenceArray from = values(x);
        double[] scale = values(weight).data;
        double[] shift = values(bias).data;
        double[] center = values(mean).data;
        double[] invStd = inverseDeviation(var, eps);
        ReferenceArray y = zeros(x.shape());
        ReferenceBatchNorm.normalize(from, center, invStd, scale, shift, y.data);
        return y;
    }

    @Override
    public NormGradients batchNormTrainGradient(Array gy, Array x, Array weight, Array mean, Array invStd, boolean needInput) {
        Shapes.batchNorm(x, weight, mean, invStd);
        Shapes.same("batchNormTrainGradient", gy.shape(), x.shape());
        ReferenceArray gradient = values(gy);
        ReferenceArray from = values(x);
        double[] scale = values(weight).data;
        double[] center = values(mean).data;
        double[] inverse = values(invStd).data;
        ReferenceArray gWeight = zeros(weight.shape());
        ReferenceArray gBias = zeros(weight.shape());
        ReferenceArray gx = needInput ? zeros(x.shape()) : null;
        ReferenceBatchNorm.parameterGradients(gradient, from, center, inverse, gWeight.data, gBias.data);
        if (needInput) {
            ReferenceBatchNorm.trainInputGradient(gradient, from, scale, center, inverse, gWeight.data, gBias.data, gx.data);
        }
        return new NormGradients(gx, gWeight, gBias);
    }

    @Override
    public NormGradients batchNormEvalGradient(Array gy, Array x, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters) {
        Shapes.batchNorm(x, weight, mean, var);
        Shapes.same("batchNormEvalGradient", gy.shape(), x.shape());
        ReferenceArray gradient = values(gy);
        ReferenceArray from = values(x);
        double[] scale = values(weight).data;
        double[] center = values(mean).data;
        double[] invStd = inverseDeviation(var, eps);
        ReferenceArray gWeight = needParameters ? zeros(weight.shape()) : null;
        ReferenceArray gBias = needParameters ? zeros(weight.shape()) : null;
        ReferenceArray gx = needInput ? zeros(x.shape()) : null;
        if (needParameters) {
            ReferenceBatchNorm.parameterGradients(gradient, from, center, invStd, gWeight.data, gBias.data);
        }
        if (needInput) {
            ReferenceBatchNorm.evalInputGradient(gradient, scale, invStd, gx.data);
        }
        return new NormGradients(gx, gWeight, gBias);
    }

    // ---- pooling ------------------------------------------------------------------------------------------------

    @Override
    public Pooled maxPool2d(Array x, Pool2dOptions options) {
        Shape out = options.outputShape(x.shape());
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(out);
        ReferenceArray indices = zeros(out);
        ReferencePooling.maxPool2d(from, options, y, indices);
        return new Pooled(y, indices);
    }

    @Override
    public Pooled adaptiveMaxPool2d(Array x, int outH, int outW) {
        Shape out = Shapes.adaptivePool2d(x.shape(), outH, outW);
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(out);
        ReferenceArray indices = zeros(out);
        ReferencePooling.adaptiveMaxPool2d(from, y, indices);
        return new Pooled(y, indices);
    }

    @Override
    public Array maxPool2dGradient(Array gy, Array indices, Shape xShape) {
        Shape out = Shapes.maxPool2dGradient(gy.shape(), indices.shape(), xShape);
        ReferenceArray gradient = values(gy);
        ReferenceArray places = values(indices);
        ReferenceArray gx = zeros(out);
        ReferencePooling.maxGradient(gradient, places, gx);
        return gx;
    }

    @Override
    public Array avgPool2d(Array x, Pool2dOptions options) {
        Shape out = options.outputShape(x.shape());
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(out);
        ReferencePooling.avgPool2d(from, options, y);
        return y;
    }

    @Override
    public Array avgPool2dGradient(Array gy, Shape xShape, Pool2dOptions options) {
        Shape out = Shapes.avgPool2dGradient(gy.shape(), xShape, options);
        ReferenceArray gradient = values(gy);
        ReferenceArray gx = zeros(out);
        ReferencePooling.avgPool2dGradient(gradient, options, gx);
        return gx;
    }

    @Override
    public Array adaptiveAvgPool2d(Array x, int outH, int outW) {
        Shape out = Shapes.adaptivePool2d(x.shape(), outH, outW);
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(out);
        ReferencePooling.adaptiveAvgPool2d(from, y);
        return y;
    }

    @Override
    public Array adaptiveAvgPool2dGradient(Array gy, Shape xShape) {
        Shape out = Shapes.adaptivePool2dGradient(gy.shape(), xShape);
        ReferenceArray gradient = values(gy);
        ReferenceArray gx = zeros(out);
        ReferencePooling.adaptiveAvgPool2dGradient(gradient, gx);
        return gx;
    }

    // ---- loss ---------------------------------------------------------------------------------------------------

    @Override
    public Array logSoftmax(Array x) {
        Shapes.logSoftmax(x.shape());
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(x.shape());
        ReferenceLoss.logSoftmax(from, y.data);
        return y;
    }

    @Override
    public Array logSoftmaxGradient(Array gy, Array y) {
        Shapes.same("logSoftmaxGradient", gy.shape(), Shapes.logSoftmax(y.shape()));
        ReferenceArray gradient = values(gy);
        ReferenceArray logP = values(y);
        ReferenceArray gx = zeros(gy.shape());
        ReferenceLoss.logSoftmaxGradient(gradient, logP, gx.data);
        return gx;
    }

    @Override
    public Loss crossEntropy(Array scores, Array target, Array classWeight, double smoothing, Reduction reduction) {
        Shape shape = Shapes.crossEntropy(scores.shape(), target.shape(), classWeight == null ? null : classWeight.shape(),
                smoothing);
        int classes = shape.dim(1);
        ReferenceArray t = values(target);
        ReferenceArray v = classWeight == null ? null : values(classWeight);
        double[] q = target.shape().rank() == 1 ? ReferenceLoss.oneHot(t, classes) : t.data;
        double[] a = ReferenceLoss.coefficients(q, classes, v, smoothing);
        double divisor = ReferenceLoss.divisor(t, v, reduction);
        double[] logP = new double[shape.size()];
        ReferenceLoss.logSoftmax(values(scores), logP);

        ReferenceArray loss = zeros(Shape.SCALAR);
        ReferenceArray gradient = zeros(shape);
        loss.data[0] = ReferenceLoss.crossEntropy(logP, classes, a, divisor, gradient.data);
        return new Loss(loss, gradient);
    }

    // ---- regularisation and optimisation --------------------------------------------------------------------------

    @Override
    public Array dropout(Array x, double p, long seed) {
        Shapes.dropout(x.shape(), p);
        ReferenceArray from = values(x);
        ReferenceArray y = zeros(x.shape());
        ReferenceElementwise.dropout(from.data, p, seed, y.data);
        return y;
    }

    @Override
    public void sgd(SgdOptions options, List<Array> parameters, List<Array> gradients, List<Array> momentumBuffers,
            boolean[] first) {
        Shapes.sgd(options, parameters, gradients, momentumBuffers, first);
        boolean momentum = options.momentum() != 0;
        for (int i = 0; i < parameters.size(); i++) {
            double[] buffer = momentum ? values(momentumBuffers.get(i)).data : null;
            ReferenceSgd.step(options, values(parameters.get(i)).data, values(gradients.get(i)).data, buffer,
                    momentum && first[i]);
            parameters.get(i).storage().changed();
            if (momentum) {
                momentumBuffers.get(i).storage().changed();
            }
        }
    }

    // ---- arguments ------------------------------------------------------------------------------------------------

    private ReferenceArray values(Array x) {
        if (!(x instanceof ReferenceArray mine) || !mine.isCountedBy(inUse)) {
            throw new IllegalArgumentException("array " + x.shape() + " belongs to another device; read its values and make"
                    + " an array of them on this one");
        }
        mine.storage().requireAlive();
        return mine;
    }

    private double[] inverseDeviation(Array var, double eps) {
        double[] invStd = new double[var.shape().size()];
        ReferenceBatchNorm.inverseDeviation(values(var).data, eps, invStd);
        return invStd;
    }

    private Array gathered(ReferenceArray x, Shape out, int start, int... strides) {
        ReferenceArray y = zeros(out);
        ReferenceStrides.gather(x.data, ReferenceStrides.places(out, start, strides), y.data);
        return y;
    }

    private static int[] broadcast(ReferenceArray x, Shape to) {
        return ReferenceStrides.places(to, 0, ReferenceStrides.broadcast(x.shape(), to));
    }

    private static void widen(float[] from, double[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] = from[i];
        }
    }
}
