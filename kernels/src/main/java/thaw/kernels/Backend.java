package thaw.kernels;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Arithmetic on the arrays of one device, without gradients by itself: every operator comes with the operators that its
 * gradient needs, and the engine puts them together.
 *
 * <p><b>Contract.</b> Operators return new arrays, whose one owner is the caller; arguments are neither changed nor
 * released, but for those named "in place". Arguments come from the same backend. Shapes are row-major in the user's
 * eyes ({@code [N, C, H, W]} for activations), whatever the memory holds. Operators may be called from several threads
 * at once. The same arguments give the same bits, whatever the number of threads. Every operator checks its shapes
 * and throws {@link IllegalArgumentException} with both of them in the message.
 *
 * <p>Implementations: {@code thaw.kernels.reference} defines what each operator means, in double precision;
 * {@code thaw.kernels.cpu} is fast.
 */
public interface Backend extends AutoCloseable {

    /** What this is, in a line for people: {@code "cpu, Vector API, 16 floats, 2 threads"}. */
    String description();

    // ---- memory ------------------------------------------------------------------------------------------------

    /** An array of zeros. */
    Array zeros(Shape shape);

    /** An array with these values, in row-major order. The length of {@code values} is the shape's size. */
    Array of(Shape shape, float[] values);

    /** As {@link #of(Shape, float[])}; keeps the double precision where the backend has it. */
    Array of(Shape shape, double[] values);

    /** A copy with memory of its own. */
    Array copy(Array x);

    /** Copies the elements out in row-major order. */
    void read(Array x, float[] into);

    /** Copies the elements out in row-major order, with all the precision that there is. */
    void read(Array x, double[] into);

    /** In place: overwrites the elements, given in row-major order. */
    void write(Array x, float[] values);

    /** As {@link #write(Array, float[])}, with what remains of a buffer, such as a part of a file. */
    default void write(Array x, FloatBuffer values) {
        float[] copy = new float[values.remaining()];
        values.duplicate().get(copy);
        write(x, copy);
    }

    /** In place: sets every element. */
    void fill(Array x, double value);

    /** In place: {@code target ← source}, of the same shape. */
    void assign(Array target, Array source);

    /** What the device says of its kernels' times; empty if it was not asked to take them, or computes in the caller's time. */
    default Optional<DeviceProfile> profile() {
        return Optional.empty();
    }

    /** Bytes of device memory in use by arrays that have an owner, and kept in the pool for reuse. */
    MemoryUse memory();

    /** See {@link #memory()}. */
    record MemoryUse(long inUse, long pooled) {
    }

    /**
     * Whether operators return before the device has computed their results: then reading one waits for everything that was
     * asked for before, and a loop that reads at every step keeps the device waiting too.
     */
    default boolean isAsynchronous() {
        return false;
    }

    /**
     * Has the kernels of a convolutional network compiled, so that the first use of one is as fast as the next. Takes seconds,
     * in which another thread may read the weights; changes no result. Does nothing where there is nothing to gain.
     *
     * @param training whether those of a training step too, rather than of a prediction alone
     */
    default void warmUp(boolean training) {
    }

    /**
     * Returns at once, for a quick first prediction: where compiling the fastest loops takes a second or more, operators run on
     * simpler ones, to the same bits, until a thread in the background has had the fastest compiled. It begins when nothing is
     * computed, after the first prediction at best. {@link #warmUp} waits for it.
     */
    default void warmUpInBackground() {
    }

    /** Ends the device's threads and gives its memory back. Arrays must not be used any more. */
    @Override
    void close();

    // ---- rearranging -------------------------------------------------------------------------------------------

    /** The same elements in row-major order under another shape of the same size; shares memory where it can. */
    Array reshape(Array x, Shape shape);

    /** Dimension {@code i} of the result is dimension {@code dims[i]} of {@code x}. */
    Array permute(Array x, int... dims);

    /** Puts arrays one behind the other along {@code dim}; all other extents are equal. */
    Array cat(List<Array> xs, int dim);

    /** The part {@code start … start + length − 1} of dimension {@code dim}. The gradient of {@link #cat}. */
    Array narrow(Array x, int dim, int start, int length);

    // ---- element-wise and reductions ----------------------------------------------------------------------------

