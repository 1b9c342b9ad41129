package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import thaw.engine.Device;
import thaw.finetune.images.Transforms;
import thaw.finetune.run.Fingerprint;
import thaw.finetune.run.RunSettings;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

/** Options for the network to train and its pretrained weights. */
final class NetworkOptions {

    /** The command line's and the settings' names of heads. */
    static final Choice<Head> HEADS = new Choice<>(List.of(Head.values()), kind -> kind == Head.LINEAR ? "linear" : "concat");

    @Option(names = "--weights", paramLabel = "FILE", description = "Pretrained weights (default: from scratch).")
    private @Nullable Path weightFile;

    @Option(names = "--arch", paramLabel = "NAME", description = "Architecture (default: the weights').")
    private @Nullable String archName;

    @Mixin
    private WeightOptions weightOptions;

    @Option(names = "--head", paramLabel = "KIND", defaultValue = "linear",
            description = "linear, or concat: fastai's head (default: linear).")
    private Head head;

    /**
     * The network that the options describe.
     *
     * @param pretrained the pretrained network; null to train from scratch
     * @param weights    the options by which {@code pretrained} was selected
     */
    record Start(@Nullable Pretrained pretrained, Architecture architecture, Head head, WeightOptions weights) {

        boolean isPretrained() {
            return pretrained != null;
        }

        ResNet build(Device device, int classes, long seed) {
            try {
                return pretrained == null ? ResNet.of(architecture, head, device, classes, seed)
                        : pretrained.network().withNewHead(head, classes, device, seed);
            } catch (IllegalArgumentException misfit) {
                throw pretrained == null ? misfit : new Failure(pretrained.file() + ": " + misfit.getMessage(), misfit);
            }
        }

        /** @param side the side of the images, in pixels; null for that of the weights, or else the architecture's native size */
        Transforms transforms(@Nullable Integer side) {
            int usual = Architectures.nativeSize(architecture);
            if (pretrained == null) {
                return weights.normalize(Transforms.of(side == null ? usual : side));
            }
            return weights.normalize(pretrained.config().normalize(
                    Transforms.of(side == null ? pretrained.config().size().orElse(usual) : side)));
        }

        RunSettings.Network describe() throws IOException {
            Path file = pretrained == null ? null : pretrained.file();
            return new RunSettings.Network(architecture.name(), architecture.variants().stream().sorted().toList(),
                    HEADS.spelling().apply(head), file == null ? null : file.toAbsolutePath().normalize().toString(),
                    file == null ? null : Fingerprint.ofFile(file), weights.key(), weights.prefix());
        }
    }

    Start read() throws IOException {
        if (weightFile == null) {
            weightOptions.requireNoWeights();
            if (archName == null) {
                throw new Failure("no network given; give --weights FILE to fine-tune, or --arch NAME to train from scratch");
            }
            return new Start(null, weightOptions.inVariant(Architectures.byName(archName)), head, weightOptions);
        }
        Pretrained pretrained = weightOptions.read(weightFile, archName);
        return new Start(pretrained, pretrained.architecture(), head, weightOptions);
    }
}
