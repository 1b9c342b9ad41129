package thaw.resnet;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A way in which a network computes with the same tensors as the usual one of its name. Tensors alone don't tell which is meant:
 * the file's description does, or the user.
 */
public enum Variant {

    /**
     * A bottleneck has its stride on the first 1×1 convolution, as in He et al. 2016, in place of the 3×3 one: "ResNet v1",
     * Caffe's and Detectron's weights, MMPretrain's {@code style='caffe'}, transformers' {@code downsample_in_bottleneck}.
     */
    STRIDE_IN_1X1,

    /** The first stage halves the image too: transformers' {@code downsample_in_first_stage}. */
    DOWNSAMPLE_IN_FIRST_STAGE;

    /** In a file's metadata: {@code stride_in_1x1}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads {@link #labels} back.
     *
     * @throws IllegalArgumentException naming the known ones, if one is unknown
     */
    static Set<Variant> byLabels(String labels) {
        Set<Variant> found = EnumSet.noneOf(Variant.class);
        for (String label : labels.split(",")) {
            found.add(Arrays.stream(values()).filter(v -> v.label().equals(label.strip())).findFirst().orElseThrow(() ->
                    new IllegalArgumentException("unknown variant \"" + label + "\"; known are " + labels(Set.of(values())))));
        }
        return found;
    }

    /** Several of them, with commas between, in the order in which they are declared. */
    static String labels(Set<Variant> variants) {
        return variants.stream().sorted().map(Variant::label).collect(Collectors.joining(","));
    }
}
