package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.ClassProbability;
import thaw.finetune.Classifier;
import thaw.finetune.ModelFile;
import thaw.finetune.NonFiniteScoresException;
import thaw.finetune.Prediction;
import thaw.finetune.data.Csv;

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

    @Option(names = "--csv", paramLabel = "FILE", description = "Writes a table of all probabilities.")
    private Path csv;

    @Option(names = "--threshold", paramLabel = "P",
            description = "A model of several labels says those above P (default: the model's).")
    private Double threshold;

    @Mixin
    private DeviceOptions deviceOptions;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() throws IOException {
        Counts.require("--top", top, 1);
        if (csv != null) {
            AtomicFile.requireWritable(csv);
        }
        ModelFile model = Threshold.set(threshold, ModelFile.read(modelFile), modelFile);
        List<Prediction> predictions;
        try (Classifier classifier = classifier(model)) {
            predictions = classifier.predictAll(images);
        } catch (NonFiniteScoresException overflow) {
            throw new Failure(modelFile + ": " + overflow.getMessage(), overflow);
        }
        ObjectNode json = OutputOptions.object().put("model", modelFile.toString());
        ArrayNode array = json.putArray("predictions");
        for (int i = 0; i < images.size(); i++) {
            List<ClassProbability> best = predictions.get(i).classes().stream().limit(top).toList();
            String shown = model.labels().multiLabel() ? predictions.get(i).labels() + "  " : "";
            output.text(images.get(i) + "  " + shown + best.stream()
                    .map(c -> String.format(Locale.ROOT, "%s %.1f %%", c.label(), 100 * c.probability()))
                    .collect(Collectors.joining(", ")));
            ObjectNode one = array.addObject().put("image", images.get(i).toString()).put("label", best.get(0).label())
                    .put("probability", best.get(0).probability());
            ArrayNode classes = one.putArray("classes");
            if (model.labels().multiLabel()) {
                ArrayNode labels = one.putArray("labels");
                predictions.get(i).labels().forEach(labels::add);
            }
            best.forEach(c -> classes.addObject().put("name", c.label()).put("probability", c.probability()));
        }
        if (csv != null) {
            writeTable(model, predictions);
            output.text("probabilities are in " + csv);
            json.put("csv", csv.toString());
        }
        output.result(json);
        return 0;
    }

    private Classifier classifier(ModelFile model) {
        Device device = deviceOptions.open(output);
        try {
            return Classifier.of(model, device);
        } catch (IllegalArgumentException unfit) {
            throw new Failure(modelFile + ": " + unfit.getMessage(), unfit);
        }
    }

    /** A record for each picture: the file, what is predicted, and a probability for each class in the model's order. */
    private void writeTable(ModelFile model, List<Prediction> predictions) throws IOException {
        List<String> header = new ArrayList<>(List.of("file", "predicted"));
        header.addAll(model.classes());
        StringBuilder table = new StringBuilder(Csv.line(header));
        for (int i = 0; i < images.size(); i++) {
            Prediction one = predictions.get(i);
            List<String> said = model.labels().multiLabel() ? one.labels() : List.of(one.label());
            Map<String, Double> probabilities = one.classes().stream()
                    .collect(Collectors.toMap(ClassProbability::label, ClassProbability::probability));
            List<String> fields = new ArrayList<>(List.of(images.get(i).toString(), String.join(";", said)));
            model.classes().forEach(name -> fields.add(Float.toString(probabilities.get(name).floatValue())));
            table.append(Csv.line(fields));
        }
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(table.toString());
        AtomicFile.write(csv, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }
}
