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
import java.util.concurrent.Callable;
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
import thaw.finetune.data.Dataset;
import thaw.finetune.data.ImageFiles;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.data.Sample;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Novelty;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.KnownImages;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.report.InterpretationPage;
import thaw.finetune.run.BrokenImages;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/** {@code thaw interpret}: writes a page of a model's predictions for labelled images, and of what they rest on. */
@Command(name = "interpret", sortOptions = false, customSynopsis = "thaw interpret MODEL DATA [-o PAGE] [OPTIONS]",
        description = "Shows on one HTML page where a model is wrong, how sure it is, and what it looks at.",
        footer = {"", "Example: thaw interpret model.safetensors photos --like cat.jpg"})
final class InterpretCommand implements Callable<Integer> {

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

    @Mixin
    private DeviceOptions deviceOptions;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() throws IOException {
        Counts.require("--batch", batch, 1);
        listing.requireSense();
        limit.requireSense();
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
        Optional<BatchLoader> strangers = Optional.ofNullable(others).map(folder -> ofOthers(folder, data, unread));
        Interpretation found;
        Optional<Novelty> novelty;
        try (Device device = deviceOptions.open(output); Progress progress = new Progress()) {
            Network net = Failure.naming(modelFile.toString(), () -> model.toNet(device));
            Map<Path, float[]> given = new LinkedHashMap<>();
            like.forEach(image -> given.put(image, features(net, model.transforms(), image)));
            found = Interpretation.of(net, loader, Objective.of(model), images -> progress.step("images", images, loader.images()));
            Evaluation plain = found.evaluation();
            novelty = model.known().map(known -> new Novelty(novelties(known, plain), strangers.map(images -> novelties(known,
                    Evaluation.of(net, images, Objective.binaryCrossEntropy(), done -> {}))).orElse(new double[0])));
            new InterpretationPage(modelFile.getFileName() + " on " + dataFolder.toAbsolutePath().normalize().getFileName(), found, novelty,
                    given)
                    .write(page);
        }
        unread.addAll(loader.broken());
        strangers.ifPresent(images -> unread.addAll(images.broken()));
        BrokenImages broken = BrokenImages.of(unread);
        DataReport.note(output, broken, "in the result of --json");
        output.text(found.evaluation().correct() + " of " + found.evaluation().total() + " correct; written to " + page);
        ObjectNode json = json(found).put("page", page.toString());
        novelty.filter(some -> some.others().length > 0).ifPresent(some -> {
            output.text(
                    String.format(Locale.ROOT, "of %d images of none of the classes %.1f %% are recognised, %.1f %% of the others known;"
                            + " area under the ROC curve %.3f", some.others().length, 100 * some.told(), 100 * some.kept(), some.auroc()));
            json.putObject("novelty").put("others", some.others().length).put("told", some.told()).put("kept", some.kept())
                    .put("auroc", some.auroc());
        });
        DataReport.add(json, broken);
        output.result(json);
        return 0;
    }

    private static double[] novelties(KnownImages known, Evaluation evaluation) {
        return evaluation.features().values().stream().mapToDouble(known::novelty).toArray();
    }

    private BatchLoader ofOthers(Path folder, ImageFolder data, List<BrokenImage> unread) {
        ImageFiles files = ImageFiles.beneath(folder);
        unread.addAll(files.unreadable());
        if (files.images().isEmpty()) {
            throw new Failure("--others: " + folder + ": no images there; give a folder of image files");
        }
        List<Sample> samples = files.images().stream().map(file -> new Sample(file, List.of())).toList();
        return new BatchLoader(new Dataset.OfFiles(samples, limit.maxPixels()), new LabelSet(data.classes(), true), data.transforms(),
                LoaderOptions.evaluation(batch).cacheBytes(0));
    }

    private float[] features(Network net, Transforms transforms, Path image) {
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
