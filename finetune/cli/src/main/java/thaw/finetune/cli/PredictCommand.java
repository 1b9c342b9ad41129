package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.Csv;
import thaw.finetune.data.ImageFiles;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.predict.ClassProbability;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.Outcome;
import thaw.finetune.predict.Prediction;

/** {@code thaw predict}: classifies images. */
@Command(name = "predict", sortOptions = false, customSynopsis = "thaw predict IMAGE… [--model FILE] [OPTIONS]",
        description = "Classifies images with a trained model.",
        footer = {"", "Example: thaw predict cat.jpg --model model.safetensors"})
final class PredictCommand extends DeviceCommand {

    @Parameters(paramLabel = "IMAGE", arity = "1..*",
            description = "Files (JPEG, PNG, GIF, BMP, WebP, TIFF, PPM), or folders of them.")
    private List<Path> images;

    @Option(names = "--model", paramLabel = "FILE", defaultValue = "model.safetensors",
            description = "Trained model (default: model.safetensors).")
    private Path modelFile;

    @Option(names = "--top", paramLabel = "N", defaultValue = "5",
            description = "Shows the N most probable classes (default: 5).")
    private int top;

    @Option(names = "--csv", paramLabel = "FILE", description = "Writes all probabilities as a CSV table.")
    private @Nullable Path csv;

    @Option(names = "--threshold", paramLabel = "P",
            description = "Predicts the classes above probability P, possibly none; thaw evaluate --precision finds one (default: the"
                    + " model's, or 0 for images of one class each).")
    private @Nullable Double threshold;

    @Mixin
    private PixelLimit limit;

    @Override
    public Integer call() throws IOException {
        Failure.ifBelow("--top", top, 1);
        if (csv != null) {
            AtomicFile.requireWritable(csv);
        }
        images.stream().filter(image -> image.toString().endsWith(".safetensors")).findFirst().ifPresent(image -> {
            throw new Failure(image + ": is a model, not an image; name it by --model " + image);
        });
        ModelFile read = ModelFile.read(modelFile);
        ModelFile model = threshold == null ? read : Failure.naming("--threshold", () -> read.threshold(threshold));
        List<Outcome> outcomes;
        try (Classifier classifier = classifier(modelFile, model, limit.maxPixels())) {
            outcomes = outcomes(classifier);
        }
        List<Outcome.Broken> broken = outcomes.stream().filter(Outcome.Broken.class::isInstance).map(Outcome.Broken.class::cast)
                .toList();
        broken.forEach(one -> output.note(one.reason().getMessage()));
        if (broken.size() == outcomes.size()) {
            return Main.FAILED;
        }
        ObjectNode json = OutputOptions.object().put("model", modelFile.toString());
        ArrayNode array = json.putArray("predictions");
        for (Outcome outcome : outcomes) {
            ObjectNode one = array.addObject().put("image", outcome.image().name());
            if (outcome instanceof Outcome.Predicted predicted) {
                tell(model, predicted, one);
            } else if (outcome instanceof Outcome.Broken unread) {
                one.put("error", unread.reason().getMessage());
            }
        }
        if (csv != null) {
            writeTable(model, outcomes);
            output.text("probabilities written to " + csv);
            json.put("csv", csv.toString());
        }
        output.result(json);
        return broken.isEmpty() ? 0 : Main.FAILED;
    }

    /** The outcomes for the files and all image files in the folders, in the order given; unreadable entries come last. */
    private List<Outcome> outcomes(Classifier classifier) {
        List<ImageSource> files = new ArrayList<>();
        List<Outcome> unreadable = new ArrayList<>();
        for (Path given : images) {
            if (!Files.isDirectory(given)) {
                files.add(ImageSource.of(given));
                continue;
            }
            ImageFiles found = ImageFiles.beneath(given);
            found.images().forEach(file -> files.add(ImageSource.of(file)));
            found.unreadable().forEach(one -> unreadable.add(broken(one.file(), one.reason())));
            if (found.images().isEmpty() && found.unreadable().isEmpty()) {
                unreadable.add(broken(given, given + ": is a folder without images"));
            }
        }
        List<Outcome> outcomes = new ArrayList<>(classifier.tryPredictAll(files));
        outcomes.addAll(unreadable);
        return outcomes;
    }

    private static Outcome broken(Path file, String reason) {
        return new Outcome.Broken(ImageSource.of(file), new ImageReadException(reason));
    }

    private boolean isAnswered(Prediction prediction) {
        return threshold == null || !prediction.labels().isEmpty();
    }

    private void tell(ModelFile model, Outcome.Predicted predicted, ObjectNode one) {
        Prediction prediction = predicted.prediction();
        List<ClassProbability> best = prediction.top(top);
        String shown = model.labels().multiLabel() ? prediction.labels() + "  "
                : !prediction.isKnown() ? "none of these classes; nearest: " : isAnswered(prediction) ? "" : "unsure; most probable: ";
        output.text(predicted.image() + "  " + shown + best.stream()
                .map(c -> String.format(Locale.ROOT, "%s %.1f %%", c.label(), 100 * c.probability()))
                .collect(Collectors.joining(", ")));
        if (threshold != null && !model.labels().multiLabel()) {
            one.put("answered", isAnswered(prediction));
        }
        one.put("label", best.get(0).label()).put("probability", best.get(0).probability());
        prediction.novelty().ifPresent(novelty -> one.put("known", prediction.isKnown()).put("novelty", novelty));
        ArrayNode classes = one.putArray("classes");
        if (model.labels().multiLabel()) {
            prediction.labels().forEach(one.putArray("labels")::add);
        }
        best.forEach(c -> classes.addObject().put("name", c.label()).put("probability", c.probability()));
    }

    /**
     * Writes a record for each image: the file, the prediction, and a probability for each class in the model's order. The
     * record of an unreadable file has empty fields after its name.
     */
    private void writeTable(ModelFile model, List<Outcome> outcomes) throws IOException {
        List<String> header = new ArrayList<>(List.of("file", "predicted"));
        header.addAll(model.classes());
        List<List<String>> table = new ArrayList<>(List.of(header));
        for (Outcome outcome : outcomes) {
            List<String> fields = new ArrayList<>(List.of(outcome.image().name()));
            if (outcome instanceof Outcome.Predicted predicted) {
                Prediction one = predicted.prediction();
                fields.add(model.labels().multiLabel() ? String.join(";", one.labels()) : isAnswered(one) ? one.label() : "");
                one.probabilities().forEach(of -> fields.add(Float.toString((float) of.probability())));
            } else {
                fields.addAll(Collections.nCopies(1 + model.classes().size(), ""));
            }
            table.add(fields);
        }
        Csv.write(csv, table);
    }
}