    /** {@code y = f(x)} */
    Array unary(UnaryOp op, Array x);

    /**
     * {@code gx = gy · f′(x)}. Of {@code x} and {@code y = f(x)} only the one that {@link #gradientNeedsInput} names is
     * read; the other may be null. The derivative of RELU and ABS at 0 is 0.
     */
    Array unaryGradient(UnaryOp op, Array gy, Array x, Array y);

    /** Whether {@link #unaryGradient} reads the function's input; otherwise it reads its output. */
    static boolean gradientNeedsInput(UnaryOp op) {
        return switch (op) {
            case LOG, ABS, SQUARE -> true;
            case RELU, SIGMOID, TANH, EXP, SQRT -> false;
        };
    }

    /** {@code a ∘ b}, broadcasting. */
    Array binary(BinaryOp op, Array a, Array b);

    /** {@code alpha · x + beta} */
    Array affine(Array x, double alpha, double beta);

    /** {@code min(max(x, low), high)}; what is not a number stays so. */
    Array clamp(Array x, double low, double high);

    /** In place: {@code target ← target + x}, of the same shape. */
    void add(Array target, Array x);

    /** Sums over the given dimensions; with none given, over all. */
    Array sum(Array x, boolean keepDim, int... dims);

    /** Repeats {@code x} along the dimensions in which it has extent 1 or that it lacks. The gradient of {@link #sum}. */
    Array expand(Array x, Shape shape);

    /** Index of the largest element (the first of equals) of each row of {@code [N, C]}, as numbers {@code [N]}. */
    Array argmax(Array x);

    // ---- linear algebra -----------------------------------------------------------------------------------------

    /** {@code op(a) · op(b)} for matrices, where op transposes if asked to: {@code [M, K] × [K, N] → [M, N]}. */
    Array matmul(Array a, boolean transposeA, Array b, boolean transposeB);

    // ---- convolution --------------------------------------------------------------------------------------------

    /**
     * Cross-correlation, as every network means by convolution:
     * {@code y[n,k,i,j] = bias[k] + Σ_c,r,s x[n, c, y(i,r), x(j,s)] · w[k,c,r,s]}, at the input's row
     * {@code y(i,r) = i·stride + r·dilation − padding} and column {@code x(j,s) = j·stride + s·dilation − padding},
     * with zeros outside the image, and {@code c} over the group of {@code k}.
     *
     * @param x    {@code [N, C, H, W]}
     * @param w    {@code [K, C/groups, R, S]}
     * @param bias {@code [K]}, or null
     */
    default Array conv2d(Array x, Array w, Array bias, Conv2dOptions options) {
        return conv2dWithEpilogue(x, w, Epilogue.bias(bias), options);
    }

    /** {@link #conv2d} without bias, and then the epilogue's operators on its result while that is still in registers. */
    Array conv2dWithEpilogue(Array x, Array w, Epilogue epilogue, Conv2dOptions options);

    /** Gradient of {@link #conv2d} with respect to its input, of shape {@code xShape}. */
    Array conv2dInputGradient(Array gy, Array w, Shape xShape, Conv2dOptions options);

