package thaw.engine.optim;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.kernels.AdamWOptions;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), with separate options for each parameter
 * group. For a parameter p with gradient g at its t-th step, counted from 1 for each parameter, in PyTorch's order:
 * <pre>
 * g ← −g                          if maximize
 * p ← p − lr·weightDecay·p
 * m ← beta1·m + (1 − beta1)·g
 * v ← beta2·v + (1 − beta2)·g²
 * p ← p − lr · m/(1 − beta1^t) / (√(v/(1 − beta2^t)) + eps)
 * </pre>
 * PyTorch's defaults: lr 1e-3, betas 0.9 and 0.999, eps 1e-8, weight decay 0.01. A schedule's momentum sets beta1, as in
 * PyTorch and fastai. ({@code fastai}'s own Adam has betas 0.9 and 0.99, and eps 1e-5.)
 */
public final class AdamW extends Optimizer {

    private static final String EXP_AVG = "exp_avg";
    private static final String EXP_AVG_SQ = "exp_avg_sq";
    private static final Map<Option, Double> DEFAULTS = Collections.unmodifiableMap(new EnumMap<>(Map.of(
            Option.LR, Option.LR.standard(), Option.BETA1, Option.BETA1.standard(), Option.BETA2, Option.BETA2.standard(),
            Option.EPS, Option.EPS.standard(), Option.WEIGHT_DECAY, 1e-2, Option.MAXIMIZE, Option.MAXIMIZE.standard(),
            Option.DECAY_BIAS_AND_NORM, Option.DECAY_BIAS_AND_NORM.standard())));

    /** @throws IllegalArgumentException if there is no group, or {@link #addParamGroup} refuses one */
    public AdamW(ParamGroup... groups) {
        super(groups);
    }

    @Override
    public String name() {
        return "AdamW";
    }

    @Override
    Map<Option, Double> defaults() {
        return DEFAULTS;
    }

    @Override
    Option momentumOption() {
        return Option.BETA1;
    }

    @Override
    List<String> arrayNames() {
        return List.of(EXP_AVG, EXP_AVG_SQ);
    }

    /** Accepts every combination of options. */
    @Override
    void require(ParamGroup group) {
    }

    @Override
    void update(Backend on, ParamGroup g, double weightDecay, List<Tensor> moving, Array foundInf) {
        moving.forEach(p -> state.steps(p, state.steps(p) + 1));
        on.adamW(new AdamWOptions(g.lr(), g.beta1(), g.beta2(), g.eps(), weightDecay, g.maximize()),
                moving.stream().map(Tensor::array).toList(), moving.stream().map(p -> p.grad().array()).toList(),
                arrays(moving, EXP_AVG), arrays(moving, EXP_AVG_SQ), moving.stream().mapToLong(state::steps).toArray(),
                foundInf);
    }

    private List<Array> arrays(List<Tensor> moving, String name) {
        return moving.stream().map(p -> state.getOrZeros(p, name)).toList();
    }
}
