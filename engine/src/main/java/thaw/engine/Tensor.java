package thaw.engine;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.BinaryOp;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/**
 * An array of numbers on a device, with a shape and a position in the gradient graph. A tensor is either a leaf, created
 * from values, or the result of a {@link Function}. A tensor created inside a {@link Scope} lives as long as the scope;
 * using it afterwards throws {@link IllegalStateException}.
 *
 * <p>Operators broadcast like PyTorch's ({@link Shape#broadcast}), and throw {@link IllegalArgumentException}, with the
 * shapes in its message, if these do not match or the tensors are on different devices. The operators of networks
 * are in {@link thaw.engine.functional.Functional}.
 */
public final class Tensor implements AutoCloseable {

    private final Device device;
    private final Shape shape;
    private final Array array;
    private final @Nullable Function function;
    @Nullable
    Scope owner;
    private boolean requiresGrad;
    private @Nullable Tensor grad;
    private boolean closed;

    Tensor(Device device, Array array, @Nullable Function function) {
        this.device = device;
        this.shape = array.shape();
        this.array = array;
        this.function = function;
        this.requiresGrad = function != null;
    }

    /** The shape, in row-major order. */
    public Shape shape() {
        return shape;
    }

    /** The device that holds and computes this tensor. */
    public Device device() {
        return device;
    }

    /**
     * The array in the backend's form; the tensor keeps its ownership.
     *
     * @throws IllegalStateException if the tensor has been released
     */
    public Array array() {
        if (closed) {
            throw new IllegalStateException("tensor " + shape + " was released, by close() or when its scope closed;"
                    + " use it inside the scope, or keep it with scope.keep(tensor)");
        }
        return array;
    }

    /** Releases the memory, except what the graph still needs. Does nothing the second time. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            array.release();
            zeroGrad();
        }
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Removes the tensor from all scopes: it then lives until it is closed or unreachable, like a parameter. Returns it. */
    public Tensor unscoped() {
        while (owner != null) {
            owner.keep(this);
        }
        return this;
    }

    // ---- values ------------------------------------------------------------------------------------------------

    /**
     * The value of a tensor with one element; waits for the device.
     *
     * @throws IllegalStateException if the number of elements is not 1
     */
    public float item() {
        if (shape.size() != 1) {
            throw new IllegalStateException("item: a tensor " + shape + " has " + shape.size() + " elements, not one;"
                    + " use toFloats()");
        }
        return toFloats()[0];
    }

    /** A copy of the elements in row-major order; waits for the device. */
    public float[] toFloats() {
        float[] values = new float[shape.size()];
        device.backend().read(array(), values);
        return values;
    }

    /**
     * A copy of the rows of a matrix {@code [N, M]}; waits for the device.
     *
     * @throws IllegalStateException if the tensor is no matrix
     */
    public List<float[]> toRows() {
        if (shape.rank() != 2) {
            throw new IllegalStateException("toRows: expected a matrix [N, M], got a tensor " + shape);
        }
        float[] values = toFloats();
        int width = shape.dim(1);
        return IntStream.range(0, shape.dim(0)).mapToObj(i -> Arrays.copyOfRange(values, i * width, (i + 1) * width)).toList();
    }

    /** A copy of the elements in row-major order, in the device's full precision; waits for the device. */
    public double[] toDoubles() {
        double[] values = new double[shape.size()];
        device.backend().read(array(), values);
        return values;
    }

    /**
     * Overwrites the elements, without recording it in the graph.
     *
     * @param values in row-major order
     * @throws IllegalArgumentException if their number is not the shape's number of elements
     * @throws IllegalStateException if this tensor is the result of a function
     */
    public void set(float... values) {
        set(FloatBuffer.wrap(values));
    }

    /** Like {@link #set(float...)}, from the remaining elements of a buffer, for example a mapped part of a file. */
    public void set(FloatBuffer values) {
        requireLeaf("set");
        device.backend().write(array(), values);
    }

    /**
     * Overwrites the elements with those of a tensor of the same shape, on any device, without recording it in the graph.
     *
     * @throws IllegalStateException if this tensor is the result of a function
     */
    public void copyFrom(Tensor source) {
        requireLeaf("copyFrom");
        if (!source.shape.equals(shape)) {
            throw new IllegalArgumentException("copyFrom: cannot copy " + source.shape + " to " + shape);
        }
        if (source.device == device) {
            device.backend().assign(array(), source.array());
        } else {
            device.backend().write(array(), source.toFloats());
        }
    }

    private void requireLeaf(String operation) {
        if (function != null) {
            throw new IllegalStateException(operation + ": this tensor " + shape + " is the result of " + function.name()
                    + " and part of a graph; only leaves are changed in place, so detach() it or compute a new one");
        }
    }

