package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import thaw.engine.io.AtomicFile;
import thaw.finetune.demo.Comparison;
import thaw.finetune.demo.ComparisonChart;
import thaw.finetune.demo.Demo;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Prediction;

/** {@code thaw demo}: compares recommended fine-tuning with other ways to train, on synthetic images. */
@Command(name = "demo", sortOptions = false, customSynopsis = "thaw demo [OPTIONS]",
        description = "Fine-tunes the bundled network on synthetic images, in several ways.",
        footer = {"", "Example: thaw demo --images-per-class 10"})
final class DemoCommand extends Subcommand {

    private static final int PREDICTED = 3;

    @Option(names = "--images-per-class", paramLabel = "N", defaultValue = "20",
            description = "Training images per class (default: 20).")
    private int perClass;

    @Option(names = "--test-images", paramLabel = "N", defaultValue = "50",
            description = "Test images per class (default: 50).")
    private int tested;

    @Option(names = "--seeds", paramLabel = "N", defaultValue = "3",
            description = "Draws of images and initial weights (default: 3).")
    private int seeds;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: one per core).")
    private @Nullable Integer threads;

    @Option(names = {"-o", "--out"}, paramLabel = "FOLDER", defaultValue = "thaw-demo",
            description = "Folder for images and model (default: thaw-demo).")
    private Path folder;

    @Option(names = "--chart", paramLabel = "FILE", description = "Writes the comparison as a chart (PNG).")
    private @Nullable Path chart;

    @Override
    public Integer call() throws IOException {
        Failure.ifBelow("--images-per-class", perClass, 2);
        Failure.ifBelow("--test-images", tested, 1);
        Failure.ifBelow("--seeds", seeds, 1);
        Failure.ifBelow("--threads", threads == null ? 1 : threads, 1);
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new Failure("--out: " + folder + " is a file; expected a new or an existing folder");
        }
        if (chart != null) {
            AtomicFile.requireWritable(chart);
        }
        DeviceOptions.hint(output);
        long start = System.nanoTime();
        Demo demo = new Demo(folder, perClass, tested, seeds,
                threads == null ? Runtime.getRuntime().availableProcessors() : threads);
        try (DemoReport report = new DemoReport(output)) {
            Comparison comparison = demo.run(report);
            report.comparison(comparison);
            ObjectNode json = report.json(comparison).put("model", demo.model().toString())
                    .put("seconds", (System.nanoTime() - start) / 1e9);
            predict(demo, json);
            if (chart != null) {
                AtomicFile.write(chart, file -> ImageIO.write(ComparisonChart.draw(comparison), "png", Channels.newOutputStream(file)));
            }
            output.text(String.format(Locale.ROOT, "%ntotal time %.0f s", (System.nanoTime() - start) / 1e9));
            output.result(json);
        }
        return 0;
    }

    /** Predicts the first test image of each of the first {@value #PREDICTED} classes with the saved model. */
    private void predict(Demo demo, ObjectNode json) throws IOException {
        Path test = demo.images().testFolder();
        output.text(String.format(Locale.ROOT, "%nThe network of these epochs is saved as %s. Its predictions:", demo.model()));
        ArrayNode predictions = json.putArray("predictions");
        try (Classifier classifier = Classifier.load(demo.model())) {
            for (String name : classifier.classes().subList(0, PREDICTED)) {
                Path image = test.resolve(name).resolve("0000.png");
                Prediction prediction = classifier.predict(image);
                output.text(String.format(Locale.ROOT, "  %s: %s, probability %.1f %%", image, prediction.label(),
                        100 * prediction.probability()));
                predictions.addObject().put("image", image.toString()).put("label", prediction.label())
                        .put("probability", prediction.probability());
            }
        }
        output.text(String.format(Locale.ROOT, "%nTry it: thaw evaluate %s --model %s", test, demo.model()));
    }
}
