package thaw.engine.optim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.Weights;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.SgdOptions;

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013), each group of parameters by its own options. For a
 * parameter p with gradient g, in PyTorch's order:
 * <pre>
 * g ← −g                                           if maximize
 * g ← g + weightDecay·p
 * b ← g at first, later momentum·b + (1 − dampening)·g     if momentum ≠ 0
 * g ← g + momentum·b  if nesterov,  else  b                if momentum ≠ 0
 * p ← p − lr·g
 * </pre>
 * A parameter without a gradient is left alone entirely: no weight decay, and its momentum stays as it is.
 */
public final class SGD implements AutoCloseable {

    private final List<ParamGroup> groups = new ArrayList<>();
    private final Map<Tensor, Array> momentumBuffers = new IdentityHashMap<>();

    /** @throws IllegalArgumentException if there is no group, or what {@link #addParamGroup} says */
    public SGD(ParamGroup... groups) {
        if (groups.length == 0) {
            throw new IllegalArgumentException("SGD: empty parameter list; pass at least one group, as in"
                    + " new SGD(group(\"all\", net).lr(0.1))");
        }
        for (ParamGroup g : groups) {
            addParamGroup(g);
        }
    }

    /**
     * Adds parameters, such as layers that were frozen until now.
     *
     * @throws IllegalArgumentException if one of them is in another group already, or they lie on several devices
     * @throws IllegalStateException    if the group's options don't go together
     */
    public void addParamGroup(ParamGroup group) {
        group.options();
        Set<Tensor> known = Collections.newSetFromMap(new IdentityHashMap<>());
        groups.forEach(g -> known.addAll(g.parameters()));
        Device device = group.parameters().get(0).device();
        for (Tensor p : group.parameters()) {
            if (known.contains(p)) {
                throw new IllegalArgumentException("SGD: a parameter " + p.shape() + " of group \"" + group.name()
                        + "\" is in group \"" + groupOf(p).name() + "\" too; a parameter may appear in one group only");
            }
            if (p.device() != device) {
                throw new IllegalArgumentException("SGD: the parameters of group \"" + group.name() + "\" lie on several devices;"
                        + " make a group for each device");
            }
        }
        groups.add(group);
    }

    private ParamGroup groupOf(Tensor p) {
        return groups.stream().filter(g -> g.parameters().stream().anyMatch(q -> q == p)).findFirst().orElseThrow();
    }

    /** The groups in the order in which they were added. */
    public List<ParamGroup> groups() {
        return Collections.unmodifiableList(groups);
    }

    /**
     * The group of this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public ParamGroup group(String name) {
        return groups.stream().filter(g -> g.name().equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "SGD: no group \"" + name + "\"; there are " + groups.stream().map(g -> '"' + g.name() + '"').toList()));
    }

    /** Updates every parameter that has a gradient. */
    public void step() {
        List<SgdOptions> options = groups.stream().map(ParamGroup::options).toList();
        for (int i = 0; i < groups.size(); i++) {
            update(groups.get(i), options.get(i));
        }
    }

    private void update(ParamGroup group, SgdOptions options) {
        List<Tensor> moving = group.parameters().stream().filter(p -> p.grad() != null).toList();
        if (moving.isEmpty()) {
            return;
        }
        Backend on = moving.get(0).device().backend();
        List<Array> buffers = new ArrayList<>(Collections.nCopies(moving.size(), null));
        boolean[] first = new boolean[moving.size()];
        if (options.momentum() != 0) {
            for (int i = 0; i < first.length; i++) {
                Array buffer = momentumBuffers.get(moving.get(i));
                first[i] = buffer == null;
                buffers.set(i, first[i] ? on.zeros(moving.get(i).shape()) : buffer);
            }
        }
        on.sgd(options, moving.stream().map(Tensor::array).toList(), moving.stream().map(p -> p.grad().array()).toList(),
                buffers, first);
        for (int i = 0; i < first.length; i++) {
            if (first[i]) {
                momentumBuffers.put(moving.get(i), buffers.get(i));
            }
        }
    }

    /** Forgets the gradients of all parameters. */
    public void zeroGrad() {
        groups.forEach(ParamGroup::zeroGrad);
    }

    /**
     * The options of all groups, as metadata, and the momentum buffers: {@code momentum_buffer.1.3} is that of parameter 3 of
     * group 1. To be written by {@link Weights#write}.
     */
    public Weights stateDict() {
        return SGDState.save(groups, momentumBuffers);
    }

    /**
     * Goes on where {@link #stateDict()} was taken; nothing is changed if it doesn't fit.
     *
     * @throws IllegalArgumentException if it has another number of groups, or of parameters in one, or a buffer another shape
     */
    public void loadStateDict(Weights state) {
        SGDState.load(state, groups, momentumBuffers);
    }

    /** Gives the memory of the momentum buffers back. */
    @Override
    public void close() {
        momentumBuffers.values().forEach(Array::release);
        momentumBuffers.clear();
    }
}
