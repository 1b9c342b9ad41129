package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import thaw.engine.Device;
import thaw.finetune.images.Transforms;
import thaw.finetune.run.Fingerprint;
import thaw.finetune.run.RunSettings;
import thaw.finetune.run.RunSetup;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

/** The network to train, and what it knows already. */
final class NetworkOptions {

    enum HeadKind { LINEAR, CONCAT }

    @Option(names = "--weights", paramLabel = "FILE", description = "Pretrained weights (default: from scratch).")
    private Path weightFile;

    @Option(names = "--arch", paramLabel = "NAME", description = "The architecture (default: the weights').")
    private String archName;

    @Mixin
    private WeightOptions weightOptions;

    @Option(names = "--head", paramLabel = "KIND", defaultValue = "linear",
            description = "linear, or concat: fastai's (default: linear).")
    private HeadKind head;

    /**
     * What the options name.
     *
     * @param pretrained null from scratch
     * @param weights    options that chose it
     */
    record Start(Pretrained pretrained, Architecture architecture, HeadKind head, WeightOptions weights) {

        boolean isPretrained() {
            return pretrained != null;
        }

        ResNet build(Device device, int classes, long seed) {
            try {
                return RunSetup.network(architecture, head == HeadKind.CONCAT ? Head.CONCAT_POOL : Head.LINEAR,
                        pretrained == null ? null : pretrained.network(), device, classes, seed);
            } catch (IllegalArgumentException misfit) {
                throw pretrained == null ? misfit : new Failure(pretrained.file() + ": " + misfit.getMessage(), misfit);
            }
        }

        /** @param side of the images; null for the weights', or that which the architecture was made for */
        Transforms transforms(Integer side) {
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
                    Choice.spelling(head), file == null ? null : file.toAbsolutePath().normalize().toString(),
                    file == null ? null : Fingerprint.ofFile(file), weights.key(), weights.prefix());
        }
    }

    Start read() throws IOException {
        if (weightFile == null) {
            weightOptions.requireNoWeights();
            if (archName == null) {
                throw new Failure("which network? give --weights FILE to fine-tune one, or --arch NAME to train from scratch");
            }
            return new Start(null, weightOptions.inVariant(Architectures.byName(archName)), head, weightOptions);
        }
        Pretrained pretrained = weightOptions.read(weightFile, archName);
        return new Start(pretrained, pretrained.architecture(), head, weightOptions);
    }
}
