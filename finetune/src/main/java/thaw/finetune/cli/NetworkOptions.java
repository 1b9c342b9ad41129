package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import thaw.engine.Device;
import thaw.finetune.run.Fingerprint;
import thaw.finetune.run.RunSettings;
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

    @Option(names = "--head", paramLabel = "KIND", defaultValue = "linear",
            description = "linear, or concat: fastai's (default: linear).")
    private HeadKind head;

    /**
     * What the options name.
     *
     * @param pretrained null from scratch
     * @param file       of the weights, likewise
     */
    record Start(Pretrained pretrained, Path file, Architecture architecture, HeadKind head) {

        boolean isPretrained() {
            return pretrained != null;
        }

        ResNet build(Device device, int classes, long seed) {
            ResNet net = ResNet.of(architecture, device, classes, seed);
            if (head == HeadKind.CONCAT) {
                net.replaceHead(Head.CONCAT_POOL, classes);
            }
            if (pretrained != null) {
                pretrained.loadBody(net);
            }
            return net;
        }

        RunSettings.Network describe() throws IOException {
            return new RunSettings.Network(architecture.name(), Choice.spelling(head),
                    file == null ? null : file.toAbsolutePath().normalize().toString(),
                    file == null ? null : Fingerprint.ofFile(file));
        }
    }

    Start read() throws IOException {
        Pretrained pretrained = weightFile == null ? null : Pretrained.read(weightFile, archName);
        if (pretrained == null && archName == null) {
            throw new Failure("which network? give --weights FILE to fine-tune one, or --arch NAME to train from scratch");
        }
        Architecture architecture = pretrained == null ? Architectures.byName(archName) : pretrained.architecture();
        return new Start(pretrained, weightFile, architecture, head);
    }
}
