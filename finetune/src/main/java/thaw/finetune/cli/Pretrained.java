package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Path;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/**
 * A weight file, and the architecture that it is for.
 *
 * @param file where the weights come from, for messages
 */
record Pretrained(Path file, Weights weights, Architecture architecture) {

    /**
     * @param name the architecture's, or null to go by the weights
     * @throws Failure if the weights are of another architecture, or of none
     */
    static Pretrained read(Path file, String name) throws IOException {
        Architecture wanted = name == null ? null : Architectures.byName(name);
        Weights weights = Weights.read(file);
        Architecture found = Architecture.recognise(weights).orElse(null);
        if (found == null) {
            throw new Failure(file + ": holds weights of no ResNet that Thaw knows (" + weights.size() + " tensors"
                    + weights.keySet().stream().findFirst().map(first -> ", the first is '" + first + "'").orElse("") + ")");
        }
        if (wanted != null && !wanted.equals(found)) {
            throw new Failure(file + ": holds weights of " + found + ", not of " + wanted + "; give --arch " + found
                    + " or other weights");
        }
        return new Pretrained(file, weights, found);
    }

    /** The network as it was trained, head and all. */
    ResNet whole(Device device) {
        try {
            return ResNet.fromWeights(weights, device);
        } catch (IllegalArgumentException misfit) {
            throw new Failure(file + ": " + misfit.getMessage(), misfit);
        }
    }

    /** Puts the weights, but not those of the head, into a network of this architecture. */
    void loadBody(ResNet net) {
        try {
            net.loadPretrained(weights, false);
        } catch (IllegalArgumentException misfit) {
            throw new Failure(file + ": " + misfit.getMessage(), misfit);
        }
    }
}
