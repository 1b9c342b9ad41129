package thaw.engine.optim;

import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;

/**
 * The relative gradient norm of parameters, {@code RGN = mean of ‖g‖₂/‖p‖₂} over batches (Lee et al. 2023, "Surgical Fine-Tuning
 * Improves Adaptation to Distribution Shifts", section 5, Auto-RGN): parameters with a large gradient for their size are
 * those that new data asks to change. The factor of a parameter's rate is its RGN divided by the largest, 0 to 1.
 * Not thread-safe.
 */
public final class RelativeGradientNorm {

    private final Map<Tensor, Double> sums = new IdentityHashMap<>();
    private int batches;

    /** Adds the gradients of a batch, after {@link Tensor#backward()}; parameters without a gradient are left out. */
    public void add(Collection<Tensor> parameters) {
        for (Tensor p : parameters) {
            if (p.grad() != null) {
                try (NoGrad off = p.device().noGrad(); Scope scope = p.device().scope()) {
                    double norm = Math.sqrt(p.square().sum().item());
                    sums.merge(p, norm == 0 ? 0 : GradientClipping.gradNorm(List.of(p)) / norm, Double::sum);
                }
            }
        }
        batches++;
    }

    /** The RGN of a parameter; 0 if it has not been added or is zero itself. */
    public double of(Tensor parameter) {
        return batches == 0 ? 0 : sums.getOrDefault(parameter, 0.0) / batches;
    }

    /** The mean RGN of those of these parameters that have been added; 0 if there are none. */
    public double mean(Collection<Tensor> parameters) {
        return parameters.stream().filter(sums::containsKey).mapToDouble(this::of).average().orElse(0);
    }
}
