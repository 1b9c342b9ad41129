package thaw.resnet;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How finely a network is divided into layer groups. */
public enum Grain {

    /** {@code early} (stem to layer2 of 4, stem to layer1 of 3), {@code middle} (the rest of the body) and {@code head}. */
    COARSE,

    /** {@code stem}, {@code layer1} and so on, {@code head}. */
    STAGES;

    /** The groups in order, each with the names of the network's direct children that are in it. */
    Map<String, List<String>> split(Architecture architecture) {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        List<String> stem = new ArrayList<>(List.of(ResNet.STEM, "bn1", "relu"));
        if (architecture.family().hasMaxPool()) {
            stem.add("maxpool");
        }
        groups.put(this == COARSE ? "early" : "stem", stem);
        for (int i = 1; i <= architecture.stages(); i++) {
            String group = this == STAGES ? "layer" + i : i <= architecture.stages() / 2 ? "early" : "middle";
            groups.computeIfAbsent(group, name -> new ArrayList<>()).add("layer" + i);
        }
        groups.put("head", List.of("avgpool", "flatten", ResNet.CLASSIFIER));
        return groups;
    }
}
