package thaw.kernels;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Tensor operators on one device. A backend records no gradients: every operator comes with the operators that its
 * gradient needs, and the engine combines them.
 *
 * <p><b>Contract.</b> Operators return new arrays, which have one owner, the caller. Arguments are neither changed nor
 * released, except those named "in place", and come from the same backend. Shapes are in row-major order
 * ({@code [N, C, H, W]} for activations), whatever the layout in memory. Operators may be called from several threads
 * at once. The same arguments give the same bits, whatever the number of threads. Every operator checks its shapes and
 * throws {@link IllegalArgumentException} with both of them in the message.
 *
 * <p>Implementations: {@code thaw.kernels.reference} defines the result of every operator, in double precision;
 * {@code thaw.kernels.cpu} is the fast one for CPUs; {@code thaw.kernels.opencl} runs on OpenCL devices.
 */
public interface Backend extends AutoCloseable {

    /** A description of the device in one line, for users: {@code "cpu, Vector API with 16 floats, 2 threads"}. */
    String description();

    // ---- memory ------------------------------------------------------------------------------------------------

    /** An array of zeros. */
    Array zeros(Shape shape);

    /** An array with these values, in row-major order. The length of {@code values} is the shape's size. */
    Array of(Shape shape, float[] values);

    /** Like {@link #of(Shape, float[])}; keeps double precision where the backend has it. */
    Array of(Shape shape, double[] values);

    /** A copy with its own memory. */
    Array copy(Array x);

    /** Copies the elements out in row-major order. */
    void read(Array x, float[] into);

    /** Copies the elements out in row-major order, in the backend's full precision. */
    void read(Array x, double[] into);

    /** In place: overwrites the elements, given in row-major order. */
    void write(Array x, float[] values);

    /**
     * Like {@link #write(Array, float[])}, from the remaining elements of a buffer, for example a mapped part of a
     * file.
     */
    default void write(Array x, FloatBuffer values) {
        float[] copy = new float[values.remaining()];
        values.duplicate().get(copy);
        write(x, copy);
    }

    /** In place: sets every element. */
    void fill(Array x, double value);

    /** In place: {@code target ← source}, of the same shape. */
    void assign(Array target, Array source);

    /** Kernel times as the device measures them; empty if profiling is off or the operators run synchronously. */
    default Optional<DeviceProfile> profile() {
        return Optional.empty();
    }

    /** Bytes of device memory: in use by arrays that have an owner, and kept in the pool for reuse. */
    MemoryUse memory();

    /** Device memory in bytes; see {@link #memory()}. */
    record MemoryUse(long inUse, long pooled) {
    }

    /**
     * Whether operators return before the device has computed their results. Reading a result then waits for all work
     * submitted before it, so a loop that reads at every step also leaves the device idle in between.
     */
    default boolean isAsynchronous() {
        return false;
    }

    /**
     * Compiles the kernels of a convolutional network in advance, so that the first use of each is as fast as the next.
     * Takes seconds, during which another thread may read the weights. Changes no result. Does nothing if there is nothing
     * to gain.
     *
     * @param training whether to compile the kernels of a training step too, rather than those of a prediction alone
     */
    default void warmUp(boolean training) {
    }

    /**
     * Prepares a quick first prediction and returns at once. Where compiling the fastest loops takes a second or more,
     * operators run on simpler loops, which give the same bits, until a background thread has compiled the fastest
     * ones. The background thread starts when the backend is idle, after the first prediction at the earliest.
     * {@link #warmUp} waits for it.
     */
    default void warmUpInBackground() {
    }

    /** Ends the device's threads and frees its memory. Arrays must not be used afterwards. */
    @Override
    void close();

    // ---- rearranging -------------------------------------------------------------------------------------------

    /** The same elements in row-major order under another shape of the same size; shares memory where possible. */
    Array reshape(Array x, Shape shape);

