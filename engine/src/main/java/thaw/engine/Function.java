package thaw.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.UnaryOp;

/**
 * One application of a differentiable operator: the forward value and the backward rule, and a node of the graph if any
 * input requires a gradient. Each object is applied once. Not thread-safe. An operator of an application is a subclass:
 * <pre>{@code
 * static Tensor cube(Tensor x) {
 *     return new Function("cube") {
 *         private Saved saved;
 *
 *         protected Array forward(Backend on, Array... in) {
 *             saved = save(in[0]);
 *             ...
 *         }
 *
 *         protected Array[] backward(Backend on, Array gy) {
 *             return gradients(() -> ...);     // gy · 3x², from saved.get()
 *         }
 *     }.apply(x);
 * }
 * }</pre>
 *
 * <p>The inputs are the edges of the graph. If none of them requires a gradient, nothing is saved, and the result holds no
 * reference to the function.
 */
public abstract class Function {

    private final String name;
    private Device device;
    private Tensor[] inputs;
    private boolean[] needs;
    private long number;
    private final List<Saved> saved = new ArrayList<>(3);
    private boolean freed;
    /** The backward pass that visits this function. */
    private Backward backward;
    /** The function's value, if it keeps its gradient. */
    private @Nullable Tensor retaining;

    /** @param name the operator's name in messages */
    protected Function(String name) {
        this.name = name;
    }

    /** An array kept for the backward rule, with its storage's version at the time it was saved. */
    protected record Saved(Array array, int version) {

        /** @throws IllegalStateException if the array has been changed since, which would make the gradient wrong */
        public Array get() {
            if (array.storage().version() != version) {
                throw new IllegalStateException("backward: a tensor " + array.shape() + " that a gradient needs was changed in"
                        + " place after the forward pass; call backward() before the optimizer's step and before set()");
            }
            return array;
        }
    }

    /**
     * The operator's value, as a new array with one owner. Arrays that {@link #backward} reads must be passed to
     * {@link #save}.
     *
     * @param in the inputs' arrays; null where the input is null
     */
    protected abstract Array forward(Backend on, @Nullable Array... in);

    /**
     * The gradients with respect to the inputs, each a new array with one owner (or {@code gy} itself, retained), null
     * where {@linkplain #needs not needed} or {@linkplain #gradientOrAdded added} elsewhere.
     *
     * @param gy the gradient with respect to the operator's value; the caller keeps its ownership
     */
    protected abstract @Nullable Array[] backward(Backend on, Array gy);

    /**
     * Computes the operator on these inputs; some may be null if the operator allows it.
     *
     * @throws IllegalArgumentException if the inputs are on different devices or their shapes do not match
     * @throws IllegalStateException if this function has been applied before
     */
    public final Tensor apply(@Nullable Tensor... in) {
        if (inputs != null || freed) {
            throw new IllegalStateException(name + " was applied twice; create a new one for each application");
        }
        device = deviceOf(in);
        device.requireUsable();
        inputs = in;
        needs = new boolean[in.length];
        boolean record = device.gradEnabled();
        Array[] arrays = new Array[in.length];
        for (int i = 0; i < in.length; i++) {
            if (in[i] != null) {
                arrays[i] = in[i].array();
                needs[i] = record && in[i].requiresGrad();
            }
        }
        Array y;
        try {
            y = forward(device.backend(), arrays);
        } catch (RuntimeException | Error e) {
            free();
            throw e;
        }
        if (!needsAny()) {
            free();
            return device.adopt(new Tensor(device, y, null));
        }
        number = device.nextFunctionNumber();
        device.adopt(this);
        return device.adopt(new Tensor(device, y, this));
    }

    /**
     * Computes a linear operator of one tensor, plus a constant if it has one. Its gradient depends on neither its input nor
     * its value, so that nothing is saved.
     *
     * @param value   computes the operator, as {@link #forward} does
     * @param adjoint computes the input's gradient from the value's, as {@link #backward} does
     */
    public static Tensor linear(String name, Tensor x, BiFunction<Backend, Array, Array> value,
            BiFunction<Backend, Array, Array> adjoint) {
        return new Function(name) {
            @Override
            protected Array forward(Backend on, Array... in) {
                return value.apply(on, in[0]);
            }

            @Override
            protected Array[] backward(Backend on, Array gy) {
                return gradients(() -> adjoint.apply(on, gy));
            }
        }.apply(x);
    }

    private Device deviceOf(Tensor[] in) {
        Device d = null;
        for (Tensor t : in) {
            if (t != null && d != null && t.device() != d) {
                throw new IllegalArgumentException(name + ": one input is on " + d.description() + ", another on "
                        + t.device().description() + "; create all tensors on one device");
            }
            d = t == null ? d : t.device();
        }
        return d;
    }

