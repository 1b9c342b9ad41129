package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.finetune.ClassCount;
import thaw.finetune.Evaluation;
import thaw.finetune.ModelFile;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;
import thaw.resnet.ResNet;

/** {@code thaw evaluate}: how many pictures of a folder a model gets right. */
@Command(name = "evaluate", sortOptions = false, customSynopsis = "thaw evaluate DATA [--model FILE | --weights FILE] [OPTIONS]",
        description = "Counts how many pictures a model gets right.",
        footer = {"", "Example: thaw evaluate photos --model model.safetensors"})
final class EvaluateCommand implements Callable<Integer> {

    private static final Path DEFAULT_MODEL = Path.of("model.safetensors");

    @Parameters(paramLabel = "DATA", description = "Class folders; of train/ and valid/, valid/ counts.")
    private Path dataFolder;

    @Option(names = "--model", paramLabel = "FILE", description = "A trained model (default: model.safetensors).")
    private Path modelFile;

    @Option(names = "--weights", paramLabel = "FILE", description = "Or plain weights, of these classes in order.")
    private Path weightFile;

    @Option(names = "--arch", paramLabel = "NAME", description = "The architecture that the weights must be for.")
    private String archName;

    @Option(names = "--size", paramLabel = "PIXELS", description = "Side of the pictures (default: the model's).")
    private Integer size;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Pictures at a time (default: 32).")
    private int batch;

    @Mixin
    private DeviceOptions deviceOptions;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() throws IOException {
        if (modelFile != null && (weightFile != null || archName != null)) {
            throw new Failure("--model knows its architecture and has weights of its own; give either --model or --weights");
        }
        if (archName != null && weightFile == null) {
            throw new Failure("--arch alone says nothing of the weights; give --weights FILE too");
        }
        Counts.require("--batch", batch, 1);
        Counts.require("--size", size == null ? 1 : size, 1);
        ImageFolder folder = ImageFolder.of(dataFolder).batch(batch).threads(deviceOptions.threads()).strict(true);
        if (weightFile != null) {
            Pretrained pretrained = Pretrained.read(weightFile, archName);
            try (Device device = deviceOptions.open(output)) {
                ResNet net = pretrained.whole(device);
                requireClasses(net, folder);
                evaluate(net, folder.size(size == null ? Architectures.nativeSize(pretrained.architecture()) : size));
            }
        } else {
            ModelFile model = ModelFile.read(modelFile == null ? DEFAULT_MODEL : modelFile);
            ImageFolder data = folder.classes(model.classes()).transforms(model.transforms());
            try (Device device = deviceOptions.open(output)) {
                evaluate(model.toNet(device), size == null ? data : data.size(size));
            }
        }
        return 0;
    }

    private void requireClasses(ResNet net, ImageFolder data) {
        if (net.classes() != data.classes().size()) {
            throw new Failure(weightFile + ": is for " + net.classes() + " classes, " + dataFolder + " has "
                    + data.classes().size() + "; expected the classes that the weights were trained on, or a --model");
        }
    }

    private void evaluate(ResNet net, ImageFolder data) {
        long start = System.nanoTime();
        BatchLoader loader = data.evaluationLoader();
        Evaluation result;
        try (Progress progress = new Progress()) {
            result = Evaluation.of(net, loader, data.classes(), images -> progress.step("pictures", images, loader.images()));
        }
        double seconds = (System.nanoTime() - start) / 1e9;

        int width = result.classes().stream().mapToInt(count -> count.label().length()).max().orElse(0);
        for (ClassCount count : result.classes()) {
            output.text(String.format(Locale.ROOT, "%-" + width + "s  %5d of %5d", count.label(), count.correct(), count.total())
                    + (count.total() == 0 ? "" : String.format(Locale.ROOT, "  %5.1f %%", 100 * count.accuracy())));
        }
        output.text(String.format(Locale.ROOT, "%d of %d right: accuracy %.1f %%, loss %.4f, in %.1f s", result.correct(),
                result.total(), 100 * result.accuracy(), result.loss(), seconds));
        output.result(json(net, data, result).put("seconds", seconds));
    }

    private static ObjectNode json(ResNet net, ImageFolder data, Evaluation result) {
        ObjectNode json = OutputOptions.object().put("correct", result.correct()).put("total", result.total())
                .put("accuracy", result.accuracy()).put("loss", result.loss())
                .put("architecture", net.architecture().name()).put("size", data.transforms().size())
                .put("device", net.device().description());
        ArrayNode classes = json.putArray("classes");
        for (ClassCount count : result.classes()) {
            // Of a class that the folder doesn't have there is no accuracy.
            classes.addObject().put("name", count.label()).put("correct", count.correct()).put("total", count.total())
                    .put("accuracy", count.total() == 0 ? null : (Double) count.accuracy());
        }
        return json;
    }
}
