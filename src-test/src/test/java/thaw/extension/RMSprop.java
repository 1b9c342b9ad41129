package thaw.extension;

import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.ParamGroup;

/** RMSprop with momentum (Hinton 2012) in PyTorch's order, of public classes and tensor operations alone. */
public final class RMSprop extends Optimizer {

    static final String ALPHA = "alpha";
    static final String EPS = "eps";

    public RMSprop(ParamGroup... groups) {
        super("RMSprop", Map.of("lr", 1e-2, ALPHA, 0.99, EPS, 1e-8, "momentum", 0.0, "weight_decay", 0.0), groups);
    }

    @Override
    protected void check(ParamGroup group) {
        group.require(ALPHA, group.get(ALPHA) >= 0 && group.get(ALPHA) < 1, "at least 0 and below 1");
    }

    @Override
    protected void update(ParamGroup group, double weightDecay, List<Tensor> parameters) {
        for (Tensor p : parameters) {
            Tensor g = p.grad().add(p.mul(weightDecay));
            Tensor square = state(p, "square_avg");
            square.copyFrom(square.mul(group.get(ALPHA)).add(g.square().mul(1 - group.get(ALPHA))));
            Tensor step = g.div(square.sqrt().add(group.get(EPS)));
            if (group.momentum() > 0) {
                Tensor buffer = state(p, "momentum_buffer");
                buffer.copyFrom(buffer.mul(group.momentum()).add(step));
                step = buffer;
            }
            p.copyFrom(p.sub(step.mul(group.lr())));
        }
    }
}
