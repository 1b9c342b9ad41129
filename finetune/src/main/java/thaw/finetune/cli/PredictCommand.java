package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.finetune.ClassProbability;
import thaw.finetune.Classifier;
import thaw.finetune.ModelFile;
import thaw.finetune.Prediction;

/** {@code thaw predict}: what a model sees in pictures. */
@Command(name = "predict", sortOptions = false, customSynopsis = "thaw predict IMAGE… [--model FILE] [OPTIONS]",
        description = "Says what a model sees in pictures.",
        footer = {"", "Example: thaw predict cat.jpg --model model.safetensors"})
final class PredictCommand implements Callable<Integer> {

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "Files: JPEG, PNG, GIF, BMP, WebP, TIFF.")
    private List<Path> images;

    @Option(names = "--model", paramLabel = "FILE", defaultValue = "model.safetensors",
            description = "A trained model (default: model.safetensors).")
    private Path modelFile;

    @Option(names = "--top", paramLabel = "N", defaultValue = "5",
            description = "Shows the N most probable classes (default: 5).")
    private int top;

    @Mixin
    private DeviceOptions deviceOptions;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() throws IOException {
        Counts.require("--top", top, 1);
        ModelFile model = ModelFile.read(modelFile);
        List<Prediction> predictions;
        try (Classifier classifier = Classifier.of(model, deviceOptions.open(output))) {
            predictions = classifier.predictAll(images);
        }
        ObjectNode json = OutputOptions.object().put("model", modelFile.toString());
        ArrayNode array = json.putArray("predictions");
        for (int i = 0; i < images.size(); i++) {
            List<ClassProbability> best = predictions.get(i).classes().stream().limit(top).toList();
            output.text(images.get(i) + "  " + best.stream()
                    .map(c -> String.format(Locale.ROOT, "%s %.1f %%", c.label(), 100 * c.probability()))
                    .collect(Collectors.joining(", ")));
            ObjectNode one = array.addObject().put("image", images.get(i).toString()).put("label", best.get(0).label())
                    .put("probability", best.get(0).probability());
            ArrayNode classes = one.putArray("classes");
            best.forEach(c -> classes.addObject().put("name", c.label()).put("probability", c.probability()));
        }
        output.result(json);
        return 0;
    }
}
