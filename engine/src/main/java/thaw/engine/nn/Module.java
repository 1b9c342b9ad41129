package thaw.engine.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Function;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;

/**
 * A function of a tensor, with named parameters, buffers (saved but not learned) and child modules. The names of nested
 * modules are joined by dots: {@code layer1.0.conv1.weight}.
 *
 * <p>In evaluation mode and under {@link thaw.engine.Device#noGrad()} a module may be called from several threads at once.
 */
public abstract class Module implements Parameterized {

    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private final Set<String> variances = new HashSet<>();
    private final Map<String, AtomicLong> counters = new LinkedHashMap<>();
    private final Map<String, Module> children = new LinkedHashMap<>();
    private final List<ForwardHook> preHooks = new CopyOnWriteArrayList<>();
    private final List<ForwardHook> hooks = new CopyOnWriteArrayList<>();
    private volatile boolean training = true;

    /** Computes the module's result. To run a module within another's {@code forward}, use {@link #call}. */
    public abstract Tensor forward(Tensor x);

    /**
     * Adds to a graph the nodes that compute {@link #forward} in evaluation mode. A module that contains others calls them by
     * {@link OnnxGraph#call}, one that computes itself adds nodes by {@link OnnxGraph#node}.
     *
     * @param x the name of the input in the graph
     * @return the name of the result
     * @throws IllegalArgumentException if the module has no counterpart in ONNX, which is the default
     */
    protected String onnx(OnnxGraph graph, String x) {
        throw graph.refusal("is a " + getClass().getSimpleName() + ", which doesn't say how ONNX computes it; override"
                + " Module.onnx in it, which adds the nodes");
    }

    /** Runs the hooks of the input, {@link #forward} in a scope of its own, then the hooks of the result, which alone is kept. */
    public final Tensor call(Tensor x) {
        try (Scope scope = x.device().scope()) {
            if (!preHooks.isEmpty() && !x.device().isRecomputing()) {
                preHooks.forEach(hook -> hook.accept(this, x));
            }
            Tensor y = forward(x);
            if (!hooks.isEmpty() && !x.device().isRecomputing()) {
                hooks.forEach(hook -> hook.accept(this, y));
            }
            return scope.keep(y);
        }
    }

    /**
     * Registers a hook, which is called with each result of {@link #call} until the registration is closed. The recomputing
     * pass of a {@link CheckpointedModule} calls no hooks.
     */
    public final ForwardHook.Registration onForward(ForwardHook hook) {
        hooks.add(hook);
        return () -> hooks.remove(hook);
    }

    /** Like {@link #onForward}, with each input before {@link #forward}: PyTorch's forward pre-hook. */
    public final ForwardHook.Registration beforeForward(ForwardHook hook) {
        preHooks.add(hook);
        return () -> preHooks.remove(hook);
    }

    /** Whether any hook is registered. */
    final boolean hasHooks() {
        return !hooks.isEmpty() || !preHooks.isEmpty();
    }

    // ---- registration, in the order of the state dict ------------------------------------------------------------

    /** Registers a learned tensor, which leaves its scope and requires a gradient from then on. */
    protected final Tensor parameter(String name, Tensor t) {
        parameters.put(checked(name), t.unscoped().requiresGrad(true));
        return t;
    }

    /** Registers a tensor that is saved but not learned. It leaves its scope. */
    protected final Tensor buffer(String name, Tensor t) {
        buffers.put(checked(name), t.unscoped());
        return t;
    }

    /** Registers a buffer of variances; {@link #loadStateDict} refuses negative values for it. */
    protected final Tensor variance(String name, Tensor t) {
        variances.add(name);
        return buffer(name, t);
    }

    /** Registers an integer that is saved but not learned; in files an int64 scalar. */
    protected final AtomicLong counter(String name) {
        AtomicLong counter = new AtomicLong();
        counters.put(checked(name), counter);
        return counter;
    }

    /** Registers a child, replacing any earlier one of that name. */
    protected final <M extends Module> M child(String name, M module) {
        children.put(checked(name), module);
        return module;
    }

    /** Registers the only child of a wrapper, under the empty name, so that its parameters keep their names. */
    final <M extends Module> M wrapped(M module) {
        children.put("", module);
        return module;
    }

    private static String checked(String name) {
        if (name.isEmpty() || name.indexOf('.') >= 0) {
            throw new IllegalArgumentException("module: \"" + name + "\" can't name a parameter, buffer or child; dots join"
                    + " the names of nested modules, so a name without dots, of at least one character, is expected");
        }
        return name;
    }

    // ---- contents ----------------------------------------------------------------------------------------------

    /** The direct children by name; a read-only view. */
    public final Map<String, Module> children() {
        return Collections.unmodifiableMap(children);
    }

    /** This module, under {@code ""}, and all nested modules by path, each before its children. */
    public final Map<String, Module> namedModules() {
        Map<String, Module> found = new LinkedHashMap<>();
        visit("", found::put);
        return found;
    }

