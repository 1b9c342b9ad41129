package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import thaw.finetune.Classifier;
import thaw.finetune.Prediction;
import thaw.finetune.demo.Comparison;
import thaw.finetune.demo.ComparisonChart;
import thaw.finetune.demo.Demo;

/** {@code thaw demo}: fine-tuning as it's meant, on pictures that Thaw draws, beside other ways to train. */
@Command(name = "demo", sortOptions = false,
        description = "Fine-tunes the network that Thaw comes with on a few pictures, and compares that with other ways.",
        footer = {"", "Example: thaw demo --images-per-class 10"})
final class DemoCommand implements Callable<Integer> {

    private static final int PREDICTED = 3;

    @Option(names = "--images-per-class", paramLabel = "N", defaultValue = "20",
            description = "Pictures of each class to train on (default: 20).")
    private int perClass;

    @Option(names = "--test-images-per-class", paramLabel = "N", defaultValue = "50",
            description = "Other pictures of each class to test on (default: 50).")
    private int tested;

    @Option(names = "--seeds", paramLabel = "N", defaultValue = "3",
            description = "Repeats all of it with so many draws of pictures and initial weights (default: 3).")
    private int seeds;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute with (default: one a core).")
    private Integer threads;

    @Option(names = {"-o", "--out"}, paramLabel = "FOLDER", defaultValue = "thaw-demo",
            description = "Where pictures and model are written (default: thaw-demo).")
    private Path folder;

    @Option(names = "--chart", paramLabel = "FILE", description = "Draws the comparison as a chart, too; a PNG file.")
    private Path chart;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() throws IOException {
        requireAtLeast("--images-per-class", perClass, 2);
        requireAtLeast("--test-images-per-class", tested, 1);
        requireAtLeast("--seeds", seeds, 1);
        requireAtLeast("--threads", threads == null ? 1 : threads, 1);
        if (chart != null) {
            OutputFile.requireWritable(chart);
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
                ImageIO.write(ComparisonChart.draw(comparison), "png", chart.toFile());
            }
            output.text(String.format(Locale.ROOT, "%nall in %.0f s", (System.nanoTime() - start) / 1e9));
            output.result(json);
        }
        return 0;
    }

    private static void requireAtLeast(String option, int value, int least) {
        if (value < least) {
            throw new Failure(option + ": expected at least " + least + ", got " + value);
        }
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
