package thaw.resnet;

import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;

/** Describes weights that contain no known network, for messages. */
final class UnknownNetwork {

    private static final Pattern FIRST_BLOCK = Pattern.compile("(.*?)layer1\\.0\\.conv1\\.weight");
    private static final Pattern IN_PLACE = Pattern.compile(
            "(?:.*\\.)?conv1\\.(?:weight_orig|weight_v|parametrizations\\..*|base_layer\\..*)");
    private static final Pattern IN_BLOCK = Pattern.compile("layer(\\d+)\\.(\\d+)\\.(\\w+)\\..*");

    /** The names of tensors that blocks of known networks have. */
    private static final Pattern OWN = Pattern
            .compile("layer\\d+\\.\\d+\\.(?:(?:conv|bn)[123]|downsample\\.[012]|se\\.(?:fc[12]|conv))\\.\\w+");

    private static final String CONVOLUTIONS = "(?:conv1|maxpool|layer\\d+)\\..*weight";

    /** Parts that some known networks have, by the names of their weights. */
    private static final Map<String, String> PARTS = new LinkedHashMap<>();

    static {
        PARTS.put("squeeze-excitation", "layer\\d+\\.\\d+\\.se\\.fc1\\.weight");
        PARTS.put("efficient channel attention", "layer\\d+\\.\\d+\\.se\\.conv\\.weight");
        PARTS.put("average pools in shortcuts", "layer\\d+\\.\\d+\\.downsample\\.1\\.weight");
        PARTS.put("a stem of several convolutions", "conv1\\.0\\.weight");
        PARTS.put("a convolution in place of the stem's pool", "maxpool\\.0\\.weight");
    }

    private UnknownNetwork() {
    }

    static String describe(Map<String, ? extends StoredTensor> weights) {
        Optional<String> prefix = weights.keySet().stream().map(FIRST_BLOCK::matcher).filter(Matcher::matches)
                .map(m -> m.group(1)).findFirst();
        if (prefix.isEmpty()) {
            Optional<String> instead = weights.keySet().stream().filter(name -> IN_PLACE.matcher(name).matches()).findFirst();
            if (instead.isPresent()) {
                return "its convolutions have " + instead.get() + " in place of a weight: pruned, reparametrised, or with adapters"
                        + " (LoRA); in PyTorch, merge that into the weights first (torch.nn.utils.prune.remove,"
                        + " remove_parametrizations, merge_and_unload), and save the state_dict again";
            }
            if (weights.keySet().stream().anyMatch(name -> name.endsWith(NamingScheme.TRANSFORMERS.stems().get(0)))) {
                return "these are weights of a residual network under transformers' names, of other depths or widths than Thaw"
                        + " computes; it computes " + Architecture.names();
            }
            return "these are not weights of a residual network: there is no layer1.0.conv1.weight with a " + ResNet.STEM
                    + ".weight beside it" + (weights.isEmpty() ? "" : ", but " + weights.keySet().iterator().next())
                    + "; known are the names of torchvision, timm, Hugging Face transformers, fastai and the CIFAR-10 networks,"
                    + " under any prefix, and the architectures " + Architecture.names();
        }
        Map<String, StoredTensor> inside = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> {
            if (name.startsWith(prefix.get())) {
                inside.put(name.substring(prefix.get().length()), tensor);
            }
        });
        return "these are weights of a residual network with " + difference(inside) + ", which Thaw doesn't compute; it computes "
                + Architecture.names();
    }

    private static String difference(Map<String, StoredTensor> network) {
        if (network.containsKey("conv2.weight")) {
            return "a stem of several convolutions under CLIP's names: conv2.weight";
        }
        Optional<String> foreign = network.keySet().stream().filter(name -> IN_BLOCK.matcher(name).matches()
                && !OWN.matcher(name).matches()).findFirst();
        if (foreign.isPresent()) {
            return "a module of another kind in its blocks: " + foreign.get();
        }
        Optional<String> width = otherWidth(network);
        if (width.isPresent()) {
            return width.get();
        }
        String parts = PARTS.entrySet().stream().flatMap(part -> network.keySet().stream()
                .filter(name -> name.matches(part.getValue()) && network.get(name).shape().rank() > 2).limit(1)
                .map(name -> part.getKey() + ": " + name)).collect(Collectors.joining(", "));
        if (!parts.isEmpty()) {
            return parts + ", in " + stages(network) + " blocks";
        }
        for (Architecture known : Architecture.all()) {
            Optional<String> more = beyond(known, network);
            if (more.isPresent()) {
                return "more than a " + known.name() + " has, " + more.get();
            }
        }
        StoredTensor stem = network.get(ResNet.STEM + ".weight");
        return stages(network) + (stem == null ? "" : " blocks and a stem of " + stem.shape());
    }

    /** The first convolution of another shape than in the nearest of the networks that have convolutions of the same names. */
    private static Optional<String> otherWidth(Map<String, StoredTensor> network) {
        Set<String> given = network.keySet().stream().filter(name -> name.matches(CONVOLUTIONS) && network.get(name).shape().rank() == 4)
                .collect(Collectors.toSet());
        Map<Architecture, List<String>> others = new LinkedHashMap<>();
        for (Architecture known : Architecture.all()) {
            Map<String, Shape> own = known.convolutions(3);
            if (own.keySet().equals(given)) {
                others.put(known, own.keySet().stream().filter(name -> !name.startsWith(ResNet.STEM)
                        && !network.get(name).shape().equals(own.get(name))).toList());
            }
        }
        return others.entrySet().stream().min(Comparator.comparing(other -> other.getValue().size()))
                .filter(nearest -> !nearest.getValue().isEmpty()).map(nearest -> {
                    String name = nearest.getValue().get(0);
                    return "other widths, perhaps by pruning: " + name + " is " + network.get(name).shape() + ", in "
                            + nearest.getKey().name() + " " + nearest.getKey().convolutions(3).get(name);
                });
    }

    /** The first tensor of the stages that {@code known} lacks, of a network that has all of its layers and no more blocks. */
    private static Optional<String> beyond(Architecture known, Map<String, StoredTensor> network) {
        StoredTensor stem = network.get(ResNet.STEM + ".weight");
        if (stem == null || stem.shape().rank() != 4) {
            return Optional.empty();
        }
        Set<String> modules = new HashSet<>();
        for (Layer layer : known.layers(stem.shape().dim(1))) {
            StoredTensor weight = network.get(layer.name() + ".weight");
            if (layer.weight().rank() == 4 && (weight == null || !weight.shape().equals(layer.weight()))) {
                return Optional.empty();
            }
            modules.add(layer.name());
        }
        return network.keySet().stream().filter(name -> name.matches("layer\\d+\\..+")
                && !modules.contains(name.substring(0, name.lastIndexOf('.')))).findFirst()
                .filter(name -> !IN_BLOCK.matcher(name).replaceFirst("$3").matches("conv\\d|bn\\d"));
    }

    /** The number of blocks of each stage, such as {@code 3, 4, 6, 3}. */
    private static String stages(Map<String, StoredTensor> network) {
        Map<String, Long> blocks = network.keySet().stream().filter(name -> name.matches("layer\\d+\\.\\d+\\.conv1\\.weight"))
                .collect(Collectors.groupingBy(name -> name.substring(0, name.indexOf('.')), TreeMap::new,
                        Collectors.counting()));
        return blocks.values().stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