    /** Dimension {@code i} of the result is dimension {@code dims[i]} of {@code x}. */
    Array permute(Array x, int... dims);

    /** Concatenates arrays along {@code dim}; all other extents are equal. */
    Array cat(List<Array> xs, int dim);

    /** The slice {@code start … start + length − 1} of dimension {@code dim}. The gradient of {@link #cat}. */
    Array narrow(Array x, int dim, int start, int length);

    // ---- element-wise and reductions ----------------------------------------------------------------------------

    /** {@code y = f(x)} */
    Array unary(UnaryOp op, Array x);

    /**
     * {@code gx = gy · f′(x)}. Only one of {@code x} and {@code y = f(x)} is read, the one that
     * {@link #gradientNeedsInput} names; the other may be null. The derivative of RELU and ABS at 0 is 0.
     */
    Array unaryGradient(UnaryOp op, Array gy, Array x, Array y);

    /** Whether {@link #unaryGradient} reads the function's input rather than its output. */
    static boolean gradientNeedsInput(UnaryOp op) {
        return switch (op) {
            case LOG, ABS, SQUARE -> true;
            case RELU, SIGMOID, TANH, EXP, SQRT -> false;
        };
    }

    /** {@code a ∘ b}, with broadcasting. */
    Array binary(BinaryOp op, Array a, Array b);

    /** {@code alpha · x + beta} */
    Array affine(Array x, double alpha, double beta);

    /** {@code min(max(x, low), high)}; NaN stays NaN. */
    Array clamp(Array x, double low, double high);

    /** In place: {@code target ← target + x}, of the same shape. */
    void add(Array target, Array x);

    /** Sums over the given dimensions, or over all if none is given. */
    Array sum(Array x, boolean keepDim, int... dims);

    /** Repeats {@code x} along the dimensions in which it has extent 1 or which it lacks. The gradient of {@link #sum}. */
    Array expand(Array x, Shape shape);

    /**
     * Index of the largest element of each row of {@code [N, C]}, the first among equals; NaN counts as larger than any
     * number. Stored as floats {@code [N]}.
     */
    Array argmax(Array x);

    // ---- linear algebra -----------------------------------------------------------------------------------------

    /** {@code op(a) · op(b)} for matrices, where op is the transpose or the identity: {@code [M, K] × [K, N] → [M, N]}. */
    Array matmul(Array a, boolean transposeA, Array b, boolean transposeB);

    // ---- convolution --------------------------------------------------------------------------------------------

    /**
     * Cross-correlation, the "convolution" of neural networks:
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

    /** {@link #conv2d} without bias, followed by the epilogue, without a separate pass over memory. */
    Array conv2dWithEpilogue(Array x, Array w, Epilogue epilogue, Conv2dOptions options);

    /** Gradient of {@link #conv2d} with respect to its input, of shape {@code xShape}. */
    Array conv2dInputGradient(Array gy, Array w, Shape xShape, Conv2dOptions options);

