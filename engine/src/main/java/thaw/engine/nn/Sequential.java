package thaw.engine.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;

/** A chain of modules. Intermediate results are released as soon as the graph does not need them. */
public final class Sequential extends Module {

    /** Names the modules by their positions: 0, 1, … */
    public Sequential(Module... modules) {
        this(List.of(modules));
    }

    /** Names the modules by their positions: 0, 1, … */
    public Sequential(List<? extends Module> modules) {
        for (int i = 0; i < modules.size(); i++) {
            child(String.valueOf(i), modules.get(i));
        }
    }

    /** @param modules by name, in the order of the map */
    public Sequential(Map<String, ? extends Module> modules) {
        modules.forEach(this::child);
    }

    @Override
    public Tensor forward(Tensor x) {
        return run(children().values(), x);
    }

    /** Calls each module with the result of the one before, starting with {@code x}; {@code x} itself if there are none. */
    public static Tensor run(Iterable<? extends Module> modules, Tensor x) {
        List<Module> chain = new ArrayList<>();
        modules.forEach(chain::add);
        poolBeforeActivation(chain, x.device());
        try (Scope scope = x.device().scope()) {
            Tensor y = x;
            for (int i = 0; i < chain.size();) {
                int count = fusible(chain, i);
                Tensor next = call(chain.subList(i, i + count), y);
                if (next != y) {
                    scope.release(y);
                }
                y = next;
                i += count;
            }
            return scope.keep(y);
        }
    }

    /**
     * Exchanges a ReLU after a trained batch norm with the maximum pooling that follows it. The activation of a maximum is the
     * maximum of the activations, for values and gradients alike; but backward needs the activation's result, which is smaller
     * after pooling: by a factor of four in a ResNet's stem, where it is the largest array of a step.
     */
    private static void poolBeforeActivation(List<Module> chain, Device device) {
        for (int i = 1; i + 1 < chain.size(); i++) {
            if (chain.get(i - 1) instanceof BatchNorm2d norm && !norm.isConstant(device) && chain.get(i) instanceof ReLU relu
                    && chain.get(i + 1) instanceof MaxPool2d pool && !relu.hasHooks() && !pool.hasHooks()) {
                Collections.swap(chain, i, i + 1);
            }
        }
    }

    /** The number of modules from {@code i} on that are computed together: [convolution,] batch norm [, ReLU]; else 1. */
    private static int fusible(List<Module> chain, int i) {
        int norm = i + 1 < chain.size() && chain.get(i) instanceof Conv2d ? i + 1 : i;
        if (!(chain.get(norm) instanceof BatchNorm2d)) {
            return 1;
        }
        boolean relu = norm + 1 < chain.size() && chain.get(norm + 1) instanceof ReLU && !chain.get(norm + 1).hasHooks();
        return norm + (relu ? 2 : 1) - i;
    }

    private static Tensor call(List<Module> modules, Tensor x) {
        boolean relu = modules.size() > 1 && modules.get(modules.size() - 1) instanceof ReLU;
        if (modules.size() == 1) {
            return modules.get(0).call(x);
        }
        if (modules.get(0) instanceof BatchNorm2d norm) {
            return norm.call(x, null, relu);
        }
        return new ConvNorm((Conv2d) modules.get(0), (BatchNorm2d) modules.get(1)).call(x, null, relu);
    }

    /**
     * The {@code i}-th module.
     *
     * @throws IndexOutOfBoundsException if there are fewer
     */
    public Module get(int i) {
        return List.copyOf(children().values()).get(i);
    }

    public int size() {
        return children().size();
    }
}
