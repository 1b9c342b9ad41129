package thaw.kernels;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Argument checks of {@link Backend}'s operators. Each method is named after its operator and throws
 * {@link IllegalArgumentException} with the shapes in its message if they do not match. {@link CheckedBackend} calls them
 * once for each call of an operator; the public ones return the shape of the result, which kernels allocate. The results of
 * convolutions, sliding windows and broadcasting are with their options: {@link Conv2dOptions#outputShape},
 * {@link Pool2dOptions#outputShape}, {@link Shape#broadcast}.
 */
public final class Shapes {

    private Shapes() {
    }

    // ---- memory and rearranging ---------------------------------------------------------------------------------

    /** Checks that {@code length} is the number of elements of this shape. */
    static void requireLength(String operator, Shape shape, int length) {
        if (shape.size() != length) {
            throw new IllegalArgumentException(operator + ": shape " + shape + " has " + shape.size() + " elements, but "
                    + length + " numbers were given");
        }
    }

    /** Checks that the two shapes are equal, and returns that shape. */
    static Shape same(String operator, Shape a, Shape b) {
        if (!a.equals(b)) {
            throw new IllegalArgumentException(operator + ": expects two arrays of the same shape, got " + a + " and " + b);
        }
        return a;
    }

    static void reshape(Shape x, Shape to) {
        if (x.size() != to.size()) {
            throw new IllegalArgumentException("reshape: " + x + " has " + x.size() + " elements, " + to + " has " + to.size()
                    + "; the two must be equal");
        }
    }

    /** The shape with its dimensions in the order {@code dims}, each of which occurs once. */
    public static Shape permute(Shape x, int... dims) {
        boolean[] seen = new boolean[x.rank()];
        int[] out = new int[dims.length];
        boolean valid = dims.length == x.rank();
        for (int i = 0; valid && i < dims.length; i++) {
            int d = dimension("permute", x, dims[i]);
            valid = !seen[d];
            seen[d] = true;
            out[i] = x.dim(d);
        }
        if (!valid) {
            throw new IllegalArgumentException("permute: dimensions " + Arrays.toString(dims) + " of shape " + x
                    + " must name each of its " + x.rank() + " dimensions once");
        }
        return Shape.of(out);
    }

    /** @param xs at least one; equal in all dimensions but {@code dim} */
    public static Shape cat(List<? extends Array> xs, int dim) {
        if (xs.isEmpty()) {
            throw new IllegalArgumentException("cat: expects at least one array, got none");
        }
        Shape first = xs.get(0).shape();
        int d = dimension("cat", first, dim);
        long total = 0;
        for (Array array : xs) {
            Shape x = array.shape();
            if (x.rank() != first.rank() || !x.with(d, first.dim(d)).equals(first)) {
                throw new IllegalArgumentException("cat: " + first + " and " + x + " must be equal in every dimension but " + d);
            }
            total += x.dim(d);
        }
        return first.with(d, Shape.extent("cat", first, total));
    }

    /** The shape with {@code length} entries of dimension {@code dim}, from {@code start} on. */
    public static Shape narrow(Shape x, int dim, int start, int length) {
        int d = dimension("narrow", x, dim);
        if (start < 0 || length < 0 || start > x.dim(d) - length) {
            throw new IllegalArgumentException("narrow: start " + start + " and length " + length + " go beyond dimension " + d
                    + " of shape " + x + ", which has extent " + x.dim(d));
        }
        return x.with(d, length);
    }

    /** @param to the shape to which {@code x} broadcasts */
    static void expand(Shape x, Shape to) {
        boolean fits = x.rank() <= to.rank();
        for (int i = 1; fits && i <= x.rank(); i++) {
            fits = x.dim(-i) == 1 || x.dim(-i) == to.dim(-i);
        }
        if (!fits) {
            throw new IllegalArgumentException("expand: " + x + " does not expand to " + to
                    + "; aligned at the last dimension, each extent must be equal, or 1 in the former");
        }
    }

    // ---- reductions, linear algebra and loss ----------------------------------------------------------------------

    /** @param dims each at most once; none means all */
    public static Shape sum(Shape x, boolean keepDim, int... dims) {
        boolean[] seen = new boolean[x.rank()];
        for (int dim : dims) {
            int d = dimension("sum", x, dim);
            if (seen[d]) {
                throw new IllegalArgumentException("sum: dimensions " + Arrays.toString(dims) + " of shape " + x + " name "
                        + d + " twice");
            }
            seen[d] = true;
        }
        return x.reduce(keepDim, reduced(x, dims));
    }

    /** The dimensions that {@link Backend#sum} reduces: those given, counted from the front, or all if none is given. */
    public static int[] reduced(Shape x, int... dims) {
        int[] out = new int[dims.length == 0 ? x.rank() : dims.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = dims.length == 0 ? i : x.index(dims[i]);
        }
        return out;
    }

    /** {@code [N, C] → [N]} */
    public static Shape argmax(Shape x) {
        if (x.rank() != 2 || x.dim(1) == 0) {
            throw new IllegalArgumentException("argmax: expects rows [N, C] with at least one column, got " + x);
        }
        return Shape.of(x.dim(0));
    }

    /** {@code [M, K] · [K, N] → [M, N]}, after the transpositions. */
    public static Shape matmul(Shape a, boolean transposeA, Shape b, boolean transposeB) {
        if (a.rank() != 2 || b.rank() != 2) {
            throw new IllegalArgumentException("matmul: expects two matrices, got " + a + " and " + b
                    + "; reshape or flatten them to rank 2");
        }
        int m = a.dim(transposeA ? 1 : 0);
        int k = a.dim(transposeA ? 0 : 1);
        int kOfB = b.dim(transposeB ? 1 : 0);
        int n = b.dim(transposeB ? 0 : 1);
        if (k != kOfB) {
            throw new IllegalArgumentException("matmul: " + a + (transposeA ? " transposed" : "") + " has " + k + " columns, "
                    + b + (transposeB ? " transposed" : "") + " has " + kOfB + " rows; the two must be equal");
        }
        return Shape.of(m, n);
    }

    static Shape logSoftmax(Shape x) {
        if (x.rank() != 2 || x.dim(1) == 0) {
            throw new IllegalArgumentException("logSoftmax: expects scores [N, C] with at least one class, got " + x);
        }
        return x;
    }

    /** @param classWeight null if there is none */
    static void crossEntropy(Array scoreArray, Array targetArray, @Nullable Array classWeight, double smoothing) {
        Shape scores = scoreArray.shape();
        Shape target = targetArray.shape();
        if (scores.rank() != 2 || scores.size() == 0) {
            throw new IllegalArgumentException("crossEntropy: expects scores [N, C], at least one of them, got " + scores);
        }
        if (!target.equals(Shape.of(scores.dim(0))) && !target.equals(scores)) {
            throw new IllegalArgumentException("crossEntropy: target for scores " + scores + " is " + scores.dim(0)
                    + " class numbers [" + scores.dim(0) + "] or probabilities " + scores + ", got " + target);
        }
        if (classWeight != null && !classWeight.shape().equals(Shape.of(scores.dim(1)))) {
            throw new IllegalArgumentException("crossEntropy: scores " + scores + " need a class weight [" + scores.dim(1)
                    + "], got " + classWeight.shape());
        }
        if (!(smoothing >= 0 && smoothing <= 1)) {
            throw new IllegalArgumentException("crossEntropy: label smoothing must be between 0 and 1, got " + smoothing);
        }
    }

    /** The class index of a hard target: sample {@code n}'s target as an integer in {@code 0 … classes − 1}. */
    public static int classNumber(double target, int n, int classes) {
        if (!(target >= 0 && target < classes) || target != Math.rint(target)) {
            throw new IllegalArgumentException("crossEntropy: target " + target + " of sample " + n
                    + " is not a class number; with scores for " + classes + " classes these are 0 … " + (classes - 1)
                    + "; does the head have as many classes as the data?");
        }
        return (int) target;
    }

    /** Checks that scores and targets have the same shape, and the weight the last extent of it. */
    static void binaryCrossEntropy(Array scoreArray, Array target, @Nullable Array positiveWeight) {
        Shape scores = same("binaryCrossEntropy", scoreArray.shape(), target.shape());
        if (positiveWeight != null
                && (scores.rank() == 0 || !positiveWeight.shape().equals(Shape.of(scores.dim(scores.rank() - 1))))) {
            throw new IllegalArgumentException("binaryCrossEntropy: scores " + scores + " need one positive weight for each label"
                    + " of their last dimension, got " + positiveWeight.shape());
        }
    }

    // ---- convolution and pooling ----------------------------------------------------------------------------------

    static void conv2d(Array x, Array w, Epilogue epilogue, Conv2dOptions options) {
        Shape y = options.outputShape(x.shape(), w.shape());
        for (Array a : new Array[] {epilogue.scale(), epilogue.shift()}) {
            if (a != null && !a.shape().equals(Shape.of(y.dim(1)))) {
                throw new IllegalArgumentException("conv2d: result " + y + " has " + y.dim(1) + " channels, so scale and shift"
                        + " (a bias) must be [" + y.dim(1) + "], got " + a.shape());
            }
        }
        if (epilogue.residual() != null) {
            same("conv2d with a residual", epilogue.residual().shape(), y);
        }
    }

    /** @throws IllegalArgumentException if {@code gy} is not of the shape of a result of this convolution */
    public static void conv2dInputGradient(Shape gy, Shape w, Shape xShape, Conv2dOptions options) {
        gradient("conv2dInputGradient", gy, options.outputShape(xShape, w), xShape);
    }

    static void conv2dWeightGradient(Shape gy, Shape x, Shape wShape, Conv2dOptions options) {
        gradient("conv2dWeightGradient", gy, options.outputShape(x, wShape), x);
    }

    /** {@code [N, C, H, W] → [N, C, outH, outW]} */
    public static Shape adaptivePool2d(Shape x, int outH, int outW) {
        if (x.rank() != 4 || x.dim(2) == 0 || x.dim(3) == 0) {
            throw new IllegalArgumentException("adaptive pooling: expects input [N, C, H, W] of at least one pixel, got " + x);
        }
        if (outH < 1 || outW < 1) {
            throw new IllegalArgumentException("adaptive pooling: output size " + outH + "×" + outW + " for input " + x
                    + " must be at least 1×1");
        }
        return Shape.of(x.dim(0), x.dim(1), outH, outW);
    }

    static void maxPool2dGradient(Shape gy, Shape indices, Shape xShape) {
        same("maxPool2dGradient", gy, indices);
        adaptivePool2dGradient(gy, xShape);
    }

    static void avgPool2dGradient(Shape gy, Shape xShape, Pool2dOptions options) {
        gradient("avgPool2dGradient", gy, options.outputShape(xShape), xShape);
    }

    static void adaptivePool2dGradient(Shape gy, Shape xShape) {
        if (gy.rank() != 4 || xShape.rank() != 4 || gy.dim(0) != xShape.dim(0) || gy.dim(1) != xShape.dim(1)) {
            throw new IllegalArgumentException("pooling gradient: output gradient " + gy + " and input " + xShape
                    + " must both be [N, C, ·, ·] with the same N and C");
        }
    }

    // ---- batch normalisation --------------------------------------------------------------------------------------

    /**
     * Returns {@code x}'s shape; {@code x.dim(1)} is C.
     *
     * @param x          {@code [N, C]} or {@code [N, C, H, W]}
     * @param perChannel arrays that must be {@code [C]}; nulls are skipped
     */
    static Shape batchNorm(Array x, @Nullable Array... perChannel) {
        Shape shape = x.shape();
        if (shape.rank() != 2 && shape.rank() != 4) {
            throw new IllegalArgumentException("batchNorm: expects input [N, C] or [N, C, H, W], got " + shape);
        }
        for (Array a : perChannel) {
            if (a != null && !a.shape().equals(Shape.of(shape.dim(1)))) {
                throw new IllegalArgumentException("batchNorm: input " + shape + " has " + shape.dim(1)
                        + " channels, so weight, bias and statistics must be [" + shape.dim(1) + "], got " + a.shape());
            }
        }
        return shape;
    }

    /** Like {@link #batchNorm}, for batch statistics, which need at least two values per channel. */
    static void batchNormTrain(Array x, Array weight, Array bias, @Nullable Array runningMean, @Nullable Array runningVar,
            @Nullable Array residual) {
        Shape shape = batchNorm(x, weight, bias, runningMean, runningVar);
        if (residual != null) {
            same("batchNorm with a residual", residual.shape(), shape);
        }
        if ((runningMean == null) != (runningVar == null)) {
            throw new IllegalArgumentException("batchNorm: running mean and running variance must be given both or neither");
        }
        if (shape.dim(0) * (shape.rank() == 4 ? shape.dim(2) * shape.dim(3) : 1) < 2) {
            throw new IllegalArgumentException("batchNorm: expected more than 1 value per channel when training, got input "
                    + shape + "; use a batch of at least 2, or eval() mode");
        }
    }

    /** Checks the arguments of the training gradient; {@code y} may be null. */
    static void batchNormTrainGradient(Array gy, Array x, @Nullable Array y, Array weight, Array mean, Array invStd) {
        Shape shape = batchNorm(x, weight, mean, invStd);
        same("batchNormTrainGradient", gy.shape(), shape);
        if (y != null) {
            same("batchNormTrainGradient", y.shape(), shape);
        }
    }

    /** Checks that all arrays have the same shape {@code [C]}. */
    static void perChannel(Array weight, Array... others) {
        for (Array a : others) {
            if (weight.shape().rank() != 1 || !a.shape().equals(weight.shape())) {
                throw new IllegalArgumentException("batchNorm: weight, bias and statistics must all be of one shape [C], got "
                        + weight.shape() + " and " + a.shape());
            }
        }
    }

    // ---- regularisation and optimisation --------------------------------------------------------------------------

    /** Checks the probability with which {@link Backend#dropout} sets an element to 0. */
    static void dropout(double p) {
        if (!(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException("dropout: probability must be between 0 and 1, got " + p);
        }
    }

    /** Checks that each parameter has a gradient, and with momentum a momentum buffer, of its own shape. */
    static void sgd(SgdOps.Options options, List<Array> parameters, List<Array> gradients, List<@Nullable Array> momentumBuffers,
            boolean[] first, @Nullable Array foundInf) {
        foundInf("sgd", foundInf);
        int n = parameters.size();
        boolean momentum = options.momentum() != 0;
        if (gradients.size() != n || momentum && (momentumBuffers.size() != n || first.length != n)) {
            throw new IllegalArgumentException("sgd: " + n + " parameters need as many gradients, got " + gradients.size()
                    + (momentum ? ", and as many momentum buffers, got " + momentumBuffers.size() + " and " + first.length
                            + " flags" : ""));
        }
        for (int i = 0; i < n; i++) {
            Shape p = parameters.get(i).shape();
            if (!gradients.get(i).shape().equals(p) || momentum && !momentumBuffers.get(i).shape().equals(p)) {
                throw new IllegalArgumentException("sgd: parameter " + i + " is " + p + ", its gradient "
                        + gradients.get(i).shape()
                        + (momentum ? " and its momentum buffer " + momentumBuffers.get(i).shape() : "")
                        + "; all must have the same shape");
            }
        }
    }

    /** Checks that each parameter has a gradient and two moments of its own shape, and a step number. */
    static void adamW(List<Array> parameters, List<Array> gradients, List<Array> firstMoments, List<Array> secondMoments,
            long[] steps, @Nullable Array foundInf) {
        foundInf("adamW", foundInf);
        int n = parameters.size();
        if (gradients.size() != n || firstMoments.size() != n || secondMoments.size() != n || steps.length != n) {
            throw new IllegalArgumentException("adamW: " + n + " parameters need as many gradients, moments and steps, got "
                    + gradients.size() + ", " + firstMoments.size() + " and " + secondMoments.size() + ", " + steps.length);
        }
        for (int i = 0; i < n; i++) {
            Shape p = parameters.get(i).shape();
            Shape g = gradients.get(i).shape();
            if (!g.equals(p) || !firstMoments.get(i).shape().equals(p) || !secondMoments.get(i).shape().equals(p)) {
                throw new IllegalArgumentException("adamW: parameter " + i + " is " + p + ", its gradient " + g
                        + ", its moments " + firstMoments.get(i).shape() + " and " + secondMoments.get(i).shape()
                        + "; all must have the same shape");
            }
        }
    }

    private static void foundInf(String operator, @Nullable Array foundInf) {
        if (foundInf != null && foundInf.shape().size() != 1) {
            throw new IllegalArgumentException(operator + ": foundInf is one number, 0 if the step is to be taken; got "
                    + foundInf.shape());
        }
    }

    private static void gradient(String operator, Shape gy, Shape y, Shape x) {
        if (!gy.equals(y)) {
            throw new IllegalArgumentException(operator + ": the gradient for input " + x + " must have the output's shape " + y
                    + ", got " + gy);
        }
    }

    private static int dimension(String operator, Shape x, int dim) {
        if (dim < -x.rank() || dim >= x.rank()) {
            throw new IllegalArgumentException(operator + ": shape " + x + " has no dimension " + dim + "; its " + x.rank()
                    + " dimensions are numbered from 0, or from -1 backwards");
        }
        return x.index(dim);
    }
}
