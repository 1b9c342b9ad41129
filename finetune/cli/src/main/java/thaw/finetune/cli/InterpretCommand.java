package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.BrokenImage;
import thaw.finetune.data.ImageFiles;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Novelty;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.report.InterpretationPage;
import thaw.finetune.run.BrokenImages;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/** {@code thaw interpret}: writes a page of a model's predictions for labelled images, and of what they rest on. */
@Command(name = "interpret", sortOptions = false, customSynopsis = "thaw interpret MODEL DATA [-o PAGE] [OPTIONS]",
        description = "Shows on one HTML page where a model is wrong, how sure it is, and what it looks at.",
        footer = {"", "Example: thaw interpret model.safetensors photos --like cat.jpg"})
final class InterpretCommand extends DeviceCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "Trained model.")
    private Path modelFile;

    @Parameters(index = "1", paramLabel = "DATA", description = "Folder of class folders; if it has train/ and valid/, valid/ is used.")
    private Path dataFolder;

    @Option(names = {"-o", "--out"}, paramLabel = "PAGE", defaultValue = "interpretation.html",
            description = "The page (default: interpretation.html).")
    private Path page;

    @Option(names = "--like", paramLabel = "IMAGE", description = "Shows the images of DATA that are most like this one; may be repeated.")
    private List<Path> like = List.of();

    @Option(names = "--others", paramLabel = "FOLDER",
            description = "Images of none of the classes, to show how well the model recognises them.")
    private @Nullable Path others;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Images per batch (default: 32).")
    private int batch;

    @Mixin
    private ListingOptions listing;

    @Option(names = "--strict", description = "Stops at an image that cannot be read, instead of skipping it.")
    private boolean strict;

    @Mixin
    private PixelLimit limit;

    @Override
    public Integer call() throws IOException {
        Failure.ifBelow("--batch", batch, 1);
        AtomicFile.requireWritable(page);
        ModelFile model = ModelFile.read(modelFile);
        if (others != null && model.known().isEmpty()) {
            throw new Failure("--others: " + modelFile + " has no features of known images; train it again, or leave --others out");
        }
        listing.requireFit(model, modelFile);
        ImageFolder data = listing.source(dataFolder).images().batch(batch).threads(deviceOptions.threads()).strict(strict)
                .maxPixels(limit.maxPixels()).classes(model.classes()).transforms(model.transforms());
        output.text(data.evaluationSummary() + DataReport.skipped(data));
        BatchLoader loader = data.evaluationLoader();
        List<BrokenImage> unread = new ArrayList<>(data.unreadable());
        ImageFiles strangers = others == null ? new ImageFiles(List.of(), Map.of(), List.of()) : ofOthers(others);
        unread.addAll(strangers.unreadable());
        Interpretation found;
        Optional<Novelty> novelty;
        try (Device device = deviceOptions.open(output); Progress progress = new Progress()) {
            Network net = Failure.naming(modelFile.toString(), () -> model.toNet(device));
            Map<Path, float[]> given = new LinkedHashMap<>();
            like.forEach(image -> given.put(image, features(net, model, image)));
            found = Interpretation.of(net, loader, Objective.of(model), images -> progress.step("images", images, loader.images()));
            Evaluation plain = found.evaluation();
            novelty = model.known().map(known -> new Novelty(plain.features().values().stream().mapToDouble(known::novelty).toArray(),
                    novelties(net, model, strangers.images(), unread)));
            new InterpretationPage(modelFile.getFileName() + " on " + dataFolder.toAbsolutePath().normalize().getFileName(), found, novelty,
                    given)
                    .write(page);
        }
        unread.addAll(loader.broken());
        BrokenImages broken = BrokenImages.of(unread);
        DataReport.note(output, broken, "in the result of --json");
        output.text(found.evaluation().correct() + " of " + found.evaluation().total() + " correct; written to " + page);
        ObjectNode json = json(found).put("page", page.toString());
        novelty.filter(some -> some.others().length > 0).ifPresent(some -> {
            output.text(
                    String.format(Locale.ROOT, "of %d images of none of the classes %.1f %% are recognised, %.1f %% of the others known;"
                            + " area under the ROC curve %.3f", some.others().length, 100 * some.recognised(), 100 * some.kept(),
                            some.auroc()));
            json.putObject("novelty").put("others", some.others().length).put("recognised", some.recognised()).put("known", some.kept())
                    .put("auroc", some.auroc());
        });
        DataReport.add(json, broken);
        output.result(json);
        return 0;
    }

    private static ImageFiles ofOthers(Path folder) {
        ImageFiles files = ImageFiles.beneath(folder);
        if (files.images().isEmpty()) {
            throw new Failure("--others: " + folder + ": no images there; give a folder of image files");
        }
        return files;
    }

    /** The novelties of images without labels; those that cannot be read are added to {@code unread}. */
    private double[] novelties(Network net, ModelFile model, List<Path> images, List<BrokenImage> unread) {
        List<Double> found = new ArrayList<>();
        for (Path image : images) {
            try {
                found.add(model.known().orElseThrow().novelty(features(net, model, image)));
            } catch (ImageReadException broken) {
                unread.add(new BrokenImage(image, broken.getMessage()));
            }
        }
        if (found.isEmpty() && !images.isEmpty()) {
            throw new Failure("--others: none of " + images.size() + " images can be read; the first: "
                    + unread.get(unread.size() - images.size()).reason());
        }
        return found.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private float[] features(Network net, ModelFile model, Path image) {
        Transforms transforms = model.transforms();
        float[] pixels = transforms.apply(ImageSource.of(image).decode(limit.maxPixels(), transforms::square));
        int side = transforms.size();
        try (NoGrad off = net.device().noGrad(); Scope scope = net.device().scope()) {
            return net.pooled(net.device().tensor(Shape.of(1, net.inputChannels(), side, side), pixels)).toFloats();
        }
    }

    private static ObjectNode json(Interpretation found) {
        Predictions predictions = found.evaluation().predictions();
        ObjectNode json = OutputOptions.object().put("correct", found.evaluation().correct()).put("total", found.evaluation().total())
                .put("loss", found.evaluation().loss());
        ArrayNode highest = json.putArray("highest_losses");
        found.highestLosses().forEach(image -> highest.addObject().put("file", predictions.samples().get(image).file().toString())
                .put("loss", predictions.loss(image)));
        return json;
    }
}
