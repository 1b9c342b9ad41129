package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import thaw.finetune.images.Transforms;
import thaw.resnet.Architecture;

/** Options that select a network in a weight file, and the normalisation of its images. */
final class WeightOptions {

    private static final int COLOURS = 3;

    @Option(names = "--weights-key", paramLabel = "KEY",
            description = "Checkpoint key of the weights (default: the model's).")
    private @Nullable String key;

    @Option(names = "--prefix", paramLabel = "PREFIX",
            description = "Name prefix of the network (default: the first's).")
    private @Nullable String prefix;

    @Mixin
    private VariantOption variantOption;

    @Option(names = "--mean", paramLabel = "R,G,B", split = ",", hideParamSyntax = true,
            description = "Mean of samples from 0 to 1 (default: from the weights' config.json, else ImageNet's).")
    private @Nullable List<Float> mean;

    @Option(names = "--std", paramLabel = "R,G,B", split = ",", hideParamSyntax = true,
            description = "Their standard deviation (default: likewise).")
    private @Nullable List<Float> std;

    /** Reads the selected network. */
    Pretrained read(Path file, @Nullable String archName) throws IOException {
        return Pretrained.read(file, archName, key, prefix, variantOption.variants());
    }

    /** @throws Failure if {@code --weights-key} or {@code --prefix} is given */
    void requireNoWeights() {
        if (key != null || prefix != null) {
            throw new Failure("--weights-key and --prefix select weights in a file; give --weights FILE too");
        }
    }

    Architecture inVariant(Architecture architecture) {
        return variantOption.of(architecture);
    }

    /** The transforms with the given mean and standard deviation, or their own. */
    Transforms normalize(Transforms transforms) {
        try {
            return transforms.normalize(colours("--mean", mean, transforms.mean()), colours("--std", std, transforms.std()));
        } catch (IllegalArgumentException wrong) {
            throw new Failure("--mean and --std: " + wrong.getMessage(), wrong);
        }
    }

    private static List<Float> colours(String option, @Nullable List<Float> given, List<Float> otherwise) {
        if (given == null) {
            return otherwise;
        }
        if (given.size() != 1 && given.size() != COLOURS) {
            throw new Failure(option + ": expected three numbers separated by commas (red, green, blue), or one for all, got "
                    + given);
        }
        return given.size() == 1 ? Collections.nCopies(COLOURS, given.get(0)) : given;
    }

    @Nullable
    String key() {
        return key;
    }

    @Nullable
    String prefix() {
        return prefix;
    }

    boolean isGiven() {
        return key != null || prefix != null || mean != null || std != null || !variantOption.variants().isEmpty();
    }
}
