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

    /** The entries of {@link thaw.engine.io.Weights#read} for ONNX models. */
    private static final String ONNX = "onnx.";
    private static final String STRIDES = ONNX + "strides";

    private static final Pattern STRIDE_IN_STEM = Pattern.compile("(?:^|[ .])conv1(?:\\.0)?=2");
    private static final Pattern STRIDE_IN_BLOCK = Pattern.compile("layer2\\.0\\.conv[12]=2");
    private static final Pattern STRIDE_IN_FIRST = Pattern.compile("layer2\\.0\\.conv1=2");
    private static final Pattern STRIDE_IN_LAYER1 = Pattern.compile("layer1\\.0\\.conv[12]=2");

    private static final Pattern UNEQUAL_STRIDES = Pattern.compile("=-?\\d{1,20}x-?\\d{1,20}");

    private static final int LONGEST_NAME = 200;

    /** A name of timm's within the names of others: {@code hf-hub:timm/resnetaa50.a1h_in1k}, {@code tu-resnetblur18}. */
    private static final Pattern NAME = Pattern.compile("(?:\\w*[:/-])*(\\w+)(?:\\.\\w+)?");

    /** timm's setting of pools in place of strides, and its values. */
    private static final String ANTI_ALIASING = "aa_layer";

    private static final Map<String, Variant> POOLS = Map.of("avg", Variant.AVERAGE_POOL, "avgpool", Variant.AVERAGE_POOL, "blur",
            Variant.BLUR_POOL, "blurpool", Variant.BLUR_POOL);

    private static final String DILATED = "whose last stages dilate their convolutions in place of strides";

    /** The entries that state the activation; elsewhere it may be that of another part, such as a text encoder. */
    private static final Set<String> ACTIVATIONS = Set.of(CONFIG + "hidden_act", CONFIG + "model_args.act_layer");

    /** The entries of MMCV and MMEngine that hold their configuration, as Python text. */
    private static final List<String> CONFIGURATIONS = List.of("meta.config", "meta.cfg");

    private static final Pattern CAFFE_STYLE = Pattern.compile("\\bstyle\\s*=\\s*['\"]caffe['\"]");

    /** The last stages keep the size of the second or third, as in DeepLab. */
    private static final Pattern DILATED_STRIDES = Pattern.compile(
            "\\bstrides\\s*=\\s*[(\\[]\\s*1\\s*,\\s*2\\s*,\\s*[12]\\s*,\\s*1\\b");

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
        if (isTrue(metadata, "downsample_in_bottleneck") || isConfigured(metadata, CAFFE_STYLE)) {
            found.add(Variant.STRIDE_IN_1X1);
        }
        if (isTrue(metadata, "downsample_in_first_stage")) {
            found.add(Variant.DOWNSAMPLE_IN_FIRST_STAGE);
        }
        found.addAll(strides(metadata.getOrDefault(STRIDES, "")));
        metadata.forEach((entry, value) -> {
            Matcher name = NAME.matcher(value.length() <= LONGEST_NAME ? value : "");
            if (name.matches()) {
                Architecture.find(name.group(1)).ifPresent(architecture -> found.addAll(architecture.variants()));
            }
            if (setting(entry).equals(ANTI_ALIASING)) {
                Optional.ofNullable(POOLS.get(value.toLowerCase(Locale.ROOT))).ifPresent(found::add);
            }
        });
        return found;
    }

    /** The variants that show in the strides of an ONNX graph's convolutions: {@code conv1=2 layer2.0.conv2=2}. */
    private static Set<Variant> strides(String convolutions) {
        Set<Variant> found = EnumSet.noneOf(Variant.class);
        if (STRIDE_IN_FIRST.matcher(convolutions).find()) {
            found.add(Variant.STRIDE_IN_1X1);
        }
        if (STRIDE_IN_LAYER1.matcher(convolutions).find()) {
            found.add(Variant.DOWNSAMPLE_IN_FIRST_STAGE);
        }
        return found;
    }

    private static void requireComputable(Map<String, String> metadata) {
        metadata.forEach((entry, value) -> {
            String difference = difference(entry, value.toLowerCase(Locale.ROOT));
            if (difference == null && entry.equals(STRIDES) && STRIDE_IN_STEM.matcher(value).find()
                    && !STRIDE_IN_BLOCK.matcher(value).find()
                    && !metadata.containsKey(ModelDescription.VARIANT)) {
                difference = "without strides in the blocks of its second stage, in whose place it may have pools or dilations";
            }
            if (difference == null && CONFIGURATIONS.contains(entry) && DILATED_STRIDES.matcher(value).find()) {
                difference = DILATED;
            }
            if (difference != null) {
                throw new IllegalArgumentException("these weights are of a network " + difference + " (stated by " + entry + " in the"
                        + " file); Thaw doesn't compute that, and in the usual network with the same tensors the scores would be"
                        + " wrong; use weights of one of " + Architecture.names() + " as torchvision computes them");
            }
        });
    }

    /** Settings of timm, torchvision, DETR and transformers; null if it is none, or has the usual value. */
    private static String difference(String entry, String value) {
        return switch (setting(entry)) {
            case "output_stride" -> value.equals("8") || value.equals("16") ? DILATED : null;
            case "replace_stride_with_dilation" -> value.contains("true") ? DILATED : null;
            case "dilations" -> entry.equals(ONNX + "dilations") ? DILATED : null;
            case "strides" -> entry.equals(STRIDES) ? unequalStrides(value) : null;
            case "dilation" -> value.equals("true") ? DILATED : null;
            case ANTI_ALIASING -> value.isEmpty() || value.equals("none") || POOLS.containsKey(value) ? null
                    : "with the pool \"" + value + "\" in place of strides";
            case "act_layer", "hidden_act" -> value.equals("relu") || !ACTIVATIONS.contains(entry) ? null
                    : "with the activation \"" + value + "\" in place of ReLU";
            default -> null;
        };
    }

    /** The first strides that differ down and across, such as {@code conv1=2x1} of {@code conv1=2x1 layer2.0.conv2=2}; null without any. */
    private static String unequalStrides(String value) {
        Matcher unequal = UNEQUAL_STRIDES.matcher(value);
        if (!unequal.find()) {
            return null;
        }
        int name = Math.max(value.lastIndexOf(' ', unequal.start()) + 1, unequal.start() - LONGEST_NAME);
        return "with strides that differ down and across, " + value.substring(name, unequal.end());
    }

    private static String setting(String entry) {
        return entry.substring(entry.lastIndexOf('.') + 1);
    }

    private static boolean isConfigured(Map<String, String> metadata, Pattern setting) {
        return CONFIGURATIONS.stream().map(metadata::get).anyMatch(text -> text != null && setting.matcher(text).find());
    }

    private static boolean isTrue(Map<String, String> metadata, String entry) {
        return "true".equalsIgnoreCase(metadata.get(CONFIG + entry));
    }
}
