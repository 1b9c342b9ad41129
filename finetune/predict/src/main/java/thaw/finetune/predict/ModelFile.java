package thaw.finetune.predict;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.engine.nn.OnnxGraph;
import thaw.finetune.images.Transforms;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/**
 * A trained model with everything needed for prediction, and its file format: a safetensors file of the state dict under
 * torchvision's names, with this metadata:
 *
 * <pre>
 * format                                      pt
 * architecture, classes, head, input_channels {@link Network#describe}, with {@code variant} if there is one
 * class_names                                 a JSON array: ["cats","dogs"]
 * multi_label                                 true if an image may have several classes; otherwise absent
 * threshold                                   for multi-label models, the probability above which a class is predicted;
 *                                             0.5 if absent
 * transforms.size, transforms.mean, …         {@link Transforms#toMap}
 * known.features, known.distance, …           the features of known images, or absent: {@link KnownImages}
 * </pre>
 *
 * @param network    the description of the network: {@link Network#describe}
 * @param labels     the classes in the order of the scores, and whether the model is multi-label
 * @param threshold  the probability above which {@link Prediction#labels()} has a class; between 0 and 1. That of a single-label model
 *                   is not written
 * @param transforms the preparation of images
 * @param weights    the state dict
 * @param known      the features of images of the classes; empty if the model has none
 */
