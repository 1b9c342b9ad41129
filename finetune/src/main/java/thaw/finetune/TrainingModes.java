package thaw.finetune;

import java.util.LinkedHashMap;
import java.util.Map;
import thaw.engine.nn.Module;

/** The modes that a network's modules are in, to return to. */
final class TrainingModes {

    private final Map<Module, Boolean> modes = new LinkedHashMap<>();

    TrainingModes(Module net) {
        net.namedModules().values().forEach(module -> modes.put(module, module.isTraining()));
    }

    /** Each module before those inside it, so that these have the last word. */
    void restore() {
        modes.forEach(Module::train);
    }
}
