package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.finetune.data.ImageFiles;
import thaw.finetune.images.ImageSource;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.SimilarImages;

/** {@code thaw similar}: finds the images of a folder that are most like another, by a model's features. */
@Command(name = "similar", sortOptions = false, customSynopsis = "thaw similar MODEL IMAGE FOLDER [OPTIONS]",
        description = "Finds the images in a folder that are most like another image.",
        footer = {"", "Example: thaw similar model.safetensors cat.jpg photos"})
final class SimilarCommand extends DeviceCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "Trained model.")
    private Path modelFile;

    @Parameters(index = "1", paramLabel = "IMAGE", description = "The image to compare with.")
    private Path image;

    @Parameters(index = "2", paramLabel = "FOLDER", description = "Folder of images, at any depth.")
    private Path folder;

    @Option(names = "--top", paramLabel = "N", defaultValue = "5", description = "Shows the N most similar images (default: 5).")
    private int top;

    @Mixin
    private PixelLimit limit;

    @Override
    public Integer call() throws IOException {
        Failure.ifBelow("--top", top, 1);
        ModelFile model = ModelFile.read(modelFile);
        ImageFiles files = ImageFiles.beneath(folder);
        files.unreadable().forEach(one -> output.note(one.reason()));
        if (files.images().isEmpty()) {
            throw new Failure(folder + ": no images there; give a folder of image files");
        }
        try (Classifier classifier = classifier(modelFile, model, limit.maxPixels())) {
            SimilarImages<ImageSource> index = classifier.index(files.images().stream().map(ImageSource::of).toList(),
                    broken -> output.note(broken.getMessage()));
            tell(index.nearest(classifier.features(ImageSource.of(image)), top), index.images().size());
        }
        return 0;
    }

    private void tell(List<SimilarImages.Match<ImageSource>> found, int searched) {
        ObjectNode json = OutputOptions.object().put("image", image.toString()).put("searched", searched);
        ArrayNode similar = json.putArray("similar");
        found.forEach(match -> {
            output.text(String.format(Locale.ROOT, "%.4f  %s", match.cosine(), match.image()));
            similar.addObject().put("image", match.image().name()).put("cosine", match.cosine());
        });
        output.text("(cosine of the angle between features, 1 for the same; " + searched + " images searched)");
        output.result(json);
    }
}