    /** Gradient of {@link #conv2d} with respect to its weight, of shape {@code wShape}. That of its bias is a {@link #sum}. */
    Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions options);

    // ---- batch normalisation (Ioffe and Szegedy 2015) -------------------------------------------------------------

    /**
     * Normalises each channel by the statistics of the batch, adds the residual and applies the activation:
     * {@code y = act((x − mean) · invStd · weight + bias + residual)} with {@code invStd = 1/√(var + eps)}, var the biased
     * variance. In place, unless they are null: {@code running ← (1 − momentum) · running + momentum · batch}, for which the
     * variance is the unbiased one.
     *
     * @param x        {@code [N, C, …]}, of rank 2 or 4; weight to runningVar {@code [C]}
     * @param residual of x's shape, or null for 0
     * @param relu     whether act is {@code max(·, 0)}, rather than the identity
     * @throws IllegalArgumentException if there is but one value a channel
     */
    Normalized batchNormTrain(Array x, Array weight, Array bias, Array runningMean, Array runningVar, double momentum,
            double eps, Array residual, boolean relu);

    /** A batch-normalised array with the statistics {@code [C]} that its gradient needs. */
    record Normalized(Array y, Array mean, Array invStd) {
    }

    /** Normalises each channel by fixed statistics: {@code y = (x − mean) / √(var + eps) · weight + bias}. */
    Array batchNormEval(Array x, Array weight, Array bias, Array mean, Array var, double eps);

    /**
     * A fixed batch normalisation as {@code y = x·scale + shift}: {@code scale = weight / √(var + eps)},
     * {@code shift = bias − mean·scale}; all {@code [C]}.
     */
    ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps);

    /** A number to multiply each channel with, and one to add. */
    record ChannelAffine(Array scale, Array shift) {
    }

    /**
     * Gradients of {@link #batchNormTrain}. With {@code g = gy} where {@code y > 0}, and 0 elsewhere, if the activation was
     * a ReLU, else {@code g = gy}; with {@code x̂ = (x − mean)·invStd}, and means over a channel's M values:
     * {@code gBias = Σ g}, {@code gWeight = Σ g·x̂},
     * {@code gx = weight·invStd·(g − gBias/M − x̂·gWeight/M)} (Ioffe and Szegedy 2015, section 3), {@code gResidual = g}.
     *
     * @param y            the result if the activation was a ReLU, else null
     * @param needInput    whether {@link NormGradients#x} is wanted; null otherwise
     * @param needResidual whether {@link NormGradients#residual} is wanted; null otherwise. It may be {@code gy}, retained
     */
    NormGradients batchNormTrainGradient(Array gy, Array x, Array y, Array weight, Array mean, Array invStd,
            boolean needInput, boolean needResidual);

    /**
     * Gradients of {@link #batchNormEval}, where mean and variance are constants: {@code gx = gy · weight / √(var + eps)},
     * the others as in training.
     *
     * @param needInput      whether {@link NormGradients#x} is wanted; null otherwise
     * @param needParameters whether those of weight and bias are wanted; null otherwise
     */
    NormGradients batchNormEvalGradient(Array gy, Array x, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters);

    /** Gradients of a batch normalisation; those that were not asked for are null. */
    record NormGradients(Array x, Array weight, Array bias, Array residual) {
    }

    // ---- pooling ------------------------------------------------------------------------------------------------

    /**
     * The largest value in each window, with where it lies; the first in row-major order among equals; padding never wins.
     *
     * @param needIndices whether {@link Pooled#indices} is wanted; null otherwise
     */
    Pooled maxPool2d(Array x, Pool2dOptions options, boolean needIndices);

    /** The largest value of each of {@code outH × outW} cells; see {@link #adaptiveAvgPool2d} for the cells. */
    Pooled adaptiveMaxPool2d(Array x, int outH, int outW);

    /** Maxima and, for each, its index {@code row · W + column} in its image, stored as a number: both {@code [N, C, OH, OW]}. */
    record Pooled(Array values, Array indices) {
    }

    /** Adds each gradient to the place that the index names; for both kinds of maximum pooling. */
    Array maxPool2dGradient(Array gy, Array indices, Shape xShape);

    /** The mean of each window, padded zeros counted or not as the options say. */
    Array avgPool2d(Array x, Pool2dOptions options);

    Array avgPool2dGradient(Array gy, Shape xShape, Pool2dOptions options);

    /** The mean of each cell; cell {@code i} of {@code out} covers rows {@code floor(i·H/out) … ceil((i+1)·H/out) − 1}. */
    Array adaptiveAvgPool2d(Array x, int outH, int outW);

    Array adaptiveAvgPool2dGradient(Array gy, Shape xShape);

    // ---- loss ---------------------------------------------------------------------------------------------------

    /** {@code y = x − log Σ e^x} along the last dimension of {@code [N, C]}, computed without overflow. */
    Array logSoftmax(Array x);

    /** {@code gx = gy − e^y · Σ gy} along the last dimension. */
    Array logSoftmaxGradient(Array gy, Array y);

    /**
     * Softmax cross-entropy of scores {@code [N, C]}, PyTorch's definition.
     *
     * <p>Hard targets, class numbers {@code [N]}, with class weights {@code v} (1 if null) and smoothing {@code ε}:
     * {@code l_n = (1 − ε)·v_t·(−log p_t) + ε/C · Σ_c v_c·(−log p_c)}; the mean divides by {@code Σ_n v_t}, and is NaN, as its
     * gradient is, where that is 0.
     * Soft targets, probabilities {@code q [N, C]}: {@code l_n = −Σ_c v_c·((1 − ε)·q_c + ε/C)·log p_c}; the mean divides by N.
     *
     * @param target      {@code [N]} class numbers, or {@code [N, C]} probabilities
     * @param classWeight {@code [C]}, or null
     * @throws IllegalArgumentException if the shapes do not go together or a class number is not in {@code 0 … C−1}
     */
    Loss crossEntropy(Array scores, Array target, Array classWeight, double smoothing, Reduction reduction);

    /** A loss (a scalar) and its gradient with respect to the scores, which comes almost for free. */
    record Loss(Array value, Array gradient) {
    }

    /**
     * Binary cross-entropy of scores {@code x} through the logistic function, for targets {@code t} that do not exclude each
     * other, of one shape: {@code l = (1 − t)·x + (1 + (v − 1)·t)·log(1 + e^(−x))}, computed without overflow; the mean is over
     * all elements.
     *
     * @param positiveWeight {@code v}, of the shape's last extent, or null for 1
     */
    Loss binaryCrossEntropy(Array scores, Array target, Array positiveWeight, Reduction reduction);

    // ---- regularisation and optimisation --------------------------------------------------------------------------

    /**
     * Dropout (Srivastava et al. 2014): each element is kept with probability {@code 1 − p} and divided by it, or set
     * to 0. Element {@code i} in row-major order is kept if the top 24 bits of splitmix64(seed + i), as a fraction, are at least
     * {@code p}; so the gradient is the same operator with the same seed, and no mask is stored.
     */
    Array dropout(Array x, double p, long seed);

    /**
     * In place: one step of SGD on all parameters of a group, each with its gradient {@code g} and momentum buffer {@code b}
     * (null where momentum is 0). For each parameter {@code p}, in this order:
     * <pre>
     * g ← −g                                          if maximize
     * g ← g + weightDecay·p
     * b ← g                                           if momentum ≠ 0, first step
     * b ← momentum·b + (1 − dampening)·g              if momentum ≠ 0, later
     * g ← g + momentum·b  if nesterov,  else  b       if momentum ≠ 0
     * p ← p − lr·g
     * </pre>
     *
     * @param first    whether a parameter's momentum buffer holds nothing yet
     * @param foundInf a scalar, or null: the step is not taken unless it is 0, which is found out where the parameters are,
     *                 without waiting. As in PyTorch's fused optimizers
     */
    void sgd(SgdOptions options, List<Array> parameters, List<Array> gradients, List<Array> momentumBuffers, boolean[] first,
            Array foundInf);

    /** The same step, taken in any case. */
    default void sgd(SgdOptions options, List<Array> parameters, List<Array> gradients, List<Array> momentumBuffers,
            boolean[] first) {
        sgd(options, parameters, gradients, momentumBuffers, first, null);
    }

    /**
     * In place: one step of AdamW (Loshchilov and Hutter 2019, algorithm 2) on all parameters of a group, each with its
     * gradient {@code g}, its moments {@code m} and {@code v} (zero at first) and the number {@code t} of this step, from 1:
     * <pre>
     * g ← −g                          if maximize
     * p ← p − lr·weightDecay·p
     * m ← beta1·m + (1 − beta1)·g
     * v ← beta2·v + (1 − beta2)·g²
     * p ← p − lr · m/(1 − beta1^t) / (√(v/(1 − beta2^t)) + eps)
     * </pre>
     *
     * @param foundInf as in {@link #sgd(SgdOptions, List, List, List, boolean[], Array)}
     */
    void adamW(AdamWOptions options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, Array foundInf);

    /** The same step, taken in any case. */
    default void adamW(AdamWOptions options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps) {
        adamW(options, parameters, gradients, firstMoments, secondMoments, steps, null);
    }

    /** In place: {@code target ← target + weight·(x − target)}, of the same shape. A moving average, as of weights. */
    void lerp(Array target, Array x, double weight);
}
