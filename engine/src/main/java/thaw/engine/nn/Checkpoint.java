package thaw.engine.nn;

import java.util.ArrayList;
import java.util.List;
import thaw.engine.Tensor;
import thaw.engine.functions.Recompute;

/**
 * Gradient checkpointing (Chen et al. 2016): of the wrapped module's activations only the input is kept for the backward
 * pass, which recomputes the others. Costs one more forward pass and saves most of the activations' memory. Gradients are
 * the same; batch normalisation counts a batch once, and dropout repeats its mask. Names in the state dict are those of the
 * wrapped module.
 */
public final class Checkpoint extends Module {

    private final Module module;

    public Checkpoint(Module module) {
        this.module = wrapped(module);
    }

    @Override
    public Tensor forward(Tensor x) {
        if (!x.device().gradEnabled()) {
            return module.call(x);
        }
        List<Tensor> inputs = new ArrayList<>();
        inputs.add(x);
        inputs.addAll(module.parameters());
        return new Recompute(module::call).apply(inputs.toArray(new Tensor[0]));
    }

    /** The wrapped module. */
    public Module module() {
        return module;
    }
}
