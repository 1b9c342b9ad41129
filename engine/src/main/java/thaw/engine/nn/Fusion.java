package thaw.engine.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Activation;

/**
 * The fusion pass: a chain of modules becomes a list of steps, each of one or several neighbouring modules that are computed
 * together. Every pass over memory that is saved counts, because normalisation and activation do little arithmetic per
 * element.
 *
 * <table>
 * <caption>The rules; at each position of the chain the first that matches is applied</caption>
 * <tr><th>modules</th><th>constant norm</th><th>otherwise</th></tr>
 * <tr><td>Conv2d, BatchNorm2d, ReLU, MaxPool2d</td><td>one convolution, then the pooling</td>
 *     <td>convolution, norm, pooling, ReLU</td></tr>
 * <tr><td>BatchNorm2d, ReLU, MaxPool2d</td><td>norm with ReLU, pooling</td><td>norm, pooling, ReLU</td></tr>
 * <tr><td>Conv2d, BatchNorm2d, ReLU</td><td>one convolution</td><td>convolution, norm with ReLU</td></tr>
 * <tr><td>Conv2d, BatchNorm2d</td><td>one convolution</td><td>convolution, norm</td></tr>
 * <tr><td>BatchNorm2d, ReLU</td><td>norm with ReLU</td><td>norm with ReLU</td></tr>
 * </table>
 *
 * A norm is constant in evaluation mode while no gradient of its parameters is needed; {@link ConvNorm} applies it to the
 * convolution's results before they are stored. A residual block, which adds its input before the activation, uses
 * {@link ConvNorm} itself.
 *
 * <p>Pooling changes places with the ReLU before it because the activation of a maximum is the maximum of the activations,
 * for values and gradients alike. Backward needs the activation's result, which is smaller after pooling: by a factor of
 * four in a ResNet's stem, where it is the largest array of a step.
 *
 * <p>Rules match by type alone, once for each chain. Modes, gradients and {@linkplain Module#onForward hooks} may change from
 * call to call, so a step examines them when it runs; if a module of a step has a hook, its modules are called one by one,
 * and every hook receives its module's own result.
 */
final class Fusion {

    /** A norm, perhaps after a convolution, followed by an activation. */
    private interface NormCall {
        Tensor call(Tensor x, Activation activation);
    }

    /** Neighbouring modules that are computed together. */
    private interface Step {
        /** The calls that compute the modules one after the other, in the modes that they are in. */
        List<UnaryOperator<Tensor>> calls(Device device);
    }

    /** A rule: neighbouring modules of these types become the step that {@code fuse} makes of them. */
    private record Rule(List<Class<? extends Module>> types, Function<List<Module>, Step> fuse) {

        boolean matches(List<Module> chain, int at) {
            boolean matches = at + types.size() <= chain.size();
            for (int i = 0; i < types.size() && matches; i++) {
                matches = types.get(i) == chain.get(at + i).getClass();
            }
            return matches;
        }
    }

    private static final List<Rule> RULES = List.of(
            new Rule(List.of(Conv2d.class, BatchNorm2d.class, ReLU.class, MaxPool2d.class),
                    m -> pooled(convNorm(m)::call, (BatchNorm2d) m.get(1), m.get(2), m.get(3))),
            new Rule(List.of(BatchNorm2d.class, ReLU.class, MaxPool2d.class),
                    m -> pooled(norm(m), (BatchNorm2d) m.get(0), m.get(1), m.get(2))),
            new Rule(List.of(Conv2d.class, BatchNorm2d.class, ReLU.class), m -> always(convNorm(m)::call, Activation.RELU)),
            new Rule(List.of(Conv2d.class, BatchNorm2d.class), m -> always(convNorm(m)::call, Activation.IDENTITY)),
            new Rule(List.of(BatchNorm2d.class, ReLU.class), m -> always(norm(m), Activation.RELU)));

    private final List<Step> steps = new ArrayList<>();

    /** Plans the steps of a chain of modules. */
    Fusion(List<Module> chain) {
        int next;
        for (int at = 0; at < chain.size(); at = next) {
            Rule rule = firstMatching(chain, at);
            next = at + (rule == null ? 1 : rule.types.size());
            List<Module> group = chain.subList(at, next);
            List<UnaryOperator<Tensor>> apart = new ArrayList<>(group.size());
            group.forEach(m -> apart.add(m::call));
            Step fused = rule == null ? device -> apart : rule.fuse.apply(group);
            steps.add(device -> anyHasHooks(group) ? apart : fused.calls(device));
        }
    }

    private static Rule firstMatching(List<Module> chain, int at) {
        for (Rule rule : RULES) {
            if (rule.matches(chain, at)) {
                return rule;
            }
        }
        return null;
    }

    private static boolean anyHasHooks(List<Module> modules) {
        for (Module m : modules) {
            if (m.hasHooks()) {
                return true;
            }
        }
        return false;
    }

    /** Runs the chain; intermediate results are released as soon as the graph does not need them. */
    Tensor run(Tensor x) {
        try (Scope scope = x.device().scope()) {
            Tensor y = x;
            for (Step step : steps) {
                for (UnaryOperator<Tensor> call : step.calls(x.device())) {
                    Tensor next = call.apply(y);
                    if (next != y) {
                        scope.release(y);
                    }
                    y = next;
                }
            }
            return scope.keep(y);
        }
    }

    private static ConvNorm convNorm(List<Module> m) {
        return new ConvNorm((Conv2d) m.get(0), (BatchNorm2d) m.get(1));
    }

    private static NormCall norm(List<Module> m) {
        BatchNorm2d norm = (BatchNorm2d) m.get(0);
        return (x, activation) -> norm.call(x, null, activation);
    }

    private static Step always(NormCall norm, Activation activation) {
        List<UnaryOperator<Tensor>> calls = List.of(x -> norm.call(x, activation));
        return device -> calls;
    }

    private static Step pooled(NormCall norm, BatchNorm2d statistics, Module relu, Module pool) {
        List<UnaryOperator<Tensor>> constant = List.of(x -> norm.call(x, Activation.RELU), pool::call);
        List<UnaryOperator<Tensor>> trained = List.of(x -> norm.call(x, Activation.IDENTITY), pool::call, relu::call);
        return device -> statistics.isConstant(device) ? constant : trained;
    }
}
