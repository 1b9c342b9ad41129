package thaw.resnet;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import thaw.engine.io.StoredTensor;

/**
 * What the tensors of a ResNet are called by others, as torchvision and this package call them. timm's names are
 * torchvision's.
 */
public final class WeightNames {

    private record Rule(Pattern other, Function<MatchResult, String> name) {
    }

    private static final List<Rule> RULES = List.of(
            // Hugging Face transformers: ResNetForImageClassification, and ResNetModel without the first "resnet."
            rule("(?:resnet\\.)?embedder\\.embedder\\.(convolution|normalization)\\.(\\w+)",
                    m -> layer(m.group(1)) + "1." + m.group(2)),
            rule("(?:resnet\\.)?encoder\\.stages\\.(\\d+)\\.layers\\.(\\d+)\\.layer\\.(\\d+)\\."
                    + "(convolution|normalization)\\.(\\w+)",
                    m -> block(m) + layer(m.group(4)) + (number(m, 3) + 1) + "." + m.group(5)),
            rule("(?:resnet\\.)?encoder\\.stages\\.(\\d+)\\.layers\\.(\\d+)\\.shortcut\\.(convolution|normalization)\\.(\\w+)",
                    m -> block(m) + "downsample." + (m.group(3).equals("convolution") ? 0 : 1) + "." + m.group(4)),
            rule("classifier\\.1\\.(\\w+)", m -> ResNet.CLASSIFIER + "." + m.group(1)),
            // the widely used CIFAR-10 networks
            rule("linear\\.(\\w+)", m -> ResNet.CLASSIFIER + "." + m.group(1)));

    private WeightNames() {
    }

    /** The canonical name; {@code name} itself if no other is known. */
    public static String canonical(String name) {
        for (Rule rule : RULES) {
            Matcher m = rule.other.matcher(name);
            if (m.matches()) {
                return rule.name.apply(m);
            }
        }
        return name;
    }

    /**
     * The same tensors under their canonical names, in the same order.
     *
     * @throws IllegalArgumentException if two of them have the same canonical name
     */
    public static Map<String, StoredTensor> canonical(Map<String, ? extends StoredTensor> weights) {
        Map<String, StoredTensor> renamed = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> {
            if (renamed.put(canonical(name), tensor) != null) {
                throw new IllegalArgumentException("weights: \"" + name + "\" stands for " + canonical(name)
                        + ", which is there under another name too; is this more than one network?");
            }
        });
        return renamed;
    }

    private static Rule rule(String other, Function<MatchResult, String> name) {
        return new Rule(Pattern.compile(other), name);
    }

    private static String block(MatchResult m) {
        return "layer" + (number(m, 1) + 1) + "." + m.group(2) + ".";
    }

    private static String layer(String kind) {
        return kind.equals("convolution") ? "conv" : "bn";
    }

    private static int number(MatchResult m, int group) {
        return Integer.parseInt(m.group(group));
    }
}
