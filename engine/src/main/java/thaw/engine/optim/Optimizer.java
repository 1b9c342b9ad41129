package thaw.engine.optim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

/**
 * Updates parameters by their gradients, with separate options for each parameter group. A parameter without a gradient is
 * not changed at all: it gets no weight decay, and its state stays the same. Not thread-safe.
 *
 * <p>An optimizer is a subclass with a name, the defaults of its options and an update rule; groups, saved state and
 * schedules work with it as with any other:
 * <pre>{@code
 * class SignSGD extends Optimizer {
 *     SignSGD(ParamGroup... groups) {
 *         super("SignSGD", Map.of("lr", 1e-3, "momentum", 0.9), groups);
 *     }
 *
 *     protected void update(ParamGroup group, double weightDecay, List<Tensor> parameters) {
 *         for (Tensor p : parameters) {
 *             Tensor average = state(p, "exp_avg");
 *             average.copyFrom(average.mul(group.momentum()).add(p.grad().mul(1 - group.momentum())));
 *             p.copyFrom(p.sub(average.div(average.abs().add(1e-12)).mul(group.lr())));
 *         }
 *     }
 * }
 * }</pre>
 */
public abstract class Optimizer implements AutoCloseable {

    /** Creates an optimizer of parameter groups, for example {@code SGD::new}. */
    @FunctionalInterface
    public interface Factory {
        /** @throws IllegalArgumentException if there is no group, or {@link #addParamGroup} refuses one */
        Optimizer of(ParamGroup... groups);
    }

    /** The state of one parameter: the number of its updates, the factor of its rate, and tensors. */
    static final class State {
        long steps;
        double lrScale = 1;
        final Map<String, Tensor> tensors = new LinkedHashMap<>();
    }

    private final String name;
    private final Map<String, Double> defaults;
    private final List<ParamGroup> groups = new ArrayList<>();
    final Map<Tensor, State> states = new IdentityHashMap<>();

    /**
     * @param name     PyTorch's name of the optimizer, if it has one; stored with the state
     * @param defaults the default of every option by PyTorch's name, including {@code "lr"}. With {@code "weight_decay"},
     *     groups also have {@link ParamGroup#decayBiasAndNorm}
     * @throws IllegalArgumentException if there is no group, or {@link #addParamGroup} refuses one
     */
    protected Optimizer(String name, Map<String, Double> defaults, ParamGroup... groups) {
        this.name = name;
        this.defaults = new TreeMap<>(defaults);
        if (defaults.containsKey(ParamGroup.WEIGHT_DECAY)) {
            this.defaults.put(ParamGroup.DECAY_BIAS_AND_NORM, 1.0);
        }
        if (groups.length == 0) {
            throw new IllegalArgumentException(name + ": empty parameter list; pass at least one group, as in new " + name
                    + "(group(\"all\", net).lr(0.1))");
        }
        for (ParamGroup g : groups) {
            addParamGroup(g);
        }
    }

    // ---- the rule ----------------------------------------------------------------------------------------------

    /**
     * Updates some of a group's parameters in place. Called without recording for gradients, in a scope that releases the
     * tensors computed here.
     *
     * @param weightDecay of these parameters: the group's, or 0 for biases and norms that are not to be decayed
     * @param parameters  of one device, each with a {@linkplain Tensor#grad gradient}
     */
    protected abstract void update(ParamGroup group, double weightDecay, List<Tensor> parameters);

    /**
     * The same update, to be skipped if {@code foundInf} is not 0. This one reads {@code foundInf}, for which the host
     * waits; an optimizer whose kernels test it on the device overrides it.
     *
     * @param foundInf a scalar on the parameters' device, or null for 0
     */
    protected void update(ParamGroup group, double weightDecay, List<Tensor> parameters, @Nullable Tensor foundInf) {
        if (foundInf == null || foundInf.item() == 0) {
            update(group, weightDecay, parameters);
        }
    }

