package thaw.engine.optim;

import static thaw.engine.optim.ParamGroup.LR;
import static thaw.engine.optim.ParamGroup.MOMENTUM;
import static thaw.engine.optim.ParamGroup.WEIGHT_DECAY;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.SgdOps;

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

    /** The fraction of the gradient that is not added to the momentum buffer. */
    public static final String DAMPENING = "dampening";
    /** Whether to use Nesterov momentum; needs momentum and no dampening. */
    public static final String NESTEROV = "nesterov";
    /** Whether to maximise the loss rather than minimise it. */
    public static final String MAXIMIZE = "maximize";

    private static final String MOMENTUM_BUFFER = "momentum_buffer";

    /** @throws IllegalArgumentException if there is no group, or {@link #addParamGroup} refuses one */
    public SGD(ParamGroup... groups) {
        super("SGD", Map.of(LR, 1e-3, MOMENTUM, 0.0, DAMPENING, 0.0, WEIGHT_DECAY, 0.0, NESTEROV, 0.0, MAXIMIZE, 0.0), groups);
    }

    @Override
    protected void check(ParamGroup g) {
        g.require(MOMENTUM, g.momentum() >= 0, "at least 0");
        g.require(NESTEROV, !g.is(NESTEROV) || g.momentum() > 0 && g.get(DAMPENING) == 0, "0 unless there is a momentum and"
                + " zero dampening, got momentum " + g.momentum() + " and dampening " + g.get(DAMPENING));
    }

    @Override
    protected void update(ParamGroup g, double weightDecay, List<Tensor> parameters) {
        update(g, weightDecay, parameters, null);
    }

    @Override
    protected void update(ParamGroup g, double weightDecay, List<Tensor> parameters, @Nullable Tensor foundInf) {
        List<@Nullable Array> buffers = new ArrayList<>();
        boolean[] first = new boolean[parameters.size()];
        for (int i = 0; i < first.length; i++) {
            Tensor p = parameters.get(i);
            first[i] = g.momentum() != 0 && !hasState(p, MOMENTUM_BUFFER);
            buffers.add(g.momentum() == 0 ? null : state(p, MOMENTUM_BUFFER).array());
        }
        parameters.get(0).device().backend().sgd(
                new SgdOps.Options(g.lr(), g.momentum(), g.get(DAMPENING), weightDecay, g.is(NESTEROV), g.is(MAXIMIZE)),
                parameters.stream().map(Tensor::array).toList(), parameters.stream().map(p -> p.grad().array()).toList(), buffers,
                first, foundInf == null ? null : foundInf.array());
    }
}
