package thaw.engine.nn;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Keeps the modes of a module and all inside it, which need not be the same, and puts them back when it is closed:
 * <pre>{@code
 * try (TrainingModes kept = new TrainingModes(net)) {
 *     net.eval();
 *     ...
 * }
 * }</pre>
 */
public final class TrainingModes implements AutoCloseable {

    private final Map<Module, Boolean> modes = new LinkedHashMap<>();

    public TrainingModes(Module module) {
        module.visit("", (path, m) -> modes.put(m, m.isTraining()));
    }

    /** Each module before those inside it, so that these have the last word. */
    @Override
    public void close() {
        modes.forEach(Module::train);
    }
}
