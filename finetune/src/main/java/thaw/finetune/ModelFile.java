package thaw.finetune;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.images.Transforms;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

/**
 * A trained model in a file, with all that is needed to predict from it alone: a safetensors file of the state dict under
 * torchvision's names, with this metadata:
 *
 * <pre>
 * format           pt
 * architecture     resnet20
 * head             linear
 * input_channels   3
 * classes          ["cats","dogs"]
 * transforms.*     see {@link Transforms#toMap}
 * </pre>
 *
 * @param classes    names of the classes, in the order of the scores
 * @param transforms the images' preparation
 */
public record ModelFile(Architecture architecture, Head head, int inputChannels, List<String> classes, Transforms transforms,
        Weights weights) {
    private static final String ARCHITECTURE = "architecture";
    private static final String HEAD = "head";
    private static final String INPUT_CHANNELS = "input_channels";
    private static final String CLASSES = "classes";

    public ModelFile {
        classes = List.copyOf(classes);
        if (classes.isEmpty() || new HashSet<>(classes).size() != classes.size()) {
            throw new IllegalArgumentException("classes: expected at least one, all of different names, got " + classes);
        }
    }

    /** A network as it is now. */
    public static ModelFile of(ResNet net, List<String> classes, Transforms transforms) {
        if (!Architecture.all().contains(net.architecture())) {
            throw new IllegalArgumentException("a model file knows its architecture by name, and " + net.architecture().name()
                    + " is not one of those that Architecture.all() has; write the state dict with Weights.write");
        }
        if (net.classes() != classes.size()) {
            throw new IllegalArgumentException("the network has " + net.classes() + " classes, " + classes.size()
                    + " names are given: " + classes);
        }
        return new ModelFile(net.architecture(), net.head(), net.inputChannels(), classes, transforms,
                Weights.of(net.stateDict(), Map.of()));
    }

    /**
     * Saves a network as it is now.
     *
     * @param classes names of the classes, in the order of the scores
     * @throws IOException if writing fails; what was there before is then still there
     */
    public static void write(Path path, ResNet net, List<String> classes, Transforms transforms) throws IOException {
        of(net, classes, transforms).write(path);
    }

    /** @throws IOException if writing fails; what was there before is then still there */
    public void write(Path path) throws IOException {
        Weights.write(path, weights, metadata());
    }

    private Map<String, String> metadata() throws JsonProcessingException {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "pt");
        metadata.put(ARCHITECTURE, architecture.name());
        metadata.put(HEAD, head.label());
        metadata.put(INPUT_CHANNELS, Integer.toString(inputChannels));
        metadata.put(CLASSES, new ObjectMapper().writeValueAsString(classes));
        metadata.putAll(transforms.toMap());
        return metadata;
    }

    /**
     * Reads a model that was saved.
     *
     * @throws IllegalArgumentException if the file has weights but not what makes a model of them
     * @throws IOException              if it is missing or damaged
     */
    public static ModelFile read(Path path) throws IOException {
        return of(Weights.read(path), path.toString());
    }

    /** As {@link #read(Path)}, from a stream such as a resource's. */
    public static ModelFile read(InputStream in) throws IOException {
        return of(Weights.read(in), "stream");
    }

    private static ModelFile of(Weights weights, String name) {
        Map<String, String> metadata = weights.metadata();
        for (String key : List.of(ARCHITECTURE, HEAD, INPUT_CHANNELS, CLASSES)) {
            if (!metadata.containsKey(key)) {
                throw new IllegalArgumentException(name + ": has weights, but no '" + key + "' in its metadata; expected a model"
                        + " saved by a Learner, which knows its architecture, classes and transforms");
            }
        }
        try {
            return new ModelFile(Architecture.byName(metadata.get(ARCHITECTURE)), Head.byLabel(metadata.get(HEAD)),
                    Integer.parseInt(metadata.get(INPUT_CHANNELS)), classes(metadata.get(CLASSES)), Transforms.fromMap(metadata),
                    weights);
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException(name + ": " + INPUT_CHANNELS + ": expected a whole number, got '"
                    + metadata.get(INPUT_CHANNELS) + "'", wrong);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(name + ": " + wrong.getMessage(), wrong);
        }
    }

    private static List<String> classes(String json) {
        try {
            return new ObjectMapper().readValue(json, new TypeReference<List<String>>() { });
        } catch (JsonProcessingException wrong) {
            throw new IllegalArgumentException("classes: expected a JSON array of names, got '" + json + "'", wrong);
        }
    }

    /**
     * The network with its weights, in evaluation mode.
     *
     * @throws IllegalArgumentException if the weights are of another architecture than the metadata says
     */
    public ResNet toNet(Device device) {
        ResNet net = new ResNet(device, architecture, head, classes.size(), inputChannels);
        net.loadStateDict(weights);
        net.eval();
        return net;
    }
}