    /**
     * Checks a group's options, by {@link ParamGroup#require}: when it is added, before each step and when state is
     * loaded. May be called by the constructor. This one accepts all.
     *
     * @throws IllegalArgumentException if an option is invalid, or options are incompatible
     */
    protected void check(ParamGroup group) {
    }

    /** A tensor of a parameter's state under PyTorch's name, of the parameter's shape; zeros at first. */
    protected final Tensor state(Tensor parameter, String name) {
        return stateOf(parameter).tensors.computeIfAbsent(name,
                n -> parameter.device().zeros(parameter.shape()).unscoped());
    }

    /** A number of a parameter's state, as a tensor without dimensions; 0 at first. */
    protected final Tensor scalar(Tensor parameter, String name) {
        return stateOf(parameter).tensors.computeIfAbsent(name, n -> parameter.device().zeros(Shape.SCALAR).unscoped());
    }

    /** Whether {@link #state} or {@link #scalar} of this name has been created or loaded. */
    protected final boolean hasState(Tensor parameter, String name) {
        return stateOf(parameter).tensors.containsKey(name);
    }

    /** Counts an update of a parameter, and returns its number, from 1. The count is part of the saved state. */
    protected final long countStep(Tensor parameter) {
        return ++stateOf(parameter).steps;
    }

    /**
     * Multiplies the learning rate for one parameter by a factor, 1 at first, like timm's {@code lr_scale}. The factor is part
     * of the saved state; a parameter with the factor 0 is not updated at all.
     *
     * @throws IllegalArgumentException if the factor is negative or not finite
     */
    public final void lrScale(Tensor parameter, double scale) {
        if (!(scale >= 0 && Double.isFinite(scale))) {
            throw new IllegalArgumentException(name + ": invalid lr_scale " + scale + ", it must be at least 0 and finite");
        }
        stateOf(parameter).lrScale = scale;
    }

    /** The factor of the gradient in a parameter's last update, or the next if there has been none: {@code lr} times its factor. */
    public double stepSize(ParamGroup group, Tensor parameter) {
        return group.lr() * stateOf(parameter).lrScale;
    }

    /** The mean {@link #stepSize} of the parameters of the group of this index. */
    public final double meanStepSize(int group) {
        ParamGroup of = groups.get(group);
        return of.parameters().stream().mapToDouble(p -> stepSize(of, p)).average().orElseThrow();
    }

    State stateOf(Tensor parameter) {
        return states.computeIfAbsent(parameter, p -> new State());
    }

    // ---- groups ------------------------------------------------------------------------------------------------

    /** The optimizer's name in state dicts and messages. */
    public final String name() {
        return name;
    }

