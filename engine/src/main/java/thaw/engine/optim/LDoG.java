package thaw.engine.optim;

import static thaw.engine.optim.ParamGroup.LR;
import static thaw.engine.optim.ParamGroup.WEIGHT_DECAY;

import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;

/**
 * Distance over gradients, for each parameter by itself (Ivgi, Hinder and Carmon 2023, "DoG is SGD's Best Friend", section 3
 * and appendix B): stochastic gradient descent whose step size follows from the distance travelled, so that there is no rate
 * to choose. For a parameter p with gradients g₀ … g_t and the initial value p₀:
 * <pre>
 * g_t ← g_t + weightDecay·p
 * r_t = max(r_{t−1}, ‖p − p₀‖),      r₀ = repsRel · (1 + ‖p₀‖)
 * η_t = lr · r_t / √(eps + Σ_{i ≤ t} ‖g_i‖²)
 * p ← p − η_t·g_t
 * </pre>
 * The paper evaluates a {@link WeightAverage.PolynomialDecay} of the weights with gamma 8. {@code repsRel} is 1e-4, the paper's
 * choice for networks with batch norm; it gives 1e-6 for others. {@code lr} is 1 and weight decay 0.
 */
public final class LDoG extends Optimizer {

    /** The first distance, relative to the norm of the parameter plus 1. */
    public static final String REPS_REL = "reps_rel";
    /** The term added to the sum of the squared gradient norms. */
    public static final String EPS = "eps";

    private static final String START = "init_buffer";
    private static final String DISTANCE = "rbar";
    private static final String SQUARES = "G";

    /** @throws IllegalArgumentException if there is no group, or {@link #addParamGroup} refuses one */
    public LDoG(ParamGroup... groups) {
        super("LDoG", Map.of(LR, 1.0, REPS_REL, 1e-4, EPS, 1e-8, WEIGHT_DECAY, 0.0), groups);
    }

    @Override
    protected void check(ParamGroup g) {
        g.require(REPS_REL, g.get(REPS_REL) > 0, "above 0");
        g.require(EPS, g.get(EPS) > 0, "above 0");
    }

    @Override
    protected void update(ParamGroup g, double weightDecay, List<Tensor> parameters) {
        for (Tensor p : parameters) {
            Tensor gradient = weightDecay == 0 ? p.grad() : p.grad().add(p.mul(weightDecay));
            boolean first = !hasState(p, START);
            Tensor start = state(p, START);
            Tensor distance = scalar(p, DISTANCE);
            Tensor squares = scalar(p, SQUARES);
            if (first) {
                start.copyFrom(p);
                distance.copyFrom(norm(p).add(1).mul(g.get(REPS_REL)));
                squares.copyFrom(gradient.square().sum().add(g.get(EPS)));
            } else {
                distance.copyFrom(larger(distance, norm(p.sub(start))));
                squares.copyFrom(squares.add(gradient.square().sum()));
            }
            p.copyFrom(p.sub(gradient.mul(distance.div(squares.sqrt()).mul(g.lr()))));
        }
    }

    private static Tensor norm(Tensor t) {
        return t.square().sum().sqrt();
    }

    /** The larger of two numbers, without reading them from the device. */
    private static Tensor larger(Tensor a, Tensor b) {
        return a.add(b.sub(a).relu());
    }

    /** η of the last step; 0 before the first. */
    @Override
    public double stepSize(ParamGroup group, Tensor parameter) {
        return hasState(parameter, START)
                ? super.stepSize(group, parameter) * scalar(parameter, DISTANCE).item() / Math.sqrt(scalar(parameter, SQUARES).item()) : 0;
    }
}
