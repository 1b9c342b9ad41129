package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.evaluate.ClassCount;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.evaluate.TestTimeAugmentation;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.ConfusionMatrix;
import thaw.finetune.metrics.Metric;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.metrics.RiskCoverage;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.PretrainedConfig;
import thaw.finetune.run.BrokenImages;
import thaw.resnet.Network;

/** {@code thaw evaluate}: measures a model's accuracy, loss and further metrics on a folder of images. */
@Command(name = "evaluate", sortOptions = false, customSynopsis = "thaw evaluate DATA [--model FILE | --weights FILE] [OPTIONS]",
        description = "Measures a model's accuracy on a folder of images.",
        footer = {"", "Example: thaw evaluate photos --model model.safetensors"})
final class EvaluateCommand extends DeviceCommand {

    private static final Path DEFAULT_MODEL = Path.of("model.safetensors");

    @Parameters(paramLabel = "DATA", arity = "0..1",
            description = "Folder of class folders; if it has train/ and valid/, valid/ is used.")
    private @Nullable Path dataFolder;

    @Option(names = "--model", paramLabel = "FILE", description = "Trained model (default: model.safetensors).")
    private @Nullable Path modelFile;

    @Option(names = "--weights", paramLabel = "FILE",
            description = "Plain weights instead, trained on these classes in this order.")
    private @Nullable Path weightFile;

    @Option(names = "--arch", paramLabel = "NAME", description = "Expected architecture of the weights.")
    private @Nullable String archName;

    @Mixin
    private WeightOptions weightOptions;

    @Option(names = "--size", paramLabel = "PIXELS", description = "Image side (default: the model's).")
    private @Nullable Integer size;

    @Option(names = "--resize", paramLabel = "PIXELS", hidden = true,
            description = "Short side of all images before the crop to --size (default: the model's).")
    private @Nullable Integer resize;

    @Mixin
    private PixelLimit limit;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Images per batch (default: 32).")
    private int batch;

    @Mixin
    private ListingOptions listing;

    @Option(names = "--threshold", paramLabel = "P",
            description = "With --multi-label, predicts the classes above probability P (default: the model's).")
    private @Nullable Double threshold;

    @Option(names = "--precision", paramLabel = "P",
            description = "Finds the probability above which a share P of the predictions is right, and the share of images above it.")
    private @Nullable Double precision;

    @Option(names = "--tta", arity = "0..1", fallbackValue = "4", paramLabel = "N",
            description = "Test-time augmentation: averages N varied views and the image, as in fastai (4 if no number is"
                    + " given).")
    private @Nullable Integer views;

    @Option(names = "--augment", paramLabel = "KIND", defaultValue = "flip",
            description = "Variation for --tta: flip, or fastai: fastai's aug_transforms (default: flip).")
    private DataOptions.Variation variation;

    @Option(names = "--predictions", paramLabel = "FILE", description = "Writes all probabilities as a CSV table.")
    private @Nullable Path table;

    @Option(names = "--strict", description = "Stops at an image that cannot be read, instead of skipping it.")
    private boolean strict;

    @Option(names = "--help-all", order = 3, description = "Shows this help with the rarely used options.")
    private boolean helpAll;

    @Override
    public Integer call() throws IOException {
        if (helpAll) {
            return output.helpAll();
        }
        if (dataFolder == null) {
            throw output.missing("DATA");
        }
        if (modelFile != null && (weightFile != null || archName != null)) {
            throw new Failure("--model contains architecture and weights; give either --model or --weights");
        }
        if (archName != null && weightFile == null) {
            throw new Failure("--arch needs weights; give --weights FILE too");
        }
        if (weightFile == null && weightOptions.isGiven()) {
            throw new Failure("--weights-key, --prefix, --variant, --mean and --std apply only to plain weights;"
                    + " give --weights FILE, or leave them out");
        }
        Failure.ifBelow("--batch", batch, 1);
        Failure.ifBelow("--size", size == null ? 1 : size, 1);
        Failure.ifBelow("--tta", views == null ? 1 : views, 1);
        if (precision != null && (!(precision > 0 && precision < 1) || listing.multiLabel())) {
            throw new Failure(listing.multiLabel() ? "--precision is for images of one class each; leave it out with --multi-label"
                    : "--precision: expected a share between 0 and 1 such as 0.98, got " + precision);
        }
        if (table != null) {
            AtomicFile.requireWritable(table);
        }
        ImageFolder folder = listing.source(dataFolder).images().batch(batch).threads(deviceOptions.threads()).strict(strict)
                .maxPixels(limit.maxPixels());
        if (variation == DataOptions.Variation.FASTAI) {
            folder = folder.augment(Augmentation.fastai());
        }
        if (weightFile != null) {
            Pretrained pretrained = weightOptions.read(weightFile, archName);
            Transforms transforms = transforms(pretrained);
            try (Device device = deviceOptions.open(output)) {
                Network net = pretrained.whole(device);
                folder = withClasses(net, folder, pretrained.config().classes());
                pretrained.notes().forEach(output::note);
                noteInterpolation(pretrained.config());
                Objective objective = Objective.standard(folder.labels());
                if (threshold != null) {
                    objective = withThreshold(objective, threshold);
                }
                evaluate(net, folder.transforms(DataOptions.resized(transforms, resize)), objective);
            }
        } else {
            Path file = modelFile == null ? DEFAULT_MODEL : modelFile;
            ModelFile model = withThreshold(ModelFile.read(file), file);
            listing.requireFit(model, file);
            ImageFolder data = folder.classes(model.classes()).transforms(model.transforms());
            try (Device device = deviceOptions.open(output)) {
                evaluate(Failure.naming(file.toString(), () -> model.toNet(device)), prepared(data), Objective.of(model));
            }
        }
        return 0;
    }