    /**
     * Adds a parameter group, for example layers that have just been unfrozen. The state of other parameters is kept; the
     * new ones start without state, with zero momentum. If the group is refused, nothing is changed.
     *
     * @throws IllegalArgumentException if a parameter is in another group already, the parameters are on several
     *     devices, or the group has an option that this optimizer does not have, or an invalid one
     */
    public final void addParamGroup(ParamGroup group) {
        Map<Tensor, String> taken = new IdentityHashMap<>();
        groups.forEach(g -> g.parameters().forEach(p -> taken.put(p, g.name())));
        Device device = group.parameters().get(0).device();
        for (Tensor p : group.parameters()) {
            if (taken.containsKey(p)) {
                throw new IllegalArgumentException(name + ": some parameters appear in more than one parameter group: one "
                        + p.shape() + " of group \"" + group.name() + "\" is in group \"" + taken.get(p)
                        + "\" too; a parameter may appear in one group only");
            }
            if (p.device() != device) {
                throw new IllegalArgumentException(name + ": the parameters of group \"" + group.name()
                        + "\" are on several devices; use one group per device");
            }
        }
        group.join(this, defaults);
        groups.add(group);
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
                this.name + ": no group \"" + name + "\"; there are "
                        + groups.stream().map(g -> '"' + g.name() + '"').toList()));
    }

    /** The parameters of all groups. */
    public final List<Tensor> parameters() {
        return groups.stream().flatMap(g -> g.parameters().stream()).toList();
    }

    // ---- steps -------------------------------------------------------------------------------------------------

    /**
     * Sets learning rate and momentum of all groups to those of a schedule's step, before that step is taken:
     * <pre>{@code
     * for (int i = 0; i < steps; i++) {
     *     sgd.follow(OneCycle.of(steps), i);
     *     …
     *     sgd.step();
     * }
     * }</pre>
     * The base values are those that were last set by {@link ParamGroup#lr(double)} and {@link ParamGroup#set(String, double)}.
     * The result depends on the step alone, not on earlier calls, so that training resumes at any step. The momentum is
     * {@link ParamGroup#momentumOption}, if the optimizer has that option.
     *
     * @param step counted from 0
     * @throws IllegalArgumentException if the step is below 0
     * @throws IllegalStateException if the schedule has fewer steps
     */
    public final void follow(Schedule schedule, int step) {
        if (step < 0) {
            throw new IllegalArgumentException(name + ": the steps of a schedule are counted from 0, got " + step);
        }
        if (step > schedule.totalSteps()) {
            throw new IllegalStateException(name + ": tried to step " + step + " times, the schedule has " + schedule.totalSteps()
                    + " steps; create it with the number of batches in all epochs together");
        }
        for (ParamGroup group : groups) {
            group.setPresent(ParamGroup.LR, schedule.lr(step, group.base(ParamGroup.LR)));
            String momentum = group.momentumOption();
            if (group.has(momentum)) {
                group.setPresent(momentum, schedule.momentum(step, group.base(momentum)));
            }
        }
    }

    /**
     * Updates every parameter that has a gradient.
     *
     * @throws IllegalArgumentException if a group's options are invalid; then nothing is updated
     */
    public final void step() {
        step(null);
    }

    /**
     * Like {@link #step()}, if {@code foundInf} is 0; otherwise no parameter is updated. {@link SGD} and {@link AdamW} let
     * the device test the number, which may not have been computed yet, and the host does not wait for it. The step counts
     * in either case: this is meant for training that stops once it reads the number and it is not 0.
     *
     * @param foundInf a scalar on the parameters' device, or null for 0
     */
    public final void step(@Nullable Tensor foundInf) {
        groups.forEach(this::check);
        for (ParamGroup group : groups) {
            List<Tensor> moving = group.parameters().stream().filter(p -> p.grad() != null && stateOf(p).lrScale != 0).toList();
            double weightDecay = group.has(ParamGroup.WEIGHT_DECAY) ? group.weightDecay() : 0;
            if (weightDecay == 0 || group.decayBiasAndNorm()) {
                guarded(group, weightDecay, moving, foundInf);
            } else {
                guarded(group, weightDecay, moving.stream().filter(p -> p.shape().rank() > 1).toList(), foundInf);
                guarded(group, 0, moving.stream().filter(p -> p.shape().rank() <= 1).toList(), foundInf);
            }
        }
    }

    private void guarded(ParamGroup group, double weightDecay, List<Tensor> moving, @Nullable Tensor foundInf) {
        if (!moving.isEmpty()) {
            Device device = moving.get(0).device();
            Map<Double, List<Tensor>> byScale = moving.stream()
                    .collect(Collectors.groupingBy(p -> stateOf(p).lrScale, LinkedHashMap::new, Collectors.toList()));
            double lr = group.lr();
            try (NoGrad off = device.noGrad(); Scope scope = device.scope()) {
                byScale.forEach((scale, parameters) -> {
                    group.setPresent(ParamGroup.LR, lr * scale);
                    update(group, weightDecay, parameters, foundInf);
                });
            } finally {
                group.setPresent(ParamGroup.LR, lr);
            }
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
     *     parameters in a group, other options, or an array of another shape
     */
    public final void loadStateDict(Weights saved) {
        new OptimizerStateDict(this).load(saved);
    }

    /** Releases the memory of the state. */
    @Override
    public final void close() {
        states.values().forEach(state -> state.tensors.values().forEach(Tensor::close));
        states.clear();
    }
}
