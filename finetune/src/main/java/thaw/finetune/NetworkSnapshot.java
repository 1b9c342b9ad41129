package thaw.finetune;

import java.util.LinkedHashMap;
import java.util.Map;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.Module;
import thaw.resnet.ResNet;

/** A network's parameters, buffers and counters at some moment, to return to. */
final class NetworkSnapshot {

    private NetworkSnapshot() {
    }

    static Map<String, StoredTensor> of(ResNet net) {
        return net.stateDict();
    }

    /** Child by child, since these aren't weights that were found somewhere, whose names would have to be guessed. */
    static void restore(ResNet net, Map<String, StoredTensor> snapshot) {
        for (Map.Entry<String, Module> child : net.children().entrySet()) {
            String prefix = child.getKey() + ".";
            Map<String, StoredTensor> own = new LinkedHashMap<>();
            snapshot.forEach((name, tensor) -> {
                if (name.startsWith(prefix)) {
                    own.put(name.substring(prefix.length()), tensor);
                }
            });
            child.getValue().loadStateDict(own);
        }
    }
}
