package thaw.resnet;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Module;
import thaw.engine.nn.Parameterized;

/**
 * A layer group: consecutive layers of a network that are frozen together and share a learning rate.
 *
 * @param modules the group's modules in order, by their names in the network: its children, or blocks of its stages
 */
public record LayerGroup(String name, Map<String, Module> modules) implements Parameterized {

    /** Copies the map. */
    public LayerGroup {
        modules = Collections.unmodifiableMap(new LinkedHashMap<>(modules));
    }

    @Override
    public List<Tensor> parameters() {
        return modules.values().stream().flatMap(m -> m.parameters().stream()).toList();
    }

    /** The number of learned values. */
    public long parameterCount() {
        return modules.values().stream().mapToLong(Module::parameterCount).sum();
    }

    /** Sets whether the parameters are learned. */
    public void requiresGrad(boolean wanted) {
        modules.values().forEach(m -> m.requiresGrad(wanted));
    }

    /** The parameters of the group's batch norms. */
    public List<Tensor> batchNormParameters() {
        return modules.values().stream().flatMap(m -> m.namedModules().values().stream())
                .filter(BatchNorm2d.class::isInstance).flatMap(m -> m.parameters().stream()).toList();
    }

    /** Whether the parameter or module of this dotted name in the network belongs to this group. */
    public boolean contains(String name) {
        return modules.keySet().stream().anyMatch(m -> name.equals(m) || name.startsWith(m + "."));
    }

    /** Puts all modules into training mode (true) or evaluation mode. */
    public void train(boolean mode) {
        modules.values().forEach(m -> m.train(mode));
    }

    @Override
    public String toString() {
        return name + " (" + String.join(", ", modules.keySet()) + ")";
    }
}
