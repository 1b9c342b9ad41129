package thaw.engine.optim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.Weights;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/**
 * Updates parameters by their gradients, with separate options for each parameter group. A parameter without a gradient is
 * not changed at all: it gets no weight decay, and its state stays the same. Not thread-safe.
 */
public abstract sealed class Optimizer implements AutoCloseable permits SGD, AdamW {

    private final List<ParamGroup> groups = new ArrayList<>();
    final OptimizerState state = new OptimizerState();

    /** @throws IllegalArgumentException if there is no group, or {@link #addParamGroup} refuses one */
    Optimizer(ParamGroup... groups) {
        if (groups.length == 0) {
            throw new IllegalArgumentException(name() + ": empty parameter list; pass at least one group, as in new " + name()
                    + "(group(\"all\", net).lr(0.1))");
        }
        for (ParamGroup g : groups) {
            addParamGroup(g);
        }
    }

    /** PyTorch's name of the optimizer: {@code "SGD"}. */
    public abstract String name();

    /** The options of this optimizer, with its defaults. */
    abstract Map<Option, Double> defaults();

    /** The option that a {@link Schedule}'s momentum sets. */
    abstract Option momentumOption();

    /** The names of the state arrays per parameter. */
    abstract List<String> arrayNames();

    /** @throws IllegalStateException if the group's options are incompatible */
    abstract void require(ParamGroup group);

    /**
     * Updates some of a group's parameters, all of which have a gradient.
     *
     * @param foundInf see {@link Backend#sgd}; null to update unconditionally
     */
    abstract void update(Backend on, ParamGroup group, double weightDecay, List<Tensor> moving, Array foundInf);

    // ---- groups ------------------------------------------------------------------------------------------------

    /**
     * Adds a parameter group, for example layers that have just been unfrozen. The state of other parameters is kept; the
     * new ones start without state, with zero momentum. If the group is refused, nothing is changed.
     *
     * @throws IllegalArgumentException if a parameter is in another group already, the parameters are on several
     *     devices, or the group has an option that this optimizer does not have
     * @throws IllegalStateException if the group's options are incompatible
     */
    public final void addParamGroup(ParamGroup group) {
        Set<Tensor> taken = Collections.newSetFromMap(new IdentityHashMap<>());
        groups.forEach(g -> taken.addAll(g.parameters()));
        Device device = group.parameters().get(0).device();
        for (Tensor p : group.parameters()) {
            if (taken.contains(p)) {
                throw new IllegalArgumentException(name() + ": some parameters appear in more than one parameter group: one "
                        + p.shape() + " of group \"" + group.name() + "\" is in group \"" + groupOf(p).name()
                        + "\" too; a parameter may appear in one group only");
            }
            if (p.device() != device) {
                throw new IllegalArgumentException(name() + ": the parameters of group \"" + group.name()
                        + "\" are on several devices; use one group per device");
            }
        }
        group.joins(name(), defaults());
        require(group);
        groups.add(group);
    }

    private ParamGroup groupOf(Tensor p) {
        return groups.stream().filter(g -> g.parameters().stream().anyMatch(q -> q == p)).findFirst().orElseThrow();
    }

    /** The groups in the order in which they were added. */
    public final List<ParamGroup> groups() {
        return Collections.unmodifiableList(groups);
    }

    /**
     * The group with this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public final ParamGroup group(String name) {
        return groups.stream().filter(g -> g.name().equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                name() + ": no group \"" + name + "\"; there are " + groups.stream().map(g -> '"' + g.name() + '"').toList()));
    }

    /** The parameters of all groups. */
    public final List<Tensor> parameters() {
        return groups.stream().flatMap(g -> g.parameters().stream()).toList();
    }

    // ---- steps -------------------------------------------------------------------------------------------------

    /**
     * Updates every parameter that has a gradient.
     *
     * @throws IllegalStateException if a group's options are incompatible; then nothing is updated
     */
    public final void step() {
        step(null);
    }

    /**
     * Like {@link #step()}, if {@code foundInf} is 0; otherwise no parameter is updated. The device tests the number,
     * which may not have been computed yet, and the host does not wait for it. The step counts in either case: this is
     * meant for training that stops once it reads the number and it is not 0.
     *
     * @param foundInf a scalar on the parameters' device, or null for 0
     */
    public final void step(@Nullable Tensor foundInf) {
        Array found = foundInf == null ? null : foundInf.array();
        groups.forEach(this::require);
        for (ParamGroup group : groups) {
            List<Tensor> moving = group.parameters().stream().filter(p -> p.grad() != null).toList();
            if (group.weightDecay() == 0 || group.decayBiasAndNorm()) {
                update(group, group.weightDecay(), moving, found);
            } else {
                update(group, group.weightDecay(), moving.stream().filter(p -> p.shape().rank() > 1).toList(), found);
                update(group, 0, moving.stream().filter(p -> p.shape().rank() <= 1).toList(), found);
            }
        }
    }

    private void update(ParamGroup group, double weightDecay, List<Tensor> moving, Array foundInf) {
        if (!moving.isEmpty()) {
            update(moving.get(0).device().backend(), group, weightDecay, moving, foundInf);
        }
    }

    /** Drops the gradients of all parameters. */
    public final void zeroGrad() {
        groups.forEach(ParamGroup::zeroGrad);
    }

    // ---- state -------------------------------------------------------------------------------------------------

    /**
     * The options of all groups, as metadata, and the state of the parameters: {@code momentum_buffer.1.3} is that of
     * parameter 3 of group 1. To be written by {@link Weights#write}.
     */
    public final Weights stateDict() {
        return new OptimizerStateDict(this).save();
    }

    /**
     * Restores the state of {@link #stateDict()}; if it does not match, nothing is changed.
     *
     * @throws IllegalArgumentException if it belongs to another optimizer, has another number of groups, or of
     *     parameters in a group, or an array of another shape
     */
    public final void loadStateDict(Weights saved) {
        new OptimizerStateDict(this).load(saved);
    }

    /** Releases the memory of the state. */
    @Override
    public final void close() {
        state.clear();
    }
}
