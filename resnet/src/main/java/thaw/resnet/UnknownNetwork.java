package thaw.resnet;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import thaw.engine.io.StoredTensor;

/** Describes weights that contain no known network, for messages. */
final class UnknownNetwork {

    private static final Pattern FIRST_BLOCK = Pattern.compile("(.*?)layer1\\.0\\.conv1\\.weight");
    private static final Pattern IN_PLACE = Pattern.compile(
            "(?:.*\\.)?conv1\\.(?:weight_orig|weight_v|parametrizations\\..*|base_layer\\..*)");
    private static final Pattern IN_BLOCK = Pattern.compile("layer(\\d+)\\.(\\d+)\\.(\\w+)\\..*");

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
            if (weights.keySet().stream().anyMatch(name -> name.endsWith(NamingScheme.TRANSFORMERS.stem()))) {
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
        if (network.keySet().stream().anyMatch(name -> name.matches("layer\\d+\\.0\\.downsample\\.1\\.weight")
                && network.get(name).shape().rank() == 4)) {
            return "average pools in its shortcuts (ResNet-D, timm's resnet50d)";
        }
        if (network.containsKey("conv1.0.weight") || network.containsKey("conv2.weight")) {
            return "a stem of several convolutions (ResNet-C, timm's resnet50c, CLIP)";
        }
        Optional<String> foreign = network.keySet().stream().map(IN_BLOCK::matcher).filter(Matcher::matches)
                .filter(m -> !m.group(3).matches("conv[123]|bn[123]|downsample|total_ops|total_params"))
                .map(m -> "layer" + m.group(1) + "." + m.group(2) + "." + m.group(3)).findFirst();
        if (foreign.isPresent()) {
            return "a module of another kind in its blocks, " + foreign.get()
                    + (foreign.get().endsWith(".se") ? " (squeeze and excitation)" : "");
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

    /** The first tensor of the stages that {@code known} lacks, of a network that has all of its layers and no more blocks. */
    private static Optional<String> beyond(Architecture known, Map<String, StoredTensor> network) {
        StoredTensor stem = network.get(ResNet.STEM + ".weight");
        if (stem == null || stem.shape().rank() != 4) {
            return Optional.empty();
        }
        Set<String> modules = new HashSet<>();
        for (Layer layer : Outline.of(known, stem.shape().dim(1), Head.LINEAR, 1, 1, 1).layers()) {
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
