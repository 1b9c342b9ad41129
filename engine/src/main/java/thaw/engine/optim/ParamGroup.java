package thaw.engine.optim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import thaw.engine.Tensor;
import thaw.engine.nn.Parameterized;

/**
 * A parameter group: parameters with common options, all of which may change between two steps:
 * <pre>{@code
 * group("head", net.head()).lr(1e-2).momentum(0.9).set(SGD.NESTEROV, true)
 * }</pre>
 * Options have PyTorch's names; which there are, and their defaults, is up to the optimizer, which refuses others. Not
 * thread-safe.
 */
public final class ParamGroup {

    /** The learning rate, at least 0. */
    public static final String LR = "lr";
    /** The factor of the momentum buffer, at least 0. */
    public static final String MOMENTUM = "momentum";
    /** The weight decay, at least 0. */
    public static final String WEIGHT_DECAY = "weight_decay";
    /** Whether weight decay applies to biases and the weights of norms, 1 by default; see {@link #decayBiasAndNorm(boolean)}. */
    public static final String DECAY_BIAS_AND_NORM = "decay_bias_and_norm";

    private final String name;
    private final List<Tensor> parameters;
    private final Map<String, Double> options = new TreeMap<>();
    /** The present values of options that a schedule or a loaded state has set; those in {@code options} are their base. */
    private final Map<String, Double> present = new TreeMap<>();
    /** The name of this group's optimizer, after which the set of options is fixed; null before. */
    private @Nullable String optimizer;

