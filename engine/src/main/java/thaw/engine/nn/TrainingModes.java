package thaw.engine.nn;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Saves the modes of a module and all nested ones, which may differ, and restores them on close:
 * <pre>{@code
 * try (TrainingModes kept = new TrainingModes(net)) {
 *     net.eval();
 *     ...
 * }
 * }</pre>
 */
public final class TrainingModes implements AutoCloseable {

    private final Map<Module, Boolean> modes = new LinkedHashMap<>();

    /** Saves the current modes. */
    public TrainingModes(Module module) {
        module.visit("", (path, m) -> modes.put(m, m.isTraining()));
    }

    /** Restores the modes, each module's before those of its nested modules, because setting a mode sets theirs too. */
    @Override
    public void close() {
        modes.forEach(Module::train);
    }
}
