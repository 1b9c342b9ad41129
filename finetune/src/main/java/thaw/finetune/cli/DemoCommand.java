package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import thaw.engine.io.AtomicFile;
import thaw.finetune.Classifier;
import thaw.finetune.Prediction;
import thaw.finetune.demo.Comparison;
import thaw.finetune.demo.ComparisonChart;
import thaw.finetune.demo.Demo;

/** {@code thaw demo}: fine-tuning as it's meant, on pictures that Thaw draws, beside other ways to train. */
@Command(name = "demo", sortOptions = false, customSynopsis = "thaw demo [OPTIONS]",
        description = "Fine-tunes the network that Thaw comes with, in several ways.",
        footer = {"", "Example: thaw demo --images-per-class 10"})
final class DemoCommand implements Callable<Integer> {

    private static final int PREDICTED = 3;

    @Option(names = "--images-per-class", paramLabel = "N", defaultValue = "20",
            description = "Pictures of each class to train on (default: 20).")
    private int perClass;

    @Option(names = "--test-images", paramLabel = "N", defaultValue = "50",
            description = "Of each class, to test on (default: 50).")
    private int tested;

    @Option(names = "--seeds", paramLabel = "N", defaultValue = "3",
            description = "Draws of pictures and initial weights (default: 3).")
    private int seeds;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute with (default: one a core).")
    private Integer threads;

    @Option(names = {"-o", "--out"}, paramLabel = "FOLDER", defaultValue = "thaw-demo",
            description = "For pictures and model (default: thaw-demo).")
    private Path folder;

    @Option(names = "--chart", paramLabel = "FILE", description = "Draws the comparison as a chart, too, a PNG file.")
    private Path chart;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() throws IOException {
        Counts.require("--images-per-class", perClass, 2);
        Counts.require("--test-images", tested, 1);
        Counts.require("--seeds", seeds, 1);
        Counts.require("--threads", threads == null ? 1 : threads, 1);
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new Failure("--out: " + folder + " is a file; give the name of a folder, which may exist");
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
                AtomicFile.write(chart, file ->
                        ImageIO.write(ComparisonChart.draw(comparison), "png", Channels.newOutputStream(file)));
            }
            output.text(String.format(Locale.ROOT, "%nall in %.0f s", (System.nanoTime() - start) / 1e9));
            output.result(json);
        }
        return 0;
    }

    /** Has the saved model look at the first test picture of each of a few classes. */
    private void predict(Demo demo, ObjectNode json) throws IOException {
        Path test = demo.pictures().testFolder();
        output.text(String.format(Locale.ROOT, "%nThe network trained step by step above is saved as %s. It sees", demo.model()));
        ArrayNode predictions = json.putArray("predictions");
        try (Classifier classifier = Classifier.load(demo.model())) {
            for (String name : classifier.classes().subList(0, PREDICTED)) {
                Path picture = test.resolve(name).resolve("0000.png");
                Prediction prediction = classifier.predict(picture);
                output.text(String.format(Locale.ROOT, "  in %s: %s, %.1f %% sure", picture, prediction.label(),
                        100 * prediction.probability()));
                predictions.addObject().put("image", picture.toString()).put("label", prediction.label())
                        .put("probability", prediction.probability());
            }
        }
        output.text(String.format(Locale.ROOT, "%nTry it: thaw evaluate %s --model %s", test, demo.model()));
    }
}