    private ImageFolder prepared(ImageFolder data) {
        ImageFolder sized = size == null ? data : data.size(size);
        return sized.transforms(DataOptions.resized(sized.transforms(), resize));
    }

    private ModelFile withThreshold(ModelFile model, Path file) {
        if (threshold == null) {
            return model;
        }
        if (!model.labels().multiLabel()) {
            throw new Failure("--threshold: " + file + " is a model for images of one class each; leave it out, or give --precision");
        }
        return Failure.naming("--threshold", () -> model.threshold(threshold));
    }

    private static Objective withThreshold(Objective standard, double threshold) {
        if (standard instanceof Objective.BinaryCrossEntropy binary) {
            return Failure.naming("--threshold", () -> binary.threshold(threshold));
        }
        throw new Failure("--threshold is for images that may show several classes; give --multi-label too");
    }

    /** The mean, size and crop stated in the weight file, overridden by options. */
    private Transforms transforms(Pretrained pretrained) {
        PretrainedConfig config = pretrained.config();
        int side = size != null ? size : config.size().orElse(Architectures.nativeSize(pretrained.architecture()));
        return weightOptions.normalize(config.evaluation(Transforms.of(side)));
    }

    private void noteInterpolation(PretrainedConfig config) {
        config.interpolation().filter(kind -> !kind.equals("bilinear")).ifPresent(kind -> output.note(weightFile
                + ": expects images resized by " + kind + " interpolation; Thaw resizes by bilinear interpolation"));
    }

    /** Orders the folder's classes as the class names of the weight file do, if those include all of the folder's. */
    private ImageFolder withClasses(Network net, ImageFolder data, List<String> names) {
        if (names.size() == net.classes() && names.containsAll(data.classes())) {
            return data.classes(names);
        }
        if (net.classes() != data.classes().size()) {
            throw new Failure(weightFile + ": is for " + net.classes() + " classes, " + dataFolder + " has "
                    + data.classes().size() + "; expected the classes that the weights were trained on, or a --model");
        }
        return data;
    }

    private void evaluate(Network net, ImageFolder data, Objective objective) throws IOException {
        long start = System.nanoTime();
        output.text(data.evaluationSummary() + DataReport.skipped(data));
        BatchLoader loader = data.evaluationLoader();
        Evaluation plain;
        Evaluation result;
        try (Progress progress = new Progress()) {
            plain = Evaluation.of(net, loader, objective,
                    images -> progress.step("images", images, loader.images()));
            result = views == null ? plain : withViews(net, loader, plain, objective);
        }
        double seconds = (System.nanoTime() - start) / 1e9;

        ConfusionMatrix matrix = objective.multiLabel() ? null : ConfusionMatrix.of(result.predictions());
        int width = result.classes().stream().mapToInt(count -> count.label().length()).max().orElse(0);
        for (int c = 0; c < result.classes().size(); c++) {
            ClassCount count = result.classes().get(c);
            output.text(String.format(Locale.ROOT, "%-" + width + "s  %5d of %5d", count.label(), count.correct(), count.total())
                    + (count.total() == 0 ? "" : String.format(Locale.ROOT, "  %5.1f %%", 100 * count.accuracy()))
                    + (matrix == null ? "" : perClass(matrix, c)));
        }
        Map<String, Double> metrics = metrics(result.predictions(), objective);
        output.paragraph(metrics.entrySet().stream()
                .map(metric -> metric.getKey() + " " + OutputOptions.number("%.4f", metric.getValue()))
                .collect(Collectors.joining(", ")));
        if (matrix != null) {
            output.text("(kappa: accuracy corrected for chance, 0 for guessing; ece: mean distance between");
            output.text("confidence and accuracy)");
        }
        BrokenImages broken = BrokenImages.of(Stream.concat(data.unreadable().stream(), loader.broken().stream()).toList());
        DataReport.note(output, broken, "in the result of --json");
        if (loader.mixesScales()) {
            DataReport.noteScales(output, data);
        }
        int[] undefined = result.predictions().undefined();
        if (undefined.length > 0) {
            output.note("the scores of " + undefined.length + " of " + result.predictions().size() + " images are not finite, the"
                    + " first those of " + result.predictions().samples().get(undefined[0]).file() + "; they count as wrong");
        }
        ObjectNode json = json(net, data, result).put("seconds", seconds).put("undefined_images", undefined.length);
        if (precision != null) {
            selective(result.predictions(), json);
        }
        if (table != null) {
            result.predictions().writeCsv(table, threshold(objective));
            output.text("probabilities written to " + table);
        }
        if (views != null) {
            output.text("without --tta: " + line(plain));
        }
        output.text((views == null ? "" : "with " + views + " varied views of each image: ") + line(result)
                + String.format(Locale.ROOT, ", in %.1f s", seconds));
        DataReport.add(json, data, data.evaluationSummary());
        DataReport.add(json, broken);
        if (views != null) {
            json.put("views", views).putObject("without_tta").put("correct", plain.correct()).put("total", plain.total())
                    .put("accuracy", plain.accuracy()).put("loss", plain.loss());
        }
        ObjectNode numbers = json.putObject("metrics");
        metrics.forEach(numbers::put);
        if (matrix != null) {
            addPerClass(json, matrix);
        }
        if (table != null) {
            json.put("predictions", table.toString());
        }
        output.result(json);
    }

