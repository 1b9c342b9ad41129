package thaw.engine.optim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.SgdOptions;

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013), with separate options for each parameter group. For a
 * parameter p with gradient g, in PyTorch's order:
 * <pre>
 * g ← −g                                           if maximize
 * g ← g + weightDecay·p
 * b ← g at first, later momentum·b + (1 − dampening)·g     if momentum ≠ 0
 * g ← g + momentum·b  if nesterov,  else  b                if momentum ≠ 0
 * p ← p − lr·g
 * </pre>
 */
public final class SGD extends Optimizer {

    private static final String MOMENTUM_BUFFER = "momentum_buffer";
    private static final Map<Option, Double> DEFAULTS = defaultsOf(Option.LR, Option.MOMENTUM, Option.DAMPENING,
            Option.WEIGHT_DECAY, Option.NESTEROV, Option.MAXIMIZE, Option.DECAY_BIAS_AND_NORM);

    /** @throws IllegalArgumentException if there is no group, or {@link #addParamGroup} refuses one */
    public SGD(ParamGroup... groups) {
        super(groups);
    }

    private static Map<Option, Double> defaultsOf(Option... options) {
        Map<Option, Double> defaults = new EnumMap<>(Option.class);
        for (Option o : options) {
            defaults.put(o, o.standard());
        }
        return Collections.unmodifiableMap(defaults);
    }

    @Override
    public String name() {
        return "SGD";
    }

    @Override
    Map<Option, Double> defaults() {
        return DEFAULTS;
    }

    @Override
    Option momentumOption() {
        return Option.MOMENTUM;
    }

    @Override
    List<String> arrayNames() {
        return List.of(MOMENTUM_BUFFER);
    }

    @Override
    void require(ParamGroup g) {
        if (g.nesterov() && (g.momentum() <= 0 || g.dampening() != 0)) {
            throw new IllegalStateException("group \"" + g.name() + "\": Nesterov momentum requires a momentum and zero"
                    + " dampening, got momentum " + g.momentum() + " and dampening " + g.dampening()
                    + "; call momentum(0.9).dampening(0)");
        }
    }

    @Override
    void update(Backend on, ParamGroup g, double weightDecay, List<Tensor> moving, Array foundInf) {
        List<Array> buffers = new ArrayList<>(Collections.nCopies(moving.size(), null));
        boolean[] first = new boolean[moving.size()];
        if (g.momentum() != 0) {
            for (int i = 0; i < first.length; i++) {
                first[i] = state.get(moving.get(i), MOMENTUM_BUFFER) == null;
                buffers.set(i, state.getOrZeros(moving.get(i), MOMENTUM_BUFFER));
            }
        }
        on.sgd(new SgdOptions(g.lr(), g.momentum(), g.dampening(), weightDecay, g.nesterov(), g.maximize()),
                moving.stream().map(Tensor::array).toList(), moving.stream().map(p -> p.grad().array()).toList(), buffers, first,
                foundInf);
    }
}
