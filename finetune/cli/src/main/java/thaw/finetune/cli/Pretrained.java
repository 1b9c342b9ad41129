package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.predict.PretrainedConfig;
import thaw.resnet.Architecture;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;
import thaw.resnet.Variant;

/**
 * A network selected from a weight file.
 *
 * @param file    the weight file, for messages
 * @param network the selected network
 * @param config  the image preparation that the file states
 * @param notes   lines for the user: the other choices in the file, and the tensors that were not loaded
 */
record Pretrained(Path file, NetworkWeights network, PretrainedConfig config, List<String> notes) {

    private static final int COLOURS = 3;
    private static final int NAMED = 5;

    /**
     * Reads a weight file and selects a network.
     *
     * @param name     the architecture's name; null to infer it from the weights
     * @param key      the key of the state dict in a checkpoint; null for the default one
     * @param prefix   the prefix of the network's tensor names; null for the first network
     * @param variants variants in addition to those stated in the file
     * @throws Failure if the weights are of another architecture, or of none
     */
    static Pretrained read(Path file, @Nullable String name, @Nullable String key, @Nullable String prefix, Set<Variant> variants)
            throws IOException {
        Architecture wanted = name == null ? null : Architectures.byName(name);
        Weights weights = key == null ? Weights.read(file) : Weights.read(file, key);
        try {
            NetworkWeights found = prefix == null ? first(weights, wanted) : NetworkWeights.in(weights, prefix);
            String is = found.architecture().name();
            if (wanted != null && !wanted.name().equals(is)) {
                throw new Failure(file + ": holds weights of " + is + ", not of " + wanted.name() + "; give --arch " + is
                        + " or other weights");
            }
            NetworkWeights inVariant = found.with(variants).with(wanted == null ? Set.of() : wanted.variants());
            return new Pretrained(file, inVariant, PretrainedConfig.of(weights.metadata()),
                    notes(file, weights, found, key == null, prefix == null));
        } catch (IllegalArgumentException misfit) {
            throw new Failure(file + ": " + misfit.getMessage(), misfit);
        }
    }

    /** The first network of the given architecture, or of any if it is null. */
    private static NetworkWeights first(Weights weights, @Nullable Architecture wanted) {
        return NetworkWeights.allIn(weights).stream()
                .filter(found -> wanted == null || wanted.name().equals(found.architecture().name())).findFirst()
                .orElseGet(() -> NetworkWeights.in(weights));
    }

    private static List<String> notes(Path file, Weights weights, NetworkWeights found, boolean anyKey, boolean anyPrefix) {
        List<String> notes = new ArrayList<>();
        if (anyKey && !weights.otherKeys().isEmpty()) {
            notes.add(file + ": using the weights under " + (weights.key().isEmpty() ? "no key" : quoted(weights.key()))
                    + "; others under " + shortened(weights.otherKeys().stream().map(Pretrained::quoted).toList())
                    + "; --weights-key selects them");
        }
        if (anyPrefix && !found.others().isEmpty()) {
            notes.add(file + ": using the network under " + quoted(found.prefix()) + "; others under "
                    + shortened(found.others().stream().map(Pretrained::quoted).toList()) + "; --prefix selects them");
        }
        if (!found.left().isEmpty()) {
            notes.add(file + ": not loaded: " + left(found));
        }
        found.denseHead().ifPresent(convolution -> notes.add(file + ": " + convolution + " takes the body's feature maps, as in"
                + " networks that predict each pixel; these often dilate their last stages, which the weights do not show. Thaw"
                + " uses strides there, so the features may differ"));
        if (found.hasMergedNorms()) {
            notes.add(file + ": its batch norms are merged into its convolutions: scores are the same, but training beyond the head"
                    + " begins with other features; give weights with batch norms if there are any");
        }
        if (found.inputChannels() == 1) {
            notes.add(file + ": its stem takes grey images; it is adapted to colour images, by their luma");
        } else if (found.inputChannels() != COLOURS) {
            notes.add(file + ": its stem takes images of " + found.inputChannels() + " channels; it is adapted to red, green and"
                    + " blue, taken to be the first three");
        }
        return notes;
    }

    /** The tensors that are not loaded, grouped by module: {@code queue, projector.* (6)}. */
    private static String left(NetworkWeights found) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        found.left().keySet().forEach(name -> counts.merge(place(name, found), 1, Integer::sum));
        return shortened(counts.entrySet().stream()
                .map(place -> place.getKey() + (place.getValue() == 1 ? "" : " (" + place.getValue() + ")")).toList());
    }

    /**
     * The group under which a tensor that is not loaded is listed: the prefix of another network, a module beside or inside
     * this one, or {@code *.name} for a tensor of the network's own modules.
     */
    private static String place(String name, NetworkWeights found) {
        for (String other : found.others()) {
            if (!other.isEmpty() && name.startsWith(other)) {
                return other + "*";
            }
        }
        boolean inside = name.startsWith(found.prefix());
        int end = name.indexOf('.', inside ? found.prefix().length() : 0);
        if (end < 0) {
            return name;
        }
        String module = name.substring(inside ? found.prefix().length() : 0, end + 1);
        return inside && found.stateDict().keySet().stream().anyMatch(own -> own.startsWith(module))
                ? "*" + name.substring(name.lastIndexOf('.')) : name.substring(0, end + 1) + "*";
    }

    private static String shortened(List<String> names) {
        return names.stream().limit(NAMED).collect(Collectors.joining(", "))
                + (names.size() > NAMED ? " and " + (names.size() - NAMED) + " more" : "");
    }

    private static String quoted(String name) {
        return name.isEmpty() ? "no prefix" : "'" + name + "'";
    }

    Architecture architecture() {
        return network.architecture();
    }

    /**
     * The complete network with its head, for colour images.
     *
     * @throws Failure if the stem takes neither 1 nor 3 channels, or there is no head that Thaw supports
     */
    ResNet whole(Device device) {
        if (network.inputChannels() != 1 && network.inputChannels() != COLOURS) {
            throw new Failure(file + ": its stem takes images of " + network.inputChannels() + " channels, images have 3 (red,"
                    + " green, blue); adapt it with thaw train, and evaluate the model that it saves");
        }
        if (network.head().isEmpty()) {
            throw new Failure(file + ": holds a " + architecture() + " without a head that Thaw supports"
                    + (network.left().isEmpty() ? "" : ", and besides " + left(network))
                    + "; train a head with thaw train, and evaluate the model that it saves");
        }
        try {
            return ResNet.fromWeights(network, device).adaptStem(COLOURS);
        } catch (IllegalArgumentException misfit) {
            throw new Failure(file + ": " + misfit.getMessage(), misfit);
        }
    }
}
