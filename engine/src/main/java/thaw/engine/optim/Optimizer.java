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

/**
 * Moves parameters by their gradients, each group of them by its own options. A parameter without a gradient is left alone
 * entirely: no weight decay, and what is remembered of it stays as it is.
 */
public abstract sealed class Optimizer implements AutoCloseable permits SGD, AdamW {

    private final List<ParamGroup> groups = new ArrayList<>();
    final OptimizerState state = new OptimizerState();

    /** @throws IllegalArgumentException if there is no group, or what {@link #addParamGroup} says */
    Optimizer(ParamGroup... groups) {
        if (groups.length == 0) {
            throw new IllegalArgumentException(name() + ": empty parameter list; pass at least one group, as in new " + name()
                    + "(group(\"all\", net).lr(0.1))");
        }
        for (ParamGroup g : groups) {
            addParamGroup(g);
        }
    }

    /** As PyTorch calls it: {@code "SGD"}. */
    public abstract String name();

    /** The options that this optimizer has, with its defaults. */
    abstract Map<Option, Double> defaults();

    /** The option that a {@link Schedule} of the momentum sets. */
    abstract Option momentumOption();

    /** The names of the arrays that are remembered. */
    abstract List<String> arrayNames();

    /** @throws IllegalStateException if the group's options don't go together */
    abstract void require(ParamGroup group);

    /**
     * Moves some of a group's parameters, all of which have a gradient.
     *
     * @param foundInf see {@link Backend#sgd}; null to move them in any case
     */
    abstract void update(Backend on, ParamGroup group, double weightDecay, List<Tensor> moving, Array foundInf);

    // ---- groups ------------------------------------------------------------------------------------------------

    /**
     * Adds parameters, such as layers that were frozen until now. What was remembered of others stays; of these there is
     * nothing yet, so their momentum starts at zero. Nothing is added if it's refused.
     *
     * @throws IllegalArgumentException if one of them is in another group already, they lie on several devices, or the group
     *                                  has an option that this optimizer doesn't know
     * @throws IllegalStateException    if the group's options don't go together
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
                        + "\" lie on several devices; make a group for each device");
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
     * The group of this name.
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
     * @throws IllegalStateException if a group's options don't go together; nothing is moved then
     */
    public final void step() {
        step(null);
    }

    /**
     * As {@link #step()}, if a number is 0 that may be still to be computed: nothing is moved otherwise, and nobody waits to
     * learn which it is. The step counts in any case, as this is for training that ends once the number is read and isn't 0.
     *
     * @param foundInf a scalar on the parameters' device, or null for 0
     */
    public final void step(Tensor foundInf) {
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

    /** Forgets the gradients of all parameters. */
    public final void zeroGrad() {
        groups.forEach(ParamGroup::zeroGrad);
    }

    // ---- state -------------------------------------------------------------------------------------------------

    /**
     * The options of all groups, as metadata, and what is remembered of the parameters: {@code momentum_buffer.1.3} is that of
     * parameter 3 of group 1. To be written by {@link Weights#write}.
     */
    public final Weights stateDict() {
        return new OptimizerStateDict(this).save();
    }

    /**
     * Goes on where {@link #stateDict()} was taken; nothing is changed if it doesn't fit.
     *
     * @throws IllegalArgumentException if it is another optimizer's, has another number of groups, or of parameters in one, or
     *                                  an array another shape
     */
    public final void loadStateDict(Weights saved) {
        new OptimizerStateDict(this).load(saved);
    }

    /** Gives the memory of what is remembered back. */
    @Override
    public final void close() {
        state.clear();
    }
}
