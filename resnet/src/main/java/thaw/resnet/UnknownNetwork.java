package thaw.resnet;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import thaw.engine.io.StoredTensor;

/** Describes weights that contain no known network, for messages. */
final class UnknownNetwork {

    private static final Pattern FIRST_BLOCK = Pattern.compile("(.*?)layer1\\.0\\.conv1\\.weight");
    private static final Pattern IN_BLOCK = Pattern.compile("layer(\\d+)\\.(\\d+)\\.(\\w+)\\..*");

    private UnknownNetwork() {
    }

    static String describe(Map<String, ? extends StoredTensor> weights) {
        Optional<String> prefix = weights.keySet().stream().map(FIRST_BLOCK::matcher).filter(Matcher::matches)
                .map(m -> m.group(1)).findFirst();
        if (prefix.isEmpty()) {
            return "these are not weights of a residual network: there is no " + ResNet.STEM + ".weight followed by layer1.0"
                    + (weights.isEmpty() ? "" : ", but " + weights.keySet().iterator().next())
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
        if (network.containsKey("conv1.0.weight")) {
            return "a stem of several convolutions (ResNet-C, timm's resnet50c)";
        }
        Optional<String> foreign = network.keySet().stream().map(IN_BLOCK::matcher).filter(Matcher::matches)
                .filter(m -> !m.group(3).matches("conv[123]|bn[123]|downsample|total_ops|total_params"))
                .map(m -> "layer" + m.group(1) + "." + m.group(2) + "." + m.group(3)).findFirst();
        if (foreign.isPresent()) {
            return "a module of another kind in its blocks, " + foreign.get()
                    + (foreign.get().endsWith(".se") ? " (squeeze and excitation)" : "");
        }
        StoredTensor stem = network.get(ResNet.STEM + ".weight");
        return stages(network) + (stem == null ? "" : " blocks and a stem of " + stem.shape());
    }

    /** The number of blocks of each stage, such as {@code 3, 4, 6, 3}. */
    private static String stages(Map<String, StoredTensor> network) {
        Map<String, Long> blocks = network.keySet().stream().filter(name -> name.matches("layer\\d+\\.\\d+\\.conv1\\.weight"))
                .collect(Collectors.groupingBy(name -> name.substring(0, name.indexOf('.')), TreeMap::new,
                        Collectors.counting()));
        return blocks.values().stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
