package thaw.engine.optim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import thaw.engine.Tensor;
import thaw.engine.nn.Parameterized;
import thaw.kernels.SgdOptions;

/**
 * Parameters that an optimizer treats alike, with their options, all of which may change between two steps:
 * <pre>{@code
 * group("head", net.head()).lr(1e-2).momentum(0.9).weightDecay(1e-4)
 * }</pre>
 * The defaults are PyTorch's: lr 1e-3, everything else off.
 */
public final class ParamGroup {

    private final String name;
    private final List<Tensor> parameters;
    private double lr = 1e-3;
    private double momentum;
    private double dampening;
    private double weightDecay;
    private boolean nesterov;
    private boolean maximize;

    private ParamGroup(String name, Collection<Tensor> parameters) {
        if (parameters.isEmpty()) {
            throw new IllegalArgumentException("group \"" + name + "\": empty parameter list; leave the group out, or pass a"
                    + " module with parameters");
        }
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Tensor p : parameters) {
            if (!p.isLeaf()) {
                throw new IllegalArgumentException("group \"" + name + "\": can't optimize a non-leaf tensor (" + p
                        + "); pass parameters, not what was computed from them");
            }
            if (!seen.add(p)) {
                throw new IllegalArgumentException("group \"" + name + "\": a parameter " + p.shape() + " is in it twice and"
                        + " would be updated twice; pass each module and tensor once");
            }
        }
        this.name = name;
        this.parameters = List.copyOf(parameters);
    }

    /**
     * @throws IllegalArgumentException if there are no parameters, one is there twice, or one is the result of a function
     */
    public static ParamGroup group(String name, Collection<Tensor> parameters) {
        return new ParamGroup(name, parameters);
    }

    public static ParamGroup group(String name, Tensor... parameters) {
        return new ParamGroup(name, List.of(parameters));
    }

    /** The parameters of all these modules, or groups of layers. */
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
        return lr;
    }

    /** The learning rate: what the update is multiplied by. At least 0. */
    public ParamGroup lr(double lr) {
        this.lr = atLeastZero("learning rate", lr);
        return this;
    }

    public double momentum() {
        return momentum;
    }

    /** How much of the momentum buffer outlives a step. At least 0, below 1 unless it's meant to grow. */
    public ParamGroup momentum(double momentum) {
        this.momentum = atLeastZero("momentum", momentum);
        return this;
    }

    public double dampening() {
        return dampening;
    }

    /** How much of the gradient doesn't go into the momentum buffer. */
    public ParamGroup dampening(double dampening) {
        this.dampening = dampening;
        return this;
    }

    public double weightDecay() {
        return weightDecay;
    }

    /** The L2 penalty: so much of each parameter is added to its gradient. At least 0. */
    public ParamGroup weightDecay(double weightDecay) {
        this.weightDecay = atLeastZero("weight decay", weightDecay);
        return this;
    }

    public boolean nesterov() {
        return nesterov;
    }

    /** Whether to look ahead by the momentum (Nesterov); needs momentum and no dampening. */
    public ParamGroup nesterov(boolean nesterov) {
        this.nesterov = nesterov;
        return this;
    }

    public boolean maximize() {
        return maximize;
    }

    /** Whether to climb and not to descend. */
    public ParamGroup maximize(boolean maximize) {
        this.maximize = maximize;
        return this;
    }

    /** Forgets the gradients of this group's parameters. */
    public void zeroGrad() {
        parameters.forEach(Tensor::zeroGrad);
    }

    /** @throws IllegalStateException if the options don't go together */
    SgdOptions options() {
        if (nesterov && (momentum <= 0 || dampening != 0)) {
            throw new IllegalStateException("group \"" + name + "\": Nesterov momentum requires a momentum and zero"
                    + " dampening, got momentum " + momentum + " and dampening " + dampening
                    + "; call momentum(0.9).dampening(0)");
        }
        return new SgdOptions(lr, momentum, dampening, weightDecay, nesterov, maximize);
    }

    private double atLeastZero(String what, double value) {
        if (!(value >= 0)) {
            throw new IllegalArgumentException("group \"" + name + "\": invalid " + what + " " + value
                    + ", it must be at least 0");
        }
        return value;
    }

    @Override
    public String toString() {
        return "group \"" + name + "\" (" + parameters.size() + " parameters, lr " + lr + ", momentum " + momentum
                + ", dampening " + dampening + ", weightDecay " + weightDecay + ", nesterov " + nesterov
                + ", maximize " + maximize + ")";
    }
}
