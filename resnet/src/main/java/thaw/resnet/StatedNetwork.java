package thaw.resnet;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A weight file's own description of its network: what its tensors leave open. Read from the metadata of Thaw's files, from a
 * program's settings in a checkpoint ({@code arch}, {@code args.model}, {@code hyper_parameters.output_stride}), from the
 * {@code config.json} of timm and transformers, and from the configuration of MMPretrain and its like.
 */
final class StatedNetwork {

    private static final String CONFIG = "config.";

    private static final int LONGEST_NAME = 200;

    /** timm's networks that blur or average behind each convolution with a stride, which needs no parameters. */
    private static final Pattern ANTI_ALIASED = Pattern.compile("(?:\\w*[:/-])*(resnet(?:aa|blur)\\d+\\w*)(?:\\.\\w+)?");

    /** Where MMCV and MMEngine keep their configuration, as Python text. */
    private static final List<String> CONFIGURATIONS = List.of("meta.config", "meta.cfg");

    private static final Pattern CAFFE_STYLE = Pattern.compile("\\bstyle\\s*=\\s*['\"]caffe['\"]");

    /** The last stages keep the size of the second or third, as in DeepLab. */
    private static final Pattern DILATED_STRIDES = Pattern.compile("\\bstrides\\s*=\\s*[(\\[]\\s*1\\s*,\\s*2\\s*,\\s*[12]\\s*,\\s*1\\b");

    private StatedNetwork() {
    }

    /**
     * The variants that the file states.
     *
     * @throws IllegalArgumentException if it states a network of the same tensors that isn't computed here
     */
    static Set<Variant> variants(Map<String, String> metadata) {
        requireComputable(metadata);
        Set<Variant> found = EnumSet.noneOf(Variant.class);
        if (metadata.containsKey(ModelDescription.VARIANT)) {
            found.addAll(Variant.byLabels(metadata.get(ModelDescription.VARIANT)));
        }
        if (isTrue(metadata, "downsample_in_bottleneck") || isConfigured(metadata, CAFFE_STYLE)) {
            found.add(Variant.STRIDE_IN_1X1);
        }
        if (isTrue(metadata, "downsample_in_first_stage")) {
            found.add(Variant.DOWNSAMPLE_IN_FIRST_STAGE);
        }
        return found;
    }

    private static void requireComputable(Map<String, String> metadata) {
        metadata.values().stream().filter(text -> text.length() <= LONGEST_NAME).map(ANTI_ALIASED::matcher).filter(Matcher::matches).findFirst().ifPresent(found -> {
            throw new IllegalArgumentException("these weights are of " + found.group(1) + ", which blurs or averages where it"
                    + " halves the image; Thaw doesn't compute that, and in the plain network with the same tensors the"
                    + " scores would be wrong; use weights of one of " + Architecture.names());
        });
        metadata.entrySet().stream().filter(StatedNetwork::isDilation).map(Map.Entry::getKey).findFirst()
                .or(() -> isConfigured(metadata, DILATED_STRIDES) ? Optional.of("its configuration") : Optional.empty())
                .ifPresent(entry -> {
                    throw new IllegalArgumentException("these weights are of a network whose last stages dilate their convolutions"
                            + " in place of strides (so says " + entry + "); Thaw computes strides alone, and with the same tensors"
                            + " the features would be others; use weights of a network for classification");
                });
        String activation = metadata.getOrDefault(CONFIG + "hidden_act", "relu");
        if (!activation.equals("relu")) {
            throw new IllegalArgumentException("these weights are of a network with the activation \"" + activation
                    + "\" (hidden_act in its config.json); Thaw computes ReLU alone; use weights of a network with ReLU");
        }
    }

    /** {@code output_stride} of timm, {@code replace_stride_with_dilation} of torchvision, {@code dilation} of DETR. */
    private static boolean isDilation(Map.Entry<String, String> entry) {
        String value = entry.getValue().toLowerCase(Locale.ROOT);
        return switch (entry.getKey().substring(entry.getKey().lastIndexOf('.') + 1)) {
            case "output_stride" -> value.equals("8") || value.equals("16");
            case "replace_stride_with_dilation" -> value.contains("true");
            case "dilation" -> value.equals("true");
            default -> false;
        };
    }

    private static boolean isConfigured(Map<String, String> metadata, Pattern setting) {
        return CONFIGURATIONS.stream().map(metadata::get).anyMatch(text -> text != null && setting.matcher(text).find());
    }

    private static boolean isTrue(Map<String, String> metadata, String entry) {
        return "true".equalsIgnoreCase(metadata.get(CONFIG + entry));
    }
}
