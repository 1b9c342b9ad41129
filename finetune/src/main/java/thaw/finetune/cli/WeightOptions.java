package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import thaw.finetune.images.Transforms;
import thaw.resnet.Architecture;

/** Which network of a weight file is meant, and how images are normalised for it. */
final class WeightOptions {

    private static final int COLOURS = 3;

    @Option(names = "--weights-key", paramLabel = "KEY",
            description = "Where in a checkpoint of several the weights are (default: the model's).")
    private String key;

    @Option(names = "--prefix", paramLabel = "PREFIX",
            description = "What the network's names begin with, where a file has several (default: the first's).")
    private String prefix;

    @Mixin
    private VariantOption variantOption;

    @Option(names = "--mean", paramLabel = "R,G,B", split = ",", hideParamSyntax = true,
            description = "Subtracted from samples of 0 to 1 (default: the weights' config.json's, or ImageNet's).")
    private List<Float> mean;

    @Option(names = "--std", paramLabel = "R,G,B", split = ",", hideParamSyntax = true,
            description = "Divides them then (default: likewise).")
    private List<Float> std;

    /** The network that they choose in a file. */
    Pretrained read(Path file, String archName) throws IOException {
        return Pretrained.read(file, archName, key, prefix, variantOption.variants());
    }

    /** @throws Failure if one is given that chooses among weights */
    void requireNoWeights() {
        if (key != null || prefix != null) {
            throw new Failure("--weights-key and --prefix choose among the weights of a file; give --weights FILE too");
        }
    }

    Architecture inVariant(Architecture architecture) {
        return variantOption.of(architecture);
    }

    /** Transforms with the mean and standard deviation that are given. */
    Transforms normalize(Transforms transforms) {
        try {
            return transforms.normalize(colours("--mean", mean, transforms.mean()), colours("--std", std, transforms.std()));
        } catch (IllegalArgumentException wrong) {
            throw new Failure("--mean and --std: " + wrong.getMessage(), wrong);
        }
    }

    private static List<Float> colours(String option, List<Float> given, List<Float> otherwise) {
        if (given == null) {
            return otherwise;
        }
        if (given.size() != 1 && given.size() != COLOURS) {
            throw new Failure(option + ": expected three numbers with commas between, of red, green and blue, or one for all, got "
                    + given);
        }
        return given.size() == 1 ? Collections.nCopies(COLOURS, given.get(0)) : given;
    }

    String key() {
        return key;
    }

    String prefix() {
        return prefix;
    }

    boolean isGiven() {
        return key != null || prefix != null || mean != null || std != null || !variantOption.variants().isEmpty();
    }
}