    private ParamGroup(String name, Collection<Tensor> parameters) {
        if (parameters.isEmpty()) {
            throw new IllegalArgumentException("group \"" + name + "\": empty parameter list; leave the group out, or pass a"
                    + " module with parameters");
        }
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Tensor p : parameters) {
            if (!p.isLeaf()) {
                throw new IllegalArgumentException("group \"" + name + "\": can't optimize a non-leaf tensor (" + p
                        + "); pass parameters, not tensors computed from them");
            }
            if (!seen.add(p)) {
                throw new IllegalArgumentException("group \"" + name + "\": a parameter " + p.shape() + " appears twice and"
                        + " would be updated twice; pass each module and tensor once");
            }
        }
        this.name = name;
        this.parameters = List.copyOf(parameters);
    }

    /**
     * A group of these parameters.
     *
     * @throws IllegalArgumentException if there are no parameters, one occurs twice, or one is the result of a
     *     function
     */
    public static ParamGroup group(String name, Collection<Tensor> parameters) {
        return new ParamGroup(name, parameters);
    }

    /** Like {@link #group(String, Collection)}. */
    public static ParamGroup group(String name, Tensor... parameters) {
        return new ParamGroup(name, List.of(parameters));
    }

    /** A group of the parameters of all these modules, or groups of layers. */
    public static ParamGroup group(String name, Parameterized... owners) {
        List<Tensor> parameters = new ArrayList<>();
        for (Parameterized owner : owners) {
            parameters.addAll(owner.parameters());
        }
        return new ParamGroup(name, parameters);
    }

    /** The name in messages and state dicts. */
    public String name() {
        return name;
    }

    /** The parameters, in the order given. */
    public List<Tensor> parameters() {
        return parameters;
    }

    /** The learning rate. */
    public double lr() {
        return get(LR);
    }

    /** Sets the learning rate, at least 0: the factor of the update. */
    public ParamGroup lr(double lr) {
        return set(LR, lr);
    }

    /** The factor of the momentum buffer. */
    public double momentum() {
        return get(MOMENTUM);
    }

    /**
     * {@link SGD}: sets the factor of the momentum buffer in each step. At least 0; below 1 unless the buffer is meant to
     * grow.
     */
    public ParamGroup momentum(double momentum) {
        return set(MOMENTUM, momentum);
    }

    /** The weight decay. */
    public double weightDecay() {
        return get(WEIGHT_DECAY);
    }

    /**
     * Sets the weight decay, at least 0. {@link SGD}: the L2 penalty, the factor of each parameter added to its gradient;
     * 0 unless set. {@link AdamW}: the factor of the learning rate by which each parameter shrinks; 0.01 unless set.
     */
    public ParamGroup weightDecay(double weightDecay) {
        return set(WEIGHT_DECAY, weightDecay);
    }

    /** Whether weight decay applies to biases and the weights of norms. */
    public boolean decayBiasAndNorm() {
        return is(DECAY_BIAS_AND_NORM);
    }

    /**
     * Sets whether weight decay also applies to biases and the weights of norms, as in PyTorch; fastai's
     * {@code wd_bn_bias} and timm's {@code filter_bias_and_bn} exclude them. They are recognised by their rank, which is
     * at most 1.
     */
    public ParamGroup decayBiasAndNorm(boolean decay) {
        return set(DECAY_BIAS_AND_NORM, decay);
    }

    /** Whether an option is set, or the group's optimizer has it. */
    public boolean has(String option) {
        return options.containsKey(option);
    }

    /**
     * The value of an option.
     *
     * @throws IllegalArgumentException if it is not set, and the group has no optimizer with a default for it
     */
    public double get(String option) {
        Double value = present.getOrDefault(option, options.get(option));
        if (value == null) {
            throw unknown(option, optimizer == null ? "it" : optimizer, options.keySet());
        }
        return value;
    }

    /** Whether an option, such as {@link SGD#NESTEROV}, is not 0. */
    public boolean is(String option) {
        return get(option) != 0;
    }

    /**
     * Sets an option by PyTorch's name, such as {@code "weight_decay"}; for a {@link Schedule}, the value is the base.
     *
     * @throws IllegalArgumentException if this group's optimizer does not have it, or the value is not a number, or
     *     negative for learning rate or weight decay; other limits are checked by the optimizer
     */
    public ParamGroup set(String option, double value) {
        if (optimizer != null && !options.containsKey(option)) {
            throw unknown(option, optimizer, options.keySet());
        }
        requireInRange(option, value);
        options.put(option, value);
        present.remove(option);
        return this;
    }

    private void requireInRange(String option, double value) {
        boolean atLeastZero = option.equals(LR) || option.equals(WEIGHT_DECAY);
        require(option, value, atLeastZero ? value >= 0 : !Double.isNaN(value), atLeastZero ? "at least 0" : "a number");
    }

    /** Sets the present value of an option and keeps its base. */
    void setPresent(String option, double value) {
        requireInRange(option, value);
        present.put(option, value);
    }

    /** The value that was set, of which a {@link Schedule} computes the present one. */
    double base(String option) {
        return options.get(option);
    }

    /** Sets an option to 1 for true, 0 for false. */
    public ParamGroup set(String option, boolean value) {
        return set(option, value ? 1 : 0);
    }

    /**
     * Checks an option's present value, for {@link Optimizer#check}.
     *
     * @param expected the valid values, for the message: {@code "at least 0"}
     * @throws IllegalArgumentException if it is not valid
     */
    public void require(String option, boolean valid, String expected) {
        require(option, get(option), valid, expected);
    }

    private void require(String option, double value, boolean valid, String expected) {
        if (!valid) {
            throw new IllegalArgumentException("group \"" + name + "\": invalid " + option + " " + value + ", it must be "
                    + expected);
        }
    }

    /**
     * Adds an optimizer's defaults for options that are not set, and restricts the group to its options from then on.
     *
     * @throws IllegalArgumentException if an option has been set that the optimizer does not have, or it refuses a value;
     *     then nothing is changed
     */
    void join(Optimizer joined, Map<String, Double> defaults) {
        options.keySet().stream().filter(option -> !defaults.containsKey(option)).findFirst().ifPresent(option -> {
            throw unknown(option, joined.name(), defaults.keySet());
        });
        Map<String, Double> all = new TreeMap<>(defaults);
        all.putAll(options);
        joined.check(with(all));
        options.putAll(all);
        optimizer = joined.name();
    }

    /** A group of the same parameters with other values of options. */
    ParamGroup with(Map<String, Double> values) {
        ParamGroup other = new ParamGroup(name, parameters);
        values.forEach(other::set);
        return other;
    }

    /** The options that are set, by name; after joining an optimizer, all that it has. */
    public Map<String, Double> options() {
        Map<String, Double> all = new TreeMap<>(options);
        all.putAll(present);
        return Collections.unmodifiableMap(all);
    }

    /** The option that a {@link Schedule}'s momentum sets, as in PyTorch: the momentum if there is one, otherwise beta1. */
    public String momentumOption() {
        return has(MOMENTUM) ? MOMENTUM : AdamW.BETA1;
    }

    private IllegalArgumentException unknown(String option, String optimizer, Set<String> known) {
        return new IllegalArgumentException("group \"" + name + "\": " + optimizer + " has no option " + option + "; it has "
                + String.join(", ", known));
    }

    /** Drops the gradients of this group's parameters. */
    public void zeroGrad() {
        parameters.forEach(Tensor::zeroGrad);
    }

    @Override
    public String toString() {
        return "group \"" + name + "\" (" + parameters.size() + " parameters" + options().entrySet().stream()
                .map(e -> ", " + e.getKey() + " " + e.getValue()).collect(Collectors.joining()) + ")";
    }
}
