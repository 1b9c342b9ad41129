package thaw.engine.nn;

import java.util.stream.Stream;
import thaw.engine.Device;
import thaw.engine.Function;
import thaw.engine.Scope;
import thaw.engine.SeedLog;
import thaw.engine.Tensor;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/**
 * Activation checkpointing (Chen et al. 2016, "Training deep nets with sublinear memory cost"): of the wrapped module's
 * activations only the input is kept for the backward pass, which runs the module a second time. Costs one more forward pass
 * and saves most of the activations' memory. Gradients are the same; batch normalisation counts a batch once, and dropout
 * repeats its mask. Names in the state dict are those of the wrapped module.
 */
public final class CheckpointedModule extends Module {

    private final Module module;

    /** @param module whose activations are computed again in the backward pass */
    public CheckpointedModule(Module module) {
        this.module = wrapped(module);
    }

    @Override
    public Tensor forward(Tensor x) {
        if (!x.device().gradEnabled()) {
            return module.call(x);
        }
        return new Recompute(x.device()).apply(Stream.concat(Stream.of(x), module.parameters().stream()).toArray(Tensor[]::new));
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.call(module, x);
    }

    /** The wrapped module. */
    public Module module() {
        return module;
    }

    /**
     * The module as one operator. Inputs: x, then the module's parameters, whose gradients the inner backward pass
     * accumulates.
     */
    private final class Recompute extends Function {

        private final Device device;
        private final SeedLog seeds = new SeedLog();
        private Saved x;
        private int inputs;

        private Recompute(Device device) {
            super("checkpoint");
            this.device = device;
        }

        @Override
        protected Array forward(Backend on, Array... in) {
            inputs = in.length;
            x = save(in[0]);
            try (Scope scope = device.scope()) {
                Tensor input = device.wrap(in[0].retain());
                return device.firstPass(seeds, () -> module.call(input)).array().retain();
            }
        }

        @Override
        protected Array[] backward(Backend on, Array gy) {
            Array[] g = new Array[inputs];
            try (Scope scope = device.scope()) {
                Tensor input = device.wrap(x.get().retain()).requiresGrad(needs(0));
                Tensor output = device.secondPass(seeds, () -> module.call(input));
                if (output.requiresGrad()) {
                    output.backward(device.wrap(gy.retain()));
                }
                g[0] = input.grad() == null ? null : input.grad().array().retain();
            }
            return g;
        }
    }
}