    // ---- for the operators ---------------------------------------------------------------------------------------

    /** Whether a gradient with respect to input {@code i} is needed. */
    protected final boolean needs(int i) {
        return needs[i];
    }

    /** Whether a gradient with respect to any input is needed, and therefore arrays must be saved. */
    protected final boolean needsAny() {
        for (boolean n : needs) {
            if (n) {
                return true;
            }
        }
        return false;
    }

    /** The device of the inputs, once the function is applied. */
    protected final Device device() {
        return device;
    }

    /** Keeps an array for {@link #backward}. */
    protected final Saved save(Array array) {
        return saveOwned(array.retain());
    }

    /** Like {@link #save}, taking over the caller's ownership of the array. */
    protected final Saved saveOwned(Array array) {
        Saved s = new Saved(array, array.storage().version());
        saved.add(s);
        return s;
    }

    /**
     * The result of {@link #backward} from one rule per input, evaluated where the gradient is {@linkplain #needs needed}.
     * If a rule fails, the gradients before it are released.
     */
    @SafeVarargs
    protected final Array[] gradients(Supplier<Array>... rules) {
        Array[] g = new Array[rules.length];
        boolean done = false;
        try {
            for (int i = 0; i < g.length; i++) {
                g[i] = needs[i] ? rules[i].get() : null;
            }
            done = true;
            return g;
        } finally {
            if (!done) {
                release(g);
            }
        }
    }

    /**
     * The gradient of an input by a rule whose result the backend can also add, in place, to the gradient that the input has
     * from another use. Then the result is null.
     */
    protected final @Nullable Array gradientOrAdded(int i, Supplier<Array> gradient, Consumer<Array> add) {
        Array before = backward.gradientSoFar(inputs[i]);
        if (before == null) {
            return gradient.get();
        }
        add.accept(before);
        return null;
    }

    /**
     * The gradient of a ReLU's input by the backward pass's {@link ReluRule}, as a new array with one owner.
     *
     * @param y the ReLU's value
     */
    protected final Array reluGradient(Backend on, Array gy, Array y) {
        if (backward.reluRule() == ReluRule.GRADIENT) {
            return on.unaryGradient(UnaryOp.RELU, gy, null, y);
        }
        Array positive = on.unary(UnaryOp.RELU, gy);
        if (backward.reluRule() == ReluRule.DECONVNET) {
            return positive;
        }
        try {
            return on.unaryGradient(UnaryOp.RELU, positive, null, y);
        } finally {
            positive.release();
        }
    }

    /** @throws IllegalStateException if the backward pass has another {@link ReluRule} than the derivative's */
    protected final void requireDerivative() {
        if (backward.reluRule() != ReluRule.GRADIENT) {
            throw new IllegalStateException(name + ": the rule " + backward.reluRule() + " needs a network in evaluation mode; call eval()"
                    + " before the forward pass");
        }
    }

    private static void release(Array[] arrays) {
        for (Array a : arrays) {
            if (a != null) {
                a.release();
            }
        }
    }

    /** The operator's name in messages. */
    final String name() {
        return name;
    }

    // ---- for the graph -----------------------------------------------------------------------------------------

    /**
     * The function's creation number. Later functions have higher numbers, so a descending order leads from the result to
     * the leaves.
     */
    final long number() {
        return number;
    }

    final Array[] inputGradients(Backward pass, Array gy) {
        if (freed) {
            throw new IllegalStateException("backward: the graph behind this tensor (at " + name + ") has been freed, by an"
                    + " earlier backward() or when its scope closed; run the forward pass again, or add the losses and call"
                    + " backward() once");
        }
        backward = pass;
        if (retaining != null) {
            retaining.accumulate(gy.retain());
        }
        return backward(device.backend(), gy);
    }

    final void retainGradFor(Tensor value) {
        retaining = value;
    }

    final Tensor input(int i) {
        return inputs[i];
    }

    /** Passes each input that requires a gradient to {@code action}. */
    final void forEachInput(Consumer<Tensor> action) {
        for (int i = 0; i < needs.length; i++) {
            if (needs[i]) {
                action.accept(inputs[i]);
            }
        }
    }

    final boolean isFreed() {
        return freed;
    }

    /** Releases the saved arrays and drops the inputs, so that the graph behind them can be collected too. */
    final void free() {
        freed = true;
        backward = null;
        retaining = null;
        inputs = null;
        saved.forEach(s -> s.array.release());
        saved.clear();
    }
}
