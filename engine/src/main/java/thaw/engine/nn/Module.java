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
 * A function of a tensor with parameters, buffers (what is saved but not learned) and child modules, all of them named.
 * Names of inner ones are joined by dots: {@code layer1.0.conv1.weight}.
 *
 * <p>In evaluation mode and under {@link thaw.engine.Device#noGrad()} a module may be called from several threads at once.
 */
public abstract class Module implements Parameterized {

    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private final Set<String> variances = new HashSet<>();
    private final Map<String, AtomicLong> counters = new LinkedHashMap<>();
    private final Map<String, Module> children = new LinkedHashMap<>();
    private final List<ForwardHook> hooks = new CopyOnWriteArrayList<>();
    private volatile boolean training = true;

    /** The module's value. Inside of another module's {@code forward} use {@link #call}. */
    public abstract Tensor forward(Tensor x);

    /** Runs {@link #forward}, then the hooks, in a scope of its own of which the result alone is kept. */
    public final Tensor call(Tensor x) {
        try (Scope scope = x.device().scope()) {
            Tensor y = forward(x);
            if (!hooks.isEmpty() && !x.device().isRecomputing()) {
                hooks.forEach(hook -> hook.accept(this, y));
            }
            return scope.keep(y);
        }
    }

    /**
     * Has {@code hook} called with each result of {@link #call}, until the registration is closed. The second pass of a
     * {@link Checkpoint} doesn't count.
     */
    public final ForwardHook.Registration onForward(ForwardHook hook) {
        hooks.add(hook);
        return () -> hooks.remove(hook);
    }

    /** Whether anybody wants to see what {@link #call} gives. */
    final boolean hasHooks() {
        return !hooks.isEmpty();
    }

    // ---- registration, in the order of the state dict ------------------------------------------------------------

    /** Registers a learned tensor, which leaves its scope and requires a gradient from now on. */
    protected final Tensor parameter(String name, Tensor t) {
        parameters.put(checked(name), t.unscoped().requiresGrad(true));
        return t;
    }

    /** Registers a tensor that is saved but not learned. It leaves its scope. */
    protected final Tensor buffer(String name, Tensor t) {
        buffers.put(checked(name), t.unscoped());
        return t;
    }

    /** As {@link #buffer}, for variances, of which {@link #loadStateDict} refuses negative ones. */
    protected final Tensor variance(String name, Tensor t) {
        variances.add(name);
        return buffer(name, t);
    }

    /** Registers a whole number that is saved but not learned; an int64 scalar in files. */
    protected final AtomicLong counter(String name) {
        AtomicLong counter = new AtomicLong();
        counters.put(checked(name), counter);
        return counter;
    }

    /** Registers a child, or puts it in the place of the one of that name. */
    protected final <M extends Module> M child(String name, M module) {
        children.put(checked(name), module);
        return module;
    }

    /** Registers the one child of a wrapper, under no name: the parameters keep theirs. */
    final <M extends Module> M wrapped(M module) {
        children.put("", module);
        return module;
    }

    private static String checked(String name) {
        if (name.isEmpty() || name.indexOf('.') >= 0) {
            throw new IllegalArgumentException("module: \"" + name + "\" is no name for a parameter, buffer or child; dots join"
                    + " the names of nested modules, so it must have none, and be at least one character");
        }
        return name;
    }

    // ---- what there is -----------------------------------------------------------------------------------------

    /** The direct children by name. */
    public final Map<String, Module> children() {
        return Collections.unmodifiableMap(children);
    }

    /** This module, as {@code ""}, and all inside it, each before its children. */
    public final Map<String, Module> namedModules() {
        Map<String, Module> found = new LinkedHashMap<>();
        visit("", found::put);
        return found;
    }

    /**
     * The learned tensors of this module and all inside it, in the order of registration. One that is there in several
     * places, as when layers share weights, stands under its first name only.
     */
    public final Map<String, Tensor> namedParameters() {
        return named(m -> m.parameters);
    }

    /** {@link #namedParameters()} without the names. */
    @Override
    public final List<Tensor> parameters() {
        return new ArrayList<>(namedParameters().values());
    }

    /** The tensors that are saved but not learned, of this module and all inside it. */
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

    /** The number of learned numbers. */
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

    /** Puts this module and all inside it into training mode, in which batch statistics are used and dropout drops. */
    public final Module train() {
        return train(true);
    }

    /** Puts this module and all inside it into evaluation mode. */
    public final Module eval() {
        return train(false);
    }

    /** Puts this module and all inside it into training mode, or into evaluation mode. */
    public final Module train(boolean mode) {
        visit("", (path, m) -> m.training = mode);
        return this;
    }

    /** Whether this module is in training mode, as every one is at first. */
    public final boolean isTraining() {
        return training;
    }

    /** Says of all parameters whether they are learned; frozen ones cost neither time nor memory in backward. */
    public final Module requiresGrad(boolean wanted) {
        parameters().forEach(t -> t.requiresGrad(wanted));
        return this;
    }

    /** Forgets the parameters' gradients. */
    public final void zeroGrad() {
        parameters().forEach(Tensor::zeroGrad);
    }

    /** Gives the memory of all parameters, gradients and buffers back; the module can't be used any more. */
    public final void release() {
        parameters().forEach(Tensor::close);
        namedBuffers().values().forEach(Tensor::close);
    }

    // ---- saving and loading --------------------------------------------------------------------------------------

    /** A copy of all parameters and buffers as float32, with PyTorch's names and order. Later training doesn't change it. */
    public final LinkedHashMap<String, StoredTensor> stateDict() {
        return StateDict.of(this).copy();
    }

    /**
     * Takes over all parameters and buffers; nothing is changed if they don't fit exactly.
     *
     * @throws IllegalArgumentException naming what is missing, unexpected or of another shape; or the first tensor with an
     *                                  element that is not finite as a float, or with a negative variance
     */
    public final LoadReport loadStateDict(Map<String, ? extends StoredTensor> state) {
        return loadStateDict(state, true);
    }

    /**
     * Takes over the parameters and buffers that fit.
     *
     * @param strict whether anything that doesn't is an error, and nothing is changed then
     * @return what was missing, unexpected or of another shape
     * @throws IllegalArgumentException naming the first tensor, of those that fit, with an element that is not finite as a
     *                                  float, or with a negative variance; nothing is changed then
     */
    public LoadReport loadStateDict(Map<String, ? extends StoredTensor> state, boolean strict) {
        return StateDict.of(this).load(state, strict);
    }

    /**
     * Goes back to what {@link #stateDict()} returned, whatever numbers it has.
     *
     * @throws IllegalArgumentException if it is not this module's; nothing is changed then
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

    // ---- for people --------------------------------------------------------------------------------------------

    /** The options of this module, as they stand in {@link #toString()} between the parentheses. */
    protected String options() {
        return "";
    }

    /** The tree of modules as PyTorch prints it. */
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
