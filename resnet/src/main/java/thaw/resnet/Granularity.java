package thaw.resnet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import thaw.engine.nn.Module;

/** The granularity at which a network is divided into layer groups. */
public enum Granularity {

    /**
     * fastai's three groups: {@code early} (stem to layer2 of 4 stages, stem to layer1 of 3), {@code middle} (the rest of
     * the body) and {@code head}.
     */
    COARSE("3"),

    /** {@code stem}, {@code layer1} and so on for each stage, {@code head}. */
    STAGES("stages"),

    /** {@code stem}, {@code layer1.0} and so on for each residual block, {@code head}: timm's groups for layer-wise decay. */
    BLOCKS("blocks");

    private final String label;

    Granularity(String label) {
        this.label = label;
    }

    /** The name in options and files: {@code 3}, {@code stages}, {@code blocks}. */
    public String label() {
        return label;
    }

    /**
     * The granularity of this label.
     *
     * @throws IllegalArgumentException naming the known labels, if there is none of this label
     */
    public static Granularity byLabel(String label) {
        return Arrays.stream(values()).filter(g -> g.label.equals(label)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown granularity of layer groups \"" + label + "\"; known are "
                        + Arrays.stream(values()).map(Granularity::label).collect(Collectors.joining(", "))));
    }

    /** The layer groups of a network, in order. */
    List<LayerGroup> groups(ResNet net) {
        return split(net.architecture()).entrySet().stream().map(group -> {
            Map<String, Module> modules = new LinkedHashMap<>();
            for (String path : group.getValue()) {
                Module module = net;
                for (String name : path.split("\\.")) {
                    module = module.children().get(name);
                }
                modules.put(path, module);
            }
            return new LayerGroup(group.getKey(), modules);
        }).toList();
    }

    /** The groups in order, each with the names of its modules; a block's name is {@code layer1.0}. */
    Map<String, List<String>> split(Architecture architecture) {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        List<String> stem = new ArrayList<>(List.of(ResNet.STEM, "bn1", "relu"));
        if (architecture.design().stem().hasPool()) {
            stem.add("maxpool");
        }
        groups.put(this == COARSE ? "early" : "stem", stem);
        for (int i = 1; i <= architecture.stages(); i++) {
            String stage = "layer" + i;
            switch (this) {
                case COARSE -> groups.computeIfAbsent(i <= architecture.stages() / 2 ? "early" : "middle",
                        name -> new ArrayList<>()).add(stage);
                case STAGES -> groups.put(stage, List.of(stage));
                case BLOCKS -> {
                    for (int j = 0; j < architecture.depths().get(i - 1); j++) {
                        groups.put(stage + "." + j, List.of(stage + "." + j));
                    }
                }
            }
        }
        groups.put("head", List.of("avgpool", "flatten", ResNet.CLASSIFIER));
        return groups;
    }
}
