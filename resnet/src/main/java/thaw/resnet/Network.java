package thaw.resnet;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.LoadReport;
import thaw.engine.nn.Module;

/**
 * An image classifier: {@code [N, C, H, W] → [N, classes]}, scores without softmax, made of a body, which computes feature maps, and
 * a head, which pools and classifies them. Training, prediction, diagnostics and model files use networks by this class alone; a new
 * family of networks extends it, and is read from model files by a {@link NetworkFamily}.
 */
public abstract class Network extends Module {

    /** The name of the architecture, for example {@code resnet50}. */
    public abstract String name();

    /** The device that holds the parameters, and on which the network computes. */
    public abstract Device device();

    /** The number of classes, which is the number of scores per image. */
    public abstract int classes();

    /** The channels of the images it takes, usually 3. */
    public abstract int inputChannels();

    /** Runs the body: {@code [N, C, H, W] → [N, features, H', W']}. */
    public abstract Tensor features(Tensor x);

    /** Runs everything before the classifier: {@code [N, C, H, W] → [N, features]}, the input of {@link #classify}. */
    public abstract Tensor pooled(Tensor x);

    /** Runs the classifier: {@code [N, features] → [N, classes]}. */
    public abstract Tensor classify(Tensor pooled);

    /** The layer groups, in the order of the forward pass; the last one is the head. */
    public abstract List<LayerGroup> groups(Granularity granularity);

    /** The layers and their output shapes for images of {@code height × width} pixels. */
    public abstract Outline outline(int height, int width);

    /**
     * The entries of a file's metadata from which {@link #fromMetadata} creates this network again, without weights: at least
     * {@code architecture} and {@code classes}.
     *
     * @throws IllegalArgumentException if files cannot name this network
     */
    public abstract Map<String, String> describe();

    /** Replaces the classifier by a new linear layer, and {@linkplain Module#release releases} the old one; keeps the body. */
    public abstract Network replaceHead(int classes);

    /**
     * Loads the body of pretrained weights, which must fit, and optionally their head.
     *
     * @param keepHead whether to load the weights' head too, which must fit then; otherwise it is ignored, whatever its size, and
     *                 this network's head is unchanged
     * @return a report of no differences except for the tensors outside the network, which are ignored
     * @throws IllegalArgumentException if they don't fit; nothing is changed then
     */
    public abstract LoadReport loadPretrained(Map<String, ? extends StoredTensor> state, boolean keepHead);

    /** Whether weights of all convolutions were loaded, so that training may destroy what the body has learned. */
    public abstract boolean isPretrained();

    /** A copy of the parameters and buffers of everything before the classifier. */
    public abstract Map<String, StoredTensor> bodyStateDict();

    /** The groups {@code early}, {@code middle} and {@code head}; see {@link Granularity#COARSE}. */
    public final List<LayerGroup> groups() {
        return groups(Granularity.COARSE);
    }

    /**
     * Creates the network that {@link #describe} described, with these weights; the families of networks are those of Thaw and all
     * that {@link ServiceLoader} finds by the class loader of Thaw, and then by the thread's context class loader: an application
     * server may load Thaw from a parent of the application's loader.
     *
     * @throws IllegalArgumentException if no family knows the architecture, an entry is missing or invalid, or the weights don't fit
     */
    public static Network fromMetadata(Map<String, String> metadata, Map<String, ? extends StoredTensor> weights, Device device) {
        List<NetworkFamily> families = new ArrayList<>(List.of(ModelDescription.FAMILY));
        ServiceLoader.load(NetworkFamily.class, Network.class.getClassLoader()).forEach(families::add);
        ServiceLoader.load(NetworkFamily.class).forEach(families::add);
        String name = ModelDescription.architecture(metadata);
        return families.stream().filter(family -> family.architectures().contains(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown architecture \"" + name + "\"; known are "
                        + families.stream().flatMap(family -> family.architectures().stream()).distinct()
                                .collect(Collectors.joining(", "))))
                .create(metadata, weights, device);
    }
}