    /**
     * The learned tensors of this module and all nested ones, in the order of registration. A tensor that is registered
     * several times, as with shared weights, is listed under its first name only.
     */
    public final Map<String, Tensor> namedParameters() {
        return named(m -> m.parameters);
    }

    /** {@link #namedParameters()} without the names. */
    @Override
    public final List<Tensor> parameters() {
        return new ArrayList<>(namedParameters().values());
    }

    /** The tensors that are saved but not learned, of this module and all nested ones. */
    public final Map<String, Tensor> namedBuffers() {
        return named(m -> m.buffers);
    }

    private Map<String, Tensor> named(Function<Module, Map<String, Tensor>> own) {
        Map<String, Tensor> found = new LinkedHashMap<>();
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        visit("", (path, m) -> own.apply(m).forEach((name, t) -> {
            if (seen.add(t)) {
                found.put(join(path, name), t);
            }
        }));
        return found;
    }

    /** The total number of elements of all parameters. */
    public final long parameterCount() {
        return parameters().stream().mapToLong(t -> t.shape().size()).sum();
    }

    final void visit(String path, BiConsumer<String, Module> action) {
        action.accept(path, this);
        children.forEach((name, m) -> m.visit(join(path, name), action));
    }

    static String join(String path, String name) {
        return path.isEmpty() ? name : name.isEmpty() ? path : path + "." + name;
    }

    // ---- modes -------------------------------------------------------------------------------------------------

    /** Puts this module and all nested ones into training mode: batch statistics are used, and dropout is active. */
    public final Module train() {
        return train(true);
    }

    /** Puts this module and all nested ones into evaluation mode. */
    public final Module eval() {
        return train(false);
    }

    /** Puts this module and all nested ones into training mode (true) or evaluation mode. */
    public final Module train(boolean mode) {
        visit("", (path, m) -> m.training = mode);
        return this;
    }

    /** Whether this module is in training mode, which is the initial mode. */
    public final boolean isTraining() {
        return training;
    }

    /** Sets whether the parameters are learned; backward spends neither time nor memory on frozen ones. */
    public final Module requiresGrad(boolean required) {
        parameters().forEach(t -> t.requiresGrad(required));
        return this;
    }

    /** Drops the parameters' gradients. */
    public final void zeroGrad() {
        parameters().forEach(Tensor::zeroGrad);
    }

    /** Releases the memory of all parameters, gradients and buffers; the module can't be used afterwards. */
    public final void release() {
        parameters().forEach(Tensor::close);
        namedBuffers().values().forEach(Tensor::close);
    }

    // ---- saving and loading --------------------------------------------------------------------------------------

    /** A copy of all parameters and buffers as float32, with PyTorch's names and order; later training does not change it. */
    public final LinkedHashMap<String, StoredTensor> stateDict() {
        return StateDict.of(this).copy();
    }

    /**
     * Loads all parameters and buffers; if they do not match exactly, nothing is changed.
     *
     * @throws IllegalArgumentException naming what is missing, unexpected or of another shape; or the first tensor with an
     *                                  element that is not finite as a float, or with a negative variance
     */
    public final LoadReport loadStateDict(Map<String, ? extends StoredTensor> state) {
        return loadStateDict(state, true);
    }

    /**
     * Loads the parameters and buffers that match by name and shape.
     *
     * @param strict whether any difference is an error
     * @return the names that are missing, unexpected or of another shape
     * @throws IllegalArgumentException if {@code strict} and there is a difference; or naming the first matching tensor with
     *                                  an element that is not finite as a float, or with a negative variance; nothing is
     *                                  changed then
     */
    public LoadReport loadStateDict(Map<String, ? extends StoredTensor> state, boolean strict) {
        return StateDict.of(this).load(state, strict);
    }

    /**
     * Restores a state that {@link #stateDict()} returned, without checks of its values.
     *
     * @throws IllegalArgumentException if its names or shapes are not this module's; nothing is changed then
     */
    public final void restore(Map<String, ? extends StoredTensor> snapshot) {
        StateDict.of(this).restore(snapshot);
    }

    final Map<String, Tensor> ownParameters() {
        return parameters;
    }

    final Map<String, Tensor> ownBuffers() {
        return buffers;
    }

    final boolean isVariance(String buffer) {
        return variances.contains(buffer);
    }

    final Map<String, AtomicLong> ownCounters() {
        return counters;
    }

    // ---- display -----------------------------------------------------------------------------------------------

    /** The options of this module, as displayed between the parentheses of {@link #toString()}. */
    protected String options() {
        return "";
    }

    /** The tree of modules in PyTorch's notation. */
    @Override
    public final String toString() {
        String name = getClass().getSimpleName();
        if (children.isEmpty()) {
            return name + "(" + options() + ")";
        }
        StringBuilder tree = new StringBuilder(name).append("(\n");
        children.forEach((child, m) -> tree.append("  (").append(child.isEmpty() ? "module" : child).append("): ")
                .append(m.toString().replace("\n", "\n  ")).append('\n'));
        return tree.append(')').toString();
    }
}
