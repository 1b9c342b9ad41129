package thaw.resnet;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A weight file's own description of its network, for properties that its tensors do not show. It is read from the metadata
 * of Thaw's files, from {@code arch} in the checkpoints of timm and of PyTorch's ImageNet example, from the
 * {@code config.json} of timm and transformers, and from MMPretrain's configuration.
 */
final class StatedNetwork {

    private static final String CONFIG = "config.";

    /** timm's networks that blur or average after each strided convolution, which needs no parameters. */
    private static final String ANTI_ALIASED = "resnet(aa|blur)\\d+.*";

    private static final String CAFFE_STYLE = "(?s).*\\bstyle\\s*=\\s*['\"]caffe['\"].*";

    private StatedNetwork() {
    }

    /**
     * The variants that the file states.
     *
     * @throws IllegalArgumentException if it states a network with the same tensors that Thaw cannot compute
     */
    static Set<Variant> variants(Map<String, String> metadata) {
        requireComputable(metadata);
        Set<Variant> found = EnumSet.noneOf(Variant.class);
        if (metadata.containsKey(ModelDescription.VARIANT)) {
            found.addAll(Variant.byLabels(metadata.get(ModelDescription.VARIANT)));
        }
        if (isTrue(metadata, "downsample_in_bottleneck") || metadata.getOrDefault("meta.config", "").matches(CAFFE_STYLE)) {
            found.add(Variant.STRIDE_IN_1X1);
        }
        if (isTrue(metadata, "downsample_in_first_stage")) {
            found.add(Variant.DOWNSAMPLE_IN_FIRST_STAGE);
        }
        return found;
    }

    private static void requireComputable(Map<String, String> metadata) {
        Stream.of("arch", ModelDescription.ARCHITECTURE, CONFIG + ModelDescription.ARCHITECTURE).map(metadata::get)
                .filter(name -> name != null && name.matches(ANTI_ALIASED)).findFirst().ifPresent(name -> {
                    throw new IllegalArgumentException("these weights are of " + name + ", which blurs or averages where it"
                            + " halves the image; Thaw doesn't compute that, and the plain network with the same tensors would"
                            + " give wrong scores; use weights of one of " + Architecture.names());
                });
        String activation = metadata.getOrDefault(CONFIG + "hidden_act", "relu");
        if (!activation.equals("relu")) {
            throw new IllegalArgumentException("these weights are of a network with the activation \"" + activation
                    + "\" (hidden_act in its config.json); Thaw computes only ReLU; use weights of a network with ReLU");
        }
    }

    private static boolean isTrue(Map<String, String> metadata, String entry) {
        return "true".equalsIgnoreCase(metadata.get(CONFIG + entry));
    }
}