    /**
     * Gradient of {@link #conv2d} with respect to its weight, of shape {@code wShape}. The bias's gradient is a
     * {@link #sum}.
     */
    Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions options);

    // ---- batch normalisation (Ioffe and Szegedy 2015) -------------------------------------------------------------

    /**
     * Normalises each channel by the statistics of the batch, adds the residual and applies the activation:
     * {@code y = act((x − mean) · invStd · weight + bias + residual)} with {@code invStd = 1/√(var + eps)} and the
     * biased variance var. Updates the running statistics in place unless they are null:
     * {@code running ← (1 − momentum) · running + momentum · batch}, with the unbiased variance.
     *
     * @param x        {@code [N, C, …]}, of rank 2 or 4; weight, bias, runningMean and runningVar are {@code [C]}
     * @param residual of x's shape, or null for 0
     * @param relu     whether act is {@code max(·, 0)}, rather than the identity
     * @throws IllegalArgumentException if there is only one value per channel
     */
    Normalized batchNormTrain(Array x, Array weight, Array bias, Array runningMean, Array runningVar, double momentum,
            double eps, Array residual, boolean relu);

    /** A batch-normalised array, and the batch statistics {@code [C]} that its gradient needs. */
    record Normalized(Array y, Array mean, Array invStd) {
    }

    /** Normalises each channel by fixed statistics: {@code y = (x − mean) / √(var + eps) · weight + bias}. */
    Array batchNormEval(Array x, Array weight, Array bias, Array mean, Array var, double eps);

    /**
     * A fixed batch normalisation written as {@code y = x·scale + shift}: {@code scale = weight / √(var + eps)},
     * {@code shift = bias − mean·scale}; all {@code [C]}.
     */
    ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps);

    /** A factor and a summand per channel, both {@code [C]}. */
    record ChannelAffine(Array scale, Array shift) {
    }

    /**
     * Gradients of {@link #batchNormTrain}. If the activation was a ReLU, {@code g = gy} where {@code y > 0} and 0
     * elsewhere; otherwise {@code g = gy}. With {@code x̂ = (x − mean)·invStd} and sums over a channel's M values:
     * {@code gBias = Σ g}, {@code gWeight = Σ g·x̂}, {@code gx = weight·invStd·(g − gBias/M − x̂·gWeight/M)} (Ioffe and
     * Szegedy 2015, section 3), {@code gResidual = g}.
     *
     * @param y            the output if the activation was a ReLU, else null
     * @param needInput    whether to compute {@link NormGradients#x}; null otherwise
     * @param needResidual whether to compute {@link NormGradients#residual}; null otherwise. It may be {@code gy},
     *     retained
     */
    NormGradients batchNormTrainGradient(Array gy, Array x, Array y, Array weight, Array mean, Array invStd,
            boolean needInput, boolean needResidual);

    /**
     * Gradients of {@link #batchNormEval}, where mean and variance are constants:
     * {@code gx = gy · weight / √(var + eps)}; gWeight and gBias as in training.
     *
     * @param needInput      whether to compute {@link NormGradients#x}; null otherwise
     * @param needParameters whether to compute the gradients of weight and bias; null otherwise
     */
    NormGradients batchNormEvalGradient(Array gy, Array x, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters);

    /** Gradients of a batch normalisation; null where not requested. */
    record NormGradients(Array x, Array weight, Array bias, Array residual) {
    }

    // ---- pooling ------------------------------------------------------------------------------------------------

    /**
     * The largest value in each window and its index; the first in row-major order among equals; padding never wins.
     *
     * @param needIndices whether to return {@link Pooled#indices}, which is null otherwise
     */
    Pooled maxPool2d(Array x, Pool2dOptions options, boolean needIndices);

    /** The largest value of each of {@code outH × outW} cells; see {@link #adaptiveAvgPool2d} for the cells. */
    Pooled adaptiveMaxPool2d(Array x, int outH, int outW);

    /**
     * Maxima and their indices {@code row · W + column} within the channel plane, as floats; both
     * {@code [N, C, OH, OW]}.
     */
    record Pooled(Array values, Array indices) {
    }

    /** Adds each gradient to the element that its index names; for both kinds of maximum pooling. */
    Array maxPool2dGradient(Array gy, Array indices, Shape xShape);

    /** The mean of each window; {@link Pool2dOptions#countIncludePad} decides whether padding counts in the divisor. */
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
     * Softmax cross-entropy of scores {@code [N, C]}, by PyTorch's definition.
     *
     * <p>Hard targets, class numbers {@code [N]}, with class weights {@code v} (1 if null) and smoothing {@code ε}:
     * {@code l_n = (1 − ε)·v_t·(−log p_t) + ε/C · Σ_c v_c·(−log p_c)}; the mean divides by {@code Σ_n v_t}, and is NaN,
     * like its gradient, if that sum is 0. Soft targets, probabilities {@code q [N, C]}:
     * {@code l_n = −Σ_c v_c·((1 − ε)·q_c + ε/C)·log p_c}; the mean divides by N.
     *
     * @param target      {@code [N]} class numbers, or {@code [N, C]} probabilities
     * @param classWeight {@code [C]}, or null
     * @throws IllegalArgumentException if the shapes do not match or a class number is not in {@code 0 … C−1}
     */
    Loss crossEntropy(Array scores, Array target, Array classWeight, double smoothing, Reduction reduction);

    /**
     * A loss (a scalar) and its gradient with respect to the scores, a by-product of the loss that costs almost
     * nothing.
     */
    record Loss(Array value, Array gradient) {
    }

    /**
     * Binary cross-entropy of scores {@code x} through the logistic function, for multi-label targets {@code t} of the
     * same shape: {@code l = (1 − t)·x + (1 + (v − 1)·t)·log(1 + e^(−x))}, computed without overflow; the mean is over
     * all elements.
     *
     * @param positiveWeight {@code v}, one value per element of the last dimension, or null for 1
     */
    Loss binaryCrossEntropy(Array scores, Array target, Array positiveWeight, Reduction reduction);

    // ---- regularisation and optimisation --------------------------------------------------------------------------

    /**
     * Dropout (Srivastava et al. 2014): each element is kept with probability {@code 1 − p} and divided by it, or set
     * to 0. Element {@code i} in row-major order is kept if the top 24 bits of splitmix64(seed + i), as a fraction, are
     * at least {@code p}; the gradient is therefore the same operator with the same seed, and no mask is stored.
     */
    Array dropout(Array x, double p, long seed);

    /**
     * In place: one SGD step on all parameters of a group, each with its gradient {@code g} and momentum buffer
     * {@code b} (null where momentum is 0). For each parameter {@code p}, in this order:
     * <pre>
     * g ← −g                                          if maximize
     * g ← g + weightDecay·p
     * b ← g                                           if momentum ≠ 0, first step
     * b ← momentum·b + (1 − dampening)·g              if momentum ≠ 0, later
     * g ← g + momentum·b  if nesterov,  else  b       if momentum ≠ 0
     * p ← p − lr·g
     * </pre>
     *
     * @param first    whether a parameter's momentum buffer is still empty
     * @param foundInf a scalar, or null: the step is skipped if it is not 0. The device tests it without a wait on
     *     the host, as in PyTorch's fused optimizers
     */
    void sgd(SgdOptions options, List<Array> parameters, List<Array> gradients, List<Array> momentumBuffers, boolean[] first,
            Array foundInf);

    /** The same step, without a condition. */
    default void sgd(SgdOptions options, List<Array> parameters, List<Array> gradients, List<Array> momentumBuffers,
            boolean[] first) {
        sgd(options, parameters, gradients, momentumBuffers, first, null);
    }

    /**
     * In place: one step of AdamW (Loshchilov and Hutter 2019, algorithm 2) on all parameters of a group, each with its
     * gradient {@code g}, its moments {@code m} and {@code v} (initially zero) and the number {@code t} of this step,
     * from 1:
     * <pre>
     * g ← −g                          if maximize
     * p ← p − lr·weightDecay·p
     * m ← beta1·m + (1 − beta1)·g
     * v ← beta2·v + (1 − beta2)·g²
     * p ← p − lr · m/(1 − beta1^t) / (√(v/(1 − beta2^t)) + eps)
     * </pre>
     *
     * @param foundInf see {@link #sgd(SgdOptions, List, List, List, boolean[], Array)}
     */
    void adamW(AdamWOptions options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, Array foundInf);

    /** The same step, without a condition. */
    default void adamW(AdamWOptions options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps) {
        adamW(options, parameters, gradients, firstMoments, secondMoments, steps, null);
    }

    /**
     * In place: {@code target ← target + weight·(x − target)}, of the same shape: a moving average, for example of
     * weights.
     */
    void lerp(Array target, Array x, double weight);
}
