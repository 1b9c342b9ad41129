package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.ImageFiles;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.BatchNormAdaptation;

/** {@code thaw adapt}: adapts a model's batch norm to unlabelled images. */
@Command(name = "adapt", sortOptions = false, customSynopsis = "thaw adapt MODEL IMAGES… [-o OUT] [OPTIONS]",
        description = "Adapts a model's batch norm to unlabelled images, such as a new camera's.",
        footer = {"", "Example: thaw adapt model.safetensors new-camera -o adapted.safetensors"})
final class AdaptCommand extends DeviceCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "Trained model.")
    private Path modelFile;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "IMAGES", description = "Files, or folders of them; without labels.")
    private List<Path> images;

    @Option(names = {"-o", "--out"}, paramLabel = "OUT", defaultValue = "adapted.safetensors",
            description = "The adapted model (default: adapted.safetensors).")
    private Path out;

    @Option(names = "--source-images", paramLabel = "N",
            description = "Images that the old statistics count for (default: as many as the new ones, at least 16).")
    private @Nullable Double sourceImages;

    @Override
    public Integer call() throws IOException {
        AtomicFile.requireWritable(out);
        ModelFile model = ModelFile.read(modelFile);
        List<Path> files = new ArrayList<>();
        for (Path given : images) {
            files.addAll(Files.isDirectory(given) ? ImageFiles.beneath(given).images() : List.of(given));
        }
        if (files.isEmpty()) {
            throw new Failure(images + ": no images there; give image files, or folders of them");
        }
        BatchNormAdaptation adaptation = sourceImages == null ? BatchNormAdaptation.to(files.size())
                : Failure.naming("--source-images", () -> new BatchNormAdaptation(sourceImages));
        try (Device device = deviceOptions.open(output)) {
            adaptation.adapt(model, files, device).write(out);
        }
        double share = files.size() / (adaptation.sourceImages() + files.size());
        output.text(String.format(Locale.ROOT, "%s: batch norm adapted to %d images, whose statistics count %.0f %%, those of training"
                + " %.0f %%", out, files.size(), 100 * share, 100 * (1 - share)));
        output.result(OutputOptions.object().put("model", out.toString()).put("images", files.size())
                .put("source_images", adaptation.sourceImages()).put("share", share));
        return 0;
    }
}