public record ModelFile(Map<String, String> network, LabelSet labels, double threshold, Transforms transforms,
        Weights weights, Optional<KnownImages> known) {
    private static final String FORMAT = "format";
    private static final String CLASS_NAMES = "class_names";
    private static final String MULTI_LABEL = "multi_label";
    private static final String THRESHOLD = "threshold";
    private static final double USUAL_THRESHOLD = 0.5;

    /** @throws IllegalArgumentException if {@code threshold} is not between 0 and 1 */
    public ModelFile {
        network = Collections.unmodifiableMap(new LinkedHashMap<>(network));
        Objects.requireNonNull(labels, "labels");
        if (!(threshold > 0 && threshold < 1)) {
            throw new IllegalArgumentException(THRESHOLD + ": expected a probability between 0 and 1, got " + threshold);
        }
    }

    /** A single-label model. */
    public ModelFile(Map<String, String> network, List<String> classes, Transforms transforms, Weights weights) {
        this(network, new LabelSet(classes, false), USUAL_THRESHOLD, transforms, weights, Optional.empty());
    }

    /** The same model with another threshold. */
    public ModelFile threshold(double probability) {
        return new ModelFile(network, labels, probability, transforms, weights, known);
    }

    /** The same model with the features of known images, by which it recognises images of none of its classes. */
    public ModelFile known(KnownImages images) {
        return new ModelFile(network, labels, threshold, transforms, weights, Optional.of(images));
    }

    /** The same model with a copy of a network's current weights, and with or without features of known images. */
    public ModelFile with(Network net, Optional<KnownImages> images) {
        return new ModelFile(network, labels, threshold, transforms, Weights.of(net.stateDict(), Map.of()), images);
    }

    /** The classes' names, in the order of the scores. */
    public List<String> classes() {
        return labels.classes();
    }

    /**
     * A copy of a network's current state as a single-label model; later training does not change it.
     *
     * @throws IllegalArgumentException if the number of names is not the network's number of classes, or
     *     {@link Network#describe} cannot name it
     */
    public static ModelFile of(Network net, List<String> classes, Transforms transforms) {
        return of(net, new LabelSet(classes, false), transforms);
    }

    /**
     * Like {@link #of(Network, List, Transforms)}, for single-label or multi-label data. The threshold is 0.5; see
     * {@link #threshold(double)}.
     */
    public static ModelFile of(Network net, LabelSet labels, Transforms transforms) {
        requireAsMany(net, labels);
        return new ModelFile(net.describe(), labels, USUAL_THRESHOLD, transforms, Weights.of(net.stateDict(), Map.of()),
                Optional.empty());
    }

    /**
     * Writes the file; an existing one is replaced atomically.
     *
     * @throws IOException if writing fails; an existing file is unchanged then
     */
    public void write(Path path) throws IOException {
        Weights.write(path, weights, metadata());
    }

    /**
     * Writes the model as ONNX, for other programs: a graph from {@code input [batch, 3, size, size]}, prepared by {@link #transforms},
     * to {@code output [batch, classes]}, scores without softmax. Its metadata is {@link #metadata}, without {@code format}, and
     * {@code transforms.interpolation}.
     *
     * @throws IllegalArgumentException if the network is none that {@link #toNet} can build, has a layer without counterpart in ONNX, or
     *     takes more than 2 GiB
     * @throws IOException              if writing fails; an existing file is unchanged then
     */
    public void writeOnnx(Path path) throws IOException {
        Map<String, String> entries = new LinkedHashMap<>(metadata());
        entries.remove(FORMAT);
        // Transforms knows no other.
        entries.put("transforms.interpolation", "bilinear");
        try (Device device = Device.cpu()) {
            Network net = toNet(device);
            OnnxGraph.of(net).write(path, Shape.of(net.inputChannels(), transforms.size(), transforms.size()), Shape.of(net.classes()),
                    entries);
        }
    }

    /** The metadata of the file: all entries of the table above, and those of {@link #network} that are not Thaw's. */
    public Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(FORMAT, "pt");
        metadata.putAll(network);
        metadata.put(CLASS_NAMES, JsonNames.write(classes()));
        if (labels.multiLabel()) {
            metadata.put(MULTI_LABEL, "true");
            metadata.put(THRESHOLD, String.valueOf(threshold));
        }
        metadata.putAll(transforms.toMap());
        known.ifPresent(images -> metadata.putAll(images.toMap()));
        return Collections.unmodifiableMap(metadata);
    }

    /**
     * Reads a model file.
     *
     * @throws IllegalArgumentException if the file holds weights without a model's metadata, or invalid metadata
     * @throws IOException              if the file is missing or damaged
     */
    public static ModelFile read(Path path) throws IOException {
        return of(Weights.read(path), path.toString());
    }

    /**
     * Like {@link #read(Path)}, from a stream such as a resource, which is read to its end and not closed.
     *
     * @throws IOException if reading fails, or the file is damaged
     */
    public static ModelFile read(InputStream in) throws IOException {
        return of(Weights.read(in), "stream");
    }

    private static ModelFile of(Weights weights, String name) {
        Map<String, String> metadata = weights.metadata();
        if (!metadata.containsKey(CLASS_NAMES)) {
            throw new IllegalArgumentException(name + ": has weights, but no '" + CLASS_NAMES + "' in its metadata; expected a"
                    + " model saved by a Learner, which stores its architecture, classes and transforms");
        }
        Map<String, String> network = new LinkedHashMap<>(metadata);
        network.keySet().removeIf(key -> key.equals(FORMAT) || key.equals(CLASS_NAMES) || key.equals(MULTI_LABEL)
                || key.equals(THRESHOLD) || key.startsWith("transforms.") || key.startsWith("onnx.") || KnownImages.isKey(key));
        try {
            LabelSet labels = new LabelSet(classNames(metadata.get(CLASS_NAMES)), multiLabel(metadata));
            return new ModelFile(network, labels, threshold(metadata), Transforms.fromMap(metadata),
                    Weights.of(weights, Map.of()), KnownImages.fromMap(metadata));
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(name + ": " + wrong.getMessage(), wrong);
        }
    }

    private static boolean multiLabel(Map<String, String> metadata) {
        String value = metadata.getOrDefault(MULTI_LABEL, "false");
        if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException(MULTI_LABEL + ": expected true or false, got '" + value + "'");
        }
        return value.equals("true");
    }

    private static double threshold(Map<String, String> metadata) {
        String value = metadata.getOrDefault(THRESHOLD, String.valueOf(USUAL_THRESHOLD));
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException(THRESHOLD + ": expected a number, got '" + value + "'", wrong);
        }
    }

    private static List<String> classNames(String json) {
        try {
            return JsonNames.read(json);
        } catch (IOException wrong) {
            throw new IllegalArgumentException(CLASS_NAMES + ": expected a JSON array of names, got '" + json + "'", wrong);
        }
    }

    /**
     * Builds the network with its weights, in evaluation mode.
     *
     * @throws IllegalArgumentException if the metadata describes no known network, if the number of classes, the weights or the
     *     features of known images do not match it, or if weights are not finite
     */
    public Network toNet(Device device) {
        Network net = Network.fromMetadata(network, weights, device);
        try {
            requireAsMany(net, labels);
            net.eval();
            known.ifPresent(images -> images.requireFit(net));
            return net;
        } catch (RuntimeException | Error failed) {
            net.release();
            throw failed;
        }
    }

    private static void requireAsMany(Network net, LabelSet labels) {
        if (net.classes() != labels.classes().size()) {
            throw new IllegalArgumentException("the network has " + net.classes() + " classes, " + labels.classes().size()
                    + " names are given: " + labels.classes());
        }
    }
}
