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
    DOWNSAMPLE_IN_FIRST_STAGE,

    /**
     * In place of strides, a 2×2 average pool behind the 3×3 convolution, and in place of the stem's maximum pool: timm's
     * {@code aa_layer=nn.AvgPool2d}, the networks {@code resnetaa…} and {@code resnextaa…}.
     */
    AVERAGE_POOL,

    /**
     * In place of strides, a {@linkplain BlurPool2d blur} at every second pixel behind the 3×3 convolution and behind the stem's
     * maximum pool (Zhang 2019): timm's {@code aa_layer=BlurPool2d}, the networks {@code resnetblur…}.
     */
    BLUR_POOL;

    /** Whether a network of this design can be of this variant. */
    boolean fits(Design design) {
        return switch (this) {
            case STRIDE_IN_1X1 -> design.block() != BlockKind.BASIC;
            case AVERAGE_POOL, BLUR_POOL -> design.stem() != Stem.DEEP_CONV_POOL;
            case DOWNSAMPLE_IN_FIRST_STAGE -> true;
        };
    }

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
