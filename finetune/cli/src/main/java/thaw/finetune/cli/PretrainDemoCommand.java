package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.demo.Pretraining;
import thaw.finetune.predict.ModelFile;

/** {@code thaw pretrain-demo}: trains the network that {@code thaw demo} fine-tunes. */
@Command(name = "pretrain-demo", hidden = true, sortOptions = false, customSynopsis = "thaw pretrain-demo -o FILE [OPTIONS]",
        description = {"Trains the network that thaw demo fine-tunes, by default the bundled one, in",
            "about seven minutes on two cores."},
        footer = {"", "Example: thaw pretrain-demo -o resnet20-synthetic.safetensors"})
final class PretrainDemoCommand extends DeviceCommand {

    @Option(names = "--images", paramLabel = "N", description = "Images per class and epoch (default: as bundled).")
    private @Nullable Integer images;

    @Option(names = "--epochs", paramLabel = "N", description = "Epochs (default: as bundled).")
    private @Nullable Integer epochs;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of initial weights and images (default: as bundled).")
    private @Nullable Long seed;

    @Option(names = {"-o", "--out"}, paramLabel = "FILE", required = true, description = "Model file to write.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        AtomicFile.requireWritable(out);
        Pretraining shipped = Pretraining.shipped();
        Pretraining pretraining = new Pretraining(images == null ? shipped.imagesPerClass() : images,
                epochs == null ? shipped.epochs() : epochs, shipped.batch(), shipped.rate(), shipped.weightDecay(),
                shipped.validation(), seed == null ? shipped.seed() : seed);
        try (Device device = deviceOptions.open(output);
                TrainingLog log = new TrainingLog(output, List.of("early", "middle", "head"), null)) {
            ModelFile model = pretraining.run(device, deviceOptions.threads(), log);
            model.write(out);
            double accuracy = Double.parseDouble(model.network().get(Pretraining.ACCURACY));
            output.text(String.format(Locale.ROOT, "%naccuracy %.1f %% on new images; model saved as %s", 100 * accuracy, out));
            output.result(OutputOptions.object().put("accuracy", accuracy).put("model", out.toString())
                    .set("epochs", log.epochs()));
        }
        return 0;
    }
}
