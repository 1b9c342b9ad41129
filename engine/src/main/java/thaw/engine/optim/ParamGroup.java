package thaw.engine.optim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import thaw.engine.Tensor;
import thaw.engine.nn.Parameterized;

/**
 * A parameter group: parameters with common options, all of which may change between two steps:
 * <pre>{@code
 * group("head", net.head()).lr(1e-2).momentum(0.9).weightDecay(1e-4)
 * }</pre>
 * The defaults are PyTorch's: lr 1e-3, and the optimizer's own for the rest. Options of another optimizer are refused. Not
 * thread-safe.
 */
public final class ParamGroup {

    private final String name;
    private final List<Tensor> parameters;
    private final Map<Option, Double> values = new EnumMap<>(Option.class);
    /** The optimizer of this group, and the options that it has; null before the group is added to one. */
    private String optimizer;
    private Set<Option> known;

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

    public String name() {
        return name;
    }

    public List<Tensor> parameters() {
        return parameters;
    }

    public double lr() {
        return get(Option.LR);
    }

    /** Sets the learning rate, at least 0: the factor of the update. */
    public ParamGroup lr(double lr) {
        return set(Option.LR, lr);
    }

    public double momentum() {
        return get(Option.MOMENTUM);
    }

    /**
     * {@link SGD}: sets the factor of the momentum buffer in each step. At least 0; below 1 unless the buffer is meant to
     * grow.
     */
    public ParamGroup momentum(double momentum) {
        return set(Option.MOMENTUM, momentum);
    }

    public double dampening() {
        return get(Option.DAMPENING);
    }

    /** {@link SGD}: sets the fraction of the gradient that is not added to the momentum buffer. */
    public ParamGroup dampening(double dampening) {
        return set(Option.DAMPENING, dampening);
    }

    public double weightDecay() {
        return get(Option.WEIGHT_DECAY);
    }

    /**
     * Sets the weight decay, at least 0. {@link SGD}: the L2 penalty, the factor of each parameter added to its gradient;
     * 0 unless set. {@link AdamW}: the factor of the learning rate by which each parameter shrinks; 0.01 unless set.
     */
    public ParamGroup weightDecay(double weightDecay) {
        return set(Option.WEIGHT_DECAY, weightDecay);
    }

    public boolean decayBiasAndNorm() {
        return get(Option.DECAY_BIAS_AND_NORM) != 0;
    }

    /**
     * Sets whether weight decay also applies to biases and the weights of norms, as in PyTorch; fastai's
     * {@code wd_bn_bias} and timm's {@code filter_bias_and_bn} exclude them. They are recognised by their rank, which is
     * at most 1.
     */
    public ParamGroup decayBiasAndNorm(boolean decay) {
        return set(Option.DECAY_BIAS_AND_NORM, decay ? 1 : 0);
    }

    public boolean nesterov() {
        return get(Option.NESTEROV) != 0;
    }

    /** {@link SGD}: sets whether to use Nesterov momentum; needs momentum and no dampening. */
    public ParamGroup nesterov(boolean nesterov) {
        return set(Option.NESTEROV, nesterov ? 1 : 0);
    }

    public boolean maximize() {
        return get(Option.MAXIMIZE) != 0;
    }

    /** Sets whether to maximise the loss rather than minimise it. */
    public ParamGroup maximize(boolean maximize) {
        return set(Option.MAXIMIZE, maximize ? 1 : 0);
    }

    public double beta1() {
        return get(Option.BETA1);
    }

    public double beta2() {
        return get(Option.BETA2);
    }

    /**
     * {@link AdamW}: sets the decay factors of the moving averages of the gradients and of their squares; 0.9 and 0.999
     * unless set.
     */
    public ParamGroup betas(double beta1, double beta2) {
        return set(Option.BETA1, beta1).set(Option.BETA2, beta2);
    }

    public double eps() {
        return get(Option.EPS);
    }

    /** {@link AdamW}: sets the term added to the root of the mean square; 1e-8 unless set. */
    public ParamGroup eps(double eps) {
        return set(Option.EPS, eps);
    }

    /**
     * Sets an option by PyTorch's name, such as {@code "weight_decay"}; boolean options by 1 or 0.
     *
     * @throws IllegalArgumentException if there is no option of this name, this group's optimizer does not have it, or
     *     the value is invalid
     */
    public ParamGroup set(String option, double value) {
        return set(Option.byKey(option), value);
    }

    ParamGroup set(Option option, double value) {
        if (known != null && !known.contains(option)) {
            throw unknown(option, optimizer, known);
        }
        values.put(option, option.checked(name, value));
        return this;
    }

    double get(Option option) {
        return values.getOrDefault(option, option.standard());
    }

    /**
     * Adds an optimizer's defaults for options that are not set, and restricts the group to its options from then on.
     *
     * @throws IllegalArgumentException if an option has been set that the optimizer does not have
     */
    void joins(String optimizer, Map<Option, Double> defaults) {
        values.keySet().stream().filter(option -> !defaults.containsKey(option)).findFirst().ifPresent(option -> {
            throw unknown(option, optimizer, defaults.keySet());
        });
        this.optimizer = optimizer;
        this.known = defaults.keySet();
        defaults.forEach(values::putIfAbsent);
    }

    private IllegalArgumentException unknown(Option option, String optimizer, Set<Option> known) {
        return new IllegalArgumentException("group \"" + name + "\": " + optimizer + " has no option " + option.key()
                + "; it has " + known.stream().map(Option::key).collect(Collectors.joining(", ")));
    }

    /** Drops the gradients of this group's parameters. */
    public void zeroGrad() {
        parameters.forEach(Tensor::zeroGrad);
    }

    @Override
    public String toString() {
        return "group \"" + name + "\" (" + parameters.size() + " parameters" + values.entrySet().stream()
                .map(e -> ", " + e.getKey().key() + " " + e.getKey().text(e.getValue())).collect(Collectors.joining()) + ")";
    }
}
