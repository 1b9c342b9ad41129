package thaw.finetune.predict;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import thaw.finetune.images.ExactSize;
import thaw.finetune.images.Transforms;

/**
 * The image preparation and classes of pretrained weights, read from a {@code config.json} beside the weights: timm's
 * {@code pretrained_cfg} and transformers' {@code id2label}.
 *
 * @param mean          of red, green and blue, for samples from 0 to 1
 * @param std           the standard deviations of red, green and blue
 * @param size          the side of the network's square input, in pixels
 * @param cropFraction  in evaluation, the square's side as a fraction of the resized image's short side
 * @param interpolation the resizing method: {@code bilinear}, {@code bicubic}
 * @param classes       the names in the order of the scores; empty if there are none
 */
public record PretrainedConfig(Optional<List<Float>> mean, Optional<List<Float>> std, Optional<Integer> size,
        Optional<Double> cropFraction, Optional<String> interpolation, List<String> classes) {

    private static final String CONFIG = "config.";
    private static final String LABEL = CONFIG + "id2label.";
    private static final int COLOURS = 3;
    private static final int LARGEST_SIZE = 4096;
    private static final double SMALLEST_CROP = 0.1;

    /** Copies the list. */
    public PretrainedConfig {
        classes = List.copyOf(classes);
    }

    /** Reads the configuration from {@link thaw.engine.io.Weights#metadata}; invalid entries are ignored. */
    public static PretrainedConfig of(Map<String, String> metadata) {
        return new PretrainedConfig(colours(metadata, "mean"), colours(metadata, "std").filter(std -> Collections.min(std) > 0),
                value(metadata, "input_size").map(PretrainedConfig::numbers).filter(size -> size.size() == COLOURS
                        && size.get(1).equals(size.get(2)) && size.get(1) >= 1 && size.get(1) <= LARGEST_SIZE)
                        .map(size -> size.get(1).intValue()),
                value(metadata, "crop_pct").map(PretrainedConfig::numbers).filter(crop -> crop.size() == 1
                        && crop.get(0) >= SMALLEST_CROP && crop.get(0) <= 1).map(crop -> crop.get(0)),
                value(metadata, "interpolation"), classes(metadata));
    }

    /** The given transforms with the mean and standard deviation of the pretrained weights. */
    public Transforms normalize(Transforms transforms) {
        return transforms.normalize(mean.orElse(transforms.mean()), std.orElse(transforms.std()));
    }

    /**
     * Like {@link #normalize}, and with the evaluation's short side before the crop, {@code floor(size / crop_pct)};
     * images of the exact size are resized too. Both are timm's rules.
     */
    public Transforms evaluation(Transforms transforms) {
        Transforms normal = normalize(transforms);
        return cropFraction.map(crop -> normal.resize((int) Math.floor(normal.size() / crop)).exact(ExactSize.RESIZE))
                .orElse(normal);
    }

    private static Optional<String> value(Map<String, String> metadata, String entry) {
        return Stream.of(CONFIG + "pretrained_cfg." + entry, CONFIG + entry).map(metadata::get).filter(text -> text != null)
                .findFirst();
    }

    /** Three numbers, one per colour; a single number applies to all three. */
    private static Optional<List<Float>> colours(Map<String, String> metadata, String entry) {
        return value(metadata, entry).map(PretrainedConfig::numbers).map(numbers -> numbers.stream().map(Double::floatValue)
                .toList()).map(numbers -> numbers.size() == 1 ? Collections.nCopies(COLOURS, numbers.get(0)) : numbers)
                .filter(numbers -> numbers.size() == COLOURS);
    }

    /** Parses {@code [0.5, 0.5, 0.5]} or {@code 0.875}; empty for anything else. */
    private static List<Double> numbers(String text) {
        try {
            List<Double> numbers = Arrays.stream(text.replaceAll("[\\[\\]\\s]", "").split(",")).map(Double::valueOf).toList();
            return numbers.stream().allMatch(Double::isFinite) ? numbers : List.of();
        } catch (NumberFormatException other) {
            return List.of();
        }
    }

    private static List<String> classes(Map<String, String> metadata) {
        Optional<String> names = value(metadata, "label_names");
        if (names.isPresent()) {
            try {
                return JsonNames.read(names.get());
            } catch (IOException other) {
                return List.of();
            }
        }
        List<String> labels = new ArrayList<>();
        while (metadata.containsKey(LABEL + labels.size())) {
            labels.add(metadata.get(LABEL + labels.size()));
        }
        return labels;
    }
}
