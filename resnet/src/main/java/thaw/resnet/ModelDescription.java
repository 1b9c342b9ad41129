package thaw.resnet;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;

/**
 * The description of a network, without weights, as stored in its file's metadata: {@code architecture}, {@code classes},
 * {@code head} (default {@code linear}), {@code input_channels} (default 3) and {@code variant}, the comma-separated labels
 * of its variants (absent if there are none).
 */
record ModelDescription(Architecture architecture, int classes, Head head, int inputChannels) {

    /** The networks of {@link Architecture#all}. */
    static final NetworkFamily FAMILY = new NetworkFamily() {
        @Override
        public List<String> architectures() {
            return Architecture.all().stream().map(Architecture::name).toList();
        }

        @Override
        public Network create(Map<String, String> metadata, Map<String, ? extends StoredTensor> weights, Device device) {
            return of(metadata).build(device, weights);
        }
    };

    static final String ARCHITECTURE = "architecture";
    static final String VARIANT = "variant";
    private static final String CLASSES = "classes";
    private static final String HEAD = "head";
    private static final String INPUT_CHANNELS = "input_channels";

    /** @throws IllegalArgumentException if an entry is missing or invalid; other entries are ignored */
    static ModelDescription of(Map<String, String> metadata) {
        Architecture architecture = Architecture.byName(architecture(metadata));
        if (metadata.containsKey(VARIANT)) {
            architecture = architecture.with(Variant.byLabels(metadata.get(VARIANT)));
        }
        return new ModelDescription(architecture, number(metadata.get(CLASSES), CLASSES),
                Head.byLabel(metadata.getOrDefault(HEAD, Head.LINEAR.label())),
                number(metadata.getOrDefault(INPUT_CHANNELS, "3"), INPUT_CHANNELS));
    }

    /** @throws IllegalArgumentException if the name of the architecture or the number of classes is missing */
    static String architecture(Map<String, String> metadata) {
        String name = metadata.get(ARCHITECTURE);
        if (name == null || !metadata.containsKey(CLASSES)) {
            throw new IllegalArgumentException("metadata: expected entries \"" + ARCHITECTURE + "\" and \"" + CLASSES
                    + "\", found " + metadata.keySet()
                    + "; was the file written by this program? If not, name the architecture");
        }
        return name;
    }

    /** @throws IllegalArgumentException if the weights have no known head */
    static ModelDescription of(NetworkWeights found) {
        Head head = found.head().orElseThrow(() -> new IllegalArgumentException("these weights of " + found.architecture()
                + " have no known head" + (found.left().isEmpty() ? ""
                        : ", only " + found.left().keySet().iterator().next())
                + "; make the network with ResNet.of and call loadPretrained(weights, false)"));
        return new ModelDescription(found.architecture(), found.classes().getAsInt(), head, found.inputChannels());
    }

    private static int number(String value, String entry) {
        try {
            return Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("metadata: \"" + entry + "\" must be an integer, got \"" + value + "\"", e);
        }
    }

    Map<String, String> metadata() {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put(ARCHITECTURE, architecture.name());
        entries.put(CLASSES, String.valueOf(classes));
        entries.put(HEAD, head.label());
        entries.put(INPUT_CHANNELS, String.valueOf(inputChannels));
        if (!architecture.variants().isEmpty()) {
            entries.put(VARIANT, Variant.labels(architecture.variants()));
        }
        return entries;
    }

    /** The network with these weights; a network that they do not fit is released. */
    ResNet build(Device device, Map<String, ? extends StoredTensor> weights) {
        ResNet net = ResNet.toBeLoaded(architecture, device, classes);
        try {
            net.adaptStem(inputChannels);
            if (head != Head.LINEAR) {
                net.replaceHead(head, classes);
            }
            net.loadStateDict(weights);
            return net;
        } catch (RuntimeException | Error failed) {
            net.release();
            throw failed;
        }
    }
}
