package thaw.resnet;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A different computation with the same tensors as the usual network of an architecture. Tensors alone do not show a variant:
 * it is stated by the file's description, or by the user.
 */
public enum Variant {

    /**
     * Bottlenecks have their stride in the first 1×1 convolution, as in He et al. 2016, instead of the 3×3 one: "ResNet v1",
     * Caffe's and Detectron's weights, MMPretrain's {@code style='caffe'}, transformers' {@code downsample_in_bottleneck}.
     */
    STRIDE_IN_1X1,

    /** The first stage halves the image as well: transformers' {@code downsample_in_first_stage}. */
    DOWNSAMPLE_IN_FIRST_STAGE;

    /** The name in a file's metadata, such as {@code stride_in_1x1}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Parses {@link #labels}.
     *
     * @throws IllegalArgumentException naming the known labels, if one is unknown
     */
    static Set<Variant> byLabels(String labels) {
        Set<Variant> found = EnumSet.noneOf(Variant.class);
        for (String label : labels.split(",")) {
            found.add(Arrays.stream(values()).filter(v -> v.label().equals(label.strip())).findFirst().orElseThrow(
                    () -> new IllegalArgumentException("unknown variant \"" + label + "\"; known are " + labels(Set.of(values())))));
        }
        return found;
    }

    /** The labels of several variants, comma-separated, in the order of declaration. */
    static String labels(Set<Variant> variants) {
        return variants.stream().sorted().map(Variant::label).collect(Collectors.joining(","));
    }
}
