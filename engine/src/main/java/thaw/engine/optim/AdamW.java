package thaw.engine.optim;

import static thaw.engine.optim.ParamGroup.LR;
import static thaw.engine.optim.ParamGroup.WEIGHT_DECAY;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import thaw.engine.Tensor;
import thaw.kernels.AdamWOps;
import thaw.kernels.Array;

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

    /** The decay factor of the moving average of the gradients. */
    public static final String BETA1 = "beta1";
    /** The decay factor of the moving average of the squared gradients. */
    public static final String BETA2 = "beta2";
    /** The term added to the root of the mean square. */
    public static final String EPS = "eps";
    /** Whether to maximise the loss rather than minimise it. */
    public static final String MAXIMIZE = "maximize";

    /** @throws IllegalArgumentException if there is no group, or {@link #addParamGroup} refuses one */
    public AdamW(ParamGroup... groups) {
        super("AdamW", Map.of(LR, 1e-3, BETA1, 0.9, BETA2, 0.999, EPS, 1e-8, WEIGHT_DECAY, 0.01, MAXIMIZE, 0.0), groups);
    }

    @Override
    protected void check(ParamGroup g) {
        for (String beta : List.of(BETA1, BETA2)) {
            g.require(beta, g.get(beta) >= 0 && g.get(beta) < 1, "at least 0 and below 1");
        }
        g.require(EPS, g.get(EPS) >= 0, "at least 0");
    }

    @Override
    protected void update(ParamGroup g, double weightDecay, List<Tensor> parameters) {
        update(g, weightDecay, parameters, null);
    }

    @Override
    protected void update(ParamGroup g, double weightDecay, List<Tensor> parameters, @Nullable Tensor foundInf) {
        parameters.get(0).device().backend().adamW(
                new AdamWOps.Options(g.lr(), g.get(BETA1), g.get(BETA2), g.get(EPS), weightDecay, g.is(MAXIMIZE)),
                parameters.stream().map(Tensor::array).toList(), parameters.stream().map(p -> p.grad().array()).toList(),
                states(parameters, "exp_avg"), states(parameters, "exp_avg_sq"),
                parameters.stream().mapToLong(this::countStep).toArray(), foundInf == null ? null : foundInf.array());
    }

    private List<Array> states(List<Tensor> parameters, String name) {
        return parameters.stream().map(p -> state(p, name).array()).toList();
    }
}