    // ---- gradients ---------------------------------------------------------------------------------------------

    /** Whether gradients are computed with respect to this tensor, or to the tensors it was computed from. */
    public boolean requiresGrad() {
        return requiresGrad;
    }

    /**
     * Sets whether gradients are computed with respect to this leaf. {@code false} also drops its gradient, so that no
     * optimizer moves a frozen parameter by an old one.
     *
     * @throws IllegalStateException if this tensor is the result of a function that is part of a graph
     */
    public Tensor requiresGrad(boolean required) {
        requireLeaf("requiresGrad");
        requiresGrad = required;
        if (!required) {
            zeroGrad();
        }
        return this;
    }

    /** Whether this tensor was created from values, or by a function without any input that requires a gradient. */
    public boolean isLeaf() {
        return function == null;
    }

    /**
     * The sum of the gradients from each {@link #backward()} since the last {@link #zeroGrad}; null if there was none. The
     * next backward pass or {@code zeroGrad} closes it.
     */
    public @Nullable Tensor grad() {
        return grad;
    }

    /** Drops the gradient. */
    public void zeroGrad() {
        if (grad != null) {
            grad.close();
            grad = null;
        }
    }

    /** Takes over a gradient. It gets its own memory, because it may be changed in place later. */
    void accumulate(Array g) {
        if (grad != null) {
            Array sum = Backward.sum(device.backend(), grad.array().retain(), g);
            grad.close();
            grad = new Tensor(device, sum, null);
        } else if (g.storage().isExclusive()) {
            grad = new Tensor(device, g, null);
        } else {
            grad = new Tensor(device, device.backend().copy(g), null);
            g.release();
        }
    }

    /**
     * Adds the gradient of this scalar to {@link #grad()} of every leaf that it was computed from and that
     * {@linkplain #requiresGrad requires} one, and frees the graph.
     *
     * @throws IllegalStateException if this is not a scalar, no gradient is required, or the graph has been freed
     */
    public void backward() {
        if (shape.size() != 1) {
            throw new IllegalStateException("backward: only a scalar has a gradient by itself, this tensor is " + shape
                    + "; reduce it with sum() or mean(), or pass the gradient with respect to it");
        }
        requireGraph();
        Array one = device.backend().zeros(shape);
        device.backend().fill(one, 1);
        Backward.run(this, one, ReluRule.GRADIENT);
    }

    /**
     * Like {@link #backward()}, for a tensor of any shape.
     *
     * @param gradient of the final result with respect to this tensor, of the same shape
     */
    public void backward(Tensor gradient) {
        backward(gradient, ReluRule.GRADIENT);
    }

    /**
     * Like {@link #backward(Tensor)}, with another rule at each ReLU; what arrives at the leaves is then a projection of
     * {@code gradient} instead of a gradient.
     *
     * @throws IllegalStateException if the rule is not {@link ReluRule#GRADIENT} and a batch norm of the graph was in training mode
     */
    public void backward(Tensor gradient, ReluRule rule) {
        if (!gradient.shape.equals(shape)) {
            throw new IllegalArgumentException("backward: the gradient " + gradient.shape + " must have the shape of the"
                    + " tensor, " + shape);
        }
        requireGraph();
        Backward.run(this, gradient.array().retain(), rule);
    }

    /**
     * Makes the next backward pass keep the gradient of this tensor in {@link #grad()}, as it does for leaves. Returns this.
     *
     * @throws IllegalStateException if no gradient of it is computed
     */
    public Tensor retainGrad() {
        requireGraph();
        if (function != null) {
            function.retainGradFor(this);
        }
        return this;
    }

    private void requireGraph() {
        if (!requiresGrad) {
            throw new IllegalStateException("backward: nothing that this tensor was computed from requires a gradient, or it was"
                    + " computed under noGrad(); call requiresGrad(true) on the parameters before the forward pass");
        }
    }

    /** The same numbers, detached from the graph. Shares memory. */
    public Tensor detach() {
        return device.wrap(device.backend().reshape(array(), shape));
    }

    @Nullable
    Function function() {
        return function;
    }

    // ---- element-wise ------------------------------------------------------------------------------------------

    /** {@code this + b}, with broadcasting. */
    public Tensor add(Tensor b) {
        return Elementwise.binary(BinaryOp.ADD, this, b);
    }

    /** {@code this − b}, with broadcasting. */
    public Tensor sub(Tensor b) {
        return Elementwise.binary(BinaryOp.SUB, this, b);
    }