    /** Tells of the threshold that reaches {@code --precision}. */
    private void selective(Predictions predictions, ObjectNode json) {
        Optional<RiskCoverage.Point> found = RiskCoverage.of(predictions).reaching(precision);
        RiskCoverage.Point other = RiskCoverage.outOfFold(predictions, precision);
        output.text(found.map(point -> String.format(Locale.ROOT, "precision %s: above a probability of %.4f, which %.1f %% of the images"
                + " have, %.1f %% are right%n(each fifth of the images by the threshold of the others: %.1f %% have it, %s are right)",
                precision, point.threshold(), 100 * point.coverage(), 100 * point.precision(), 100 * other.coverage(),
                OutputOptions.number("%.1f %%", 100 * other.precision())))
                .orElseGet(() -> "precision " + precision + ": no threshold reaches it on " + predictions.size() + " images"));
        ObjectNode selective = json.putObject("selective").put("precision", precision);
        selective.put("threshold", found.map(RiskCoverage.Point::threshold).orElse(null))
                .put("answered", found.map(RiskCoverage.Point::coverage).orElse(null))
                .put("right", found.map(RiskCoverage.Point::precision).orElse(null));
        selective.putObject("out_of_fold").put("answered", other.coverage()).put("right", other.precision());
    }

    private Evaluation withViews(Network net, BatchLoader loader, Evaluation plain, Objective objective) {
        Predictions combined = new TestTimeAugmentation(views, TestTimeAugmentation.fastai().beta(), false)
                .predict(net, loader, plain.predictions());
        return Evaluation.of(combined, threshold(objective));
    }

    private static String line(Evaluation result) {
        boolean several = result.predictions().labels().multiLabel();
        return result.correct() + " of " + result.total() + (several ? " decisions about " + result.predictions().size() + " images"
                : "") + " correct: accuracy " + OutputOptions.number("%.1f %%",
                        100 * result.accuracy())
                + ", loss " + OutputOptions.number("%.4f", result.loss());
    }

    private static double threshold(Objective objective) {
        return objective instanceof Objective.BinaryCrossEntropy binary ? binary.threshold() : 0.5;
    }

    private static Map<String, Double> metrics(Predictions predictions, Objective objective) {
        Map<String, Double> found = new LinkedHashMap<>();
        (objective.multiLabel() ? Metric.multi(threshold(objective)) : Metric.single(predictions.classes()))
                .forEach(metric -> found.put(metric.name(), metric.of(predictions)));
        return found;
    }

    private static String perClass(ConfusionMatrix matrix, int c) {
        return String.format(Locale.ROOT, "  precision %.4f  recall %.4f  f1 %.4f", matrix.precision(c), matrix.recall(c),
                matrix.f1(c));
    }

    private static void addPerClass(ObjectNode json, ConfusionMatrix matrix) {
        ArrayNode rows = json.putArray("confusion_matrix");
        ArrayNode classes = json.withArray("/classes");
        for (int c = 0; c < matrix.classes().size(); c++) {
            ArrayNode row = rows.addArray();
            for (int predicted = 0; predicted < matrix.classes().size(); predicted++) {
                row.add(matrix.count(c, predicted));
            }
            ((ObjectNode) classes.get(c)).put("precision", matrix.precision(c)).put("recall", matrix.recall(c))
                    .put("f1", matrix.f1(c));
        }
    }

    private static ObjectNode json(Network net, ImageFolder data, Evaluation result) {
        ObjectNode json = OutputOptions.object().put("correct", result.correct()).put("total", result.total())
                .put("accuracy", result.accuracy()).put("loss", result.loss())
                .put("architecture", net.name()).put("size", data.transforms().size())
                .put("device", net.device().description());
        ArrayNode classes = json.putArray("classes");
        for (ClassCount count : result.classes()) {
            // A class without images has no accuracy.
            classes.addObject().put("name", count.label()).put("correct", count.correct()).put("total", count.total())
                    .put("accuracy", count.total() == 0 ? null : (Double) count.accuracy());
        }
        return json;
    }
}