    /** {@code this · b}, with broadcasting. */
    public Tensor mul(Tensor b) {
        return Elementwise.binary(BinaryOp.MUL, this, b);
    }

    /** {@code this / b}, with broadcasting. */
    public Tensor div(Tensor b) {
        return Elementwise.binary(BinaryOp.DIV, this, b);
    }

    /** {@code this + b} for each element. */
    public Tensor add(double b) {
        return Elementwise.affine(this, 1, b);
    }

    /** {@code this − b} for each element. */
    public Tensor sub(double b) {
        return Elementwise.affine(this, 1, -b);
    }

    /** {@code this · b} for each element. */
    public Tensor mul(double b) {
        return Elementwise.affine(this, b, 0);
    }

    /** {@code this / b} for each element. */
    public Tensor div(double b) {
        return Elementwise.affine(this, 1 / b, 0);
    }

    /** {@code −x} for each element. */
    public Tensor neg() {
        return mul(-1);
    }

    /** {@code max(x, 0)} for each element. */
    public Tensor relu() {
        return Elementwise.unary(UnaryOp.RELU, this);
    }

    /** {@code 1 / (1 + e^−x)} for each element. */
    public Tensor sigmoid() {
        return Elementwise.unary(UnaryOp.SIGMOID, this);
    }

    /** The hyperbolic tangent of each element. */
    public Tensor tanh() {
        return Elementwise.unary(UnaryOp.TANH, this);
    }

    /** {@code e^x} of each element. */
    public Tensor exp() {
        return Elementwise.unary(UnaryOp.EXP, this);
    }

    /** The natural logarithm of each element. */
    public Tensor log() {
        return Elementwise.unary(UnaryOp.LOG, this);
    }

    /** The absolute value of each element. */
    public Tensor abs() {
        return Elementwise.unary(UnaryOp.ABS, this);
    }

    /** {@code x²} for each element. */
    public Tensor square() {
        return Elementwise.unary(UnaryOp.SQUARE, this);
    }

    /** The square root of each element; NaN for negative ones. */
    public Tensor sqrt() {
        return Elementwise.unary(UnaryOp.SQRT, this);
    }

    // ---- reductions --------------------------------------------------------------------------------------------

    /** Sums over the given dimensions, which are removed; over all if none is given. */
    public Tensor sum(int... dims) {
        return sum(false, dims);
    }

    /**
     * Sums over the given dimensions; over all if none is given.
     *
     * @param keepDim whether the dimensions stay, with extent 1
     */
    public Tensor sum(boolean keepDim, int... dims) {
        return Reductions.sum(this, keepDim, dims);
    }

    /** The mean over the given dimensions, which are removed; over all if none is given. */
    public Tensor mean(int... dims) {
        return mean(false, dims);
    }

    /**
     * The mean over the given dimensions; over all if none is given.
     *
     * @param keepDim whether the dimensions stay, with extent 1
     */
    public Tensor mean(boolean keepDim, int... dims) {
        Tensor sum = sum(keepDim, dims);
        return sum.mul((double) sum.shape.size() / shape.size());
    }

    /** The index of the largest element of each row of {@code [N, C]}: {@code [N]}. Not differentiable. */
    public Tensor argmax() {
        return device.wrap(device.backend().argmax(array()));
    }

    /** {@code x − log Σ e^x} along the last dimension of {@code [N, C]}. */
    public Tensor logSoftmax() {
        return Reductions.logSoftmax(this);
    }

    // ---- shape and products ------------------------------------------------------------------------------------

    /** The same elements in row-major order under another shape; one extent may be −1 and is inferred. */
    public Tensor reshape(int... dims) {
        return Rearrangement.reshape(this, Rearrangement.resolve(shape, dims));
    }

    /** Merges all dimensions from {@code startDim} on: {@code flatten(1)} of {@code [N, C, H, W]} is {@code [N, C·H·W]}. */
    public Tensor flatten(int startDim) {
        return Rearrangement.reshape(this, Rearrangement.flattened(shape, startDim));
    }

    /** Dimension {@code i} of the result is dimension {@code dims[i]} of this. */
    public Tensor permute(int... dims) {
        return Rearrangement.permute(this, dims);
    }

    /** The slice {@code start … start + length − 1} of a dimension. */
    public Tensor narrow(int dim, int start, int length) {
        return Rearrangement.narrow(this, dim, start, length);
    }

    /** The matrix product {@code [M, K] × [K, N] → [M, N]}. */
    public Tensor matmul(Tensor b) {
        return Reductions.matmul(this, b);
    }

    @Override
    public String toString() {
        return "Tensor " + shape + (requiresGrad ? " requiresGrad" : "") + (function == null ? "" : " from " + function.name());
    }
}
