package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.loss.Objective;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.WeightInterpolation;
import thaw.resnet.Network;

/** {@code thaw blend}: measures models between two, and keeps the best. */
@Command(name = "blend", sortOptions = false, customSynopsis = "thaw blend A B DATA [--at FROM:TO:STEP] [-o OUT] [OPTIONS]",
        description = "Measures models between two of the same start: (1 - t) A + t B, batch norm's statistics too.",
        footer = {"", "Example: thaw blend head.safetensors model.safetensors photos --at 0:1:0.1 -o blend.safetensors"})
final class BlendCommand extends DeviceCommand {

    private static final int MOST_POINTS = 1000;

    @Parameters(index = "0", paramLabel = "A", description = "The model at t = 0.")
    private Path first;

    @Parameters(index = "1", paramLabel = "B", description = "The model at t = 1.")
    private Path second;

    @Parameters(index = "2", paramLabel = "DATA",
            description = "Folder of class folders; if it has train/ and valid/, valid/ is used.")
    private Path dataFolder;

    @Option(names = "--at", paramLabel = "T", defaultValue = "0:1:0.1", description = "One t, or FROM:TO:STEP (default: 0:1:0.1).")
    private String at;

    @Option(names = {"-o", "--out"}, paramLabel = "OUT", description = "File for the model with the highest accuracy.")
    private @Nullable Path out;

    @Mixin
    private ListingOptions listing;

    @Override
    public Integer call() throws IOException {
        List<Double> points = points(at);
        if (out != null) {
            AtomicFile.requireWritable(out);
        }
        ModelFile a = ModelFile.read(first);
        ModelFile b = ModelFile.read(second);
        listing.requireFit(a, first);
        ImageFolder data = listing.source(dataFolder).images().threads(deviceOptions.threads()).classes(a.classes())
                .transforms(a.transforms());
        double best = -1;
        double bestAt = 0;
        ArrayNode rows = OutputOptions.object().putArray("points");
        try (Device device = deviceOptions.open(output)) {
            BatchLoader images = data.evaluationLoader();
            output.text(data.evaluationSummary());
            output.text("    t  accuracy    loss");
            for (double t : points) {
                Evaluation found = evaluate(WeightInterpolation.at(a, b, t), images, device);
                output.text(String.format(Locale.ROOT, "%5.2f  %6.1f %%  %6.4f", t, 100 * found.accuracy(), found.loss()));
                rows.addObject().put("t", t).put("accuracy", found.accuracy()).put("loss", found.loss());
                if (found.accuracy() > best) {
                    best = found.accuracy();
                    bestAt = t;
                }
            }
        }
        output.paragraph(String.format(Locale.ROOT, "highest at t = %.2f: %.1f %%, chosen on these images; others may like another"
                + " better", bestAt, 100 * best));
        ObjectNode json = OutputOptions.object().put("t", bestAt).put("accuracy", best);
        json.set("points", rows);
        if (out != null) {
            WeightInterpolation.at(a, b, bestAt).write(out);
            output.text("model saved as " + out);
            json.put("model", out.toString());
        }
        output.result(json);
        return 0;
    }

    private static Evaluation evaluate(ModelFile model, BatchLoader images, Device device) {
        Network net = model.toNet(device);
        try {
            return Evaluation.of(net, images, Objective.of(model), done -> {});
        } finally {
            net.release();
        }
    }

    /** The points of {@code T} or {@code FROM:TO:STEP}. */
    private static List<Double> points(String text) {
        try {
            double[] parts = Stream.of(text.split(":", -1)).mapToDouble(Double::parseDouble).toArray();
            if (parts.length == 1 && Double.isFinite(parts[0])) {
                return List.of(parts[0]);
            }
            double steps = parts.length == 3 ? Math.floor((parts[1] - parts[0]) / parts[2] + 1e-9) : -1;
            if (steps >= 0 && steps < MOST_POINTS && DoubleStream.of(parts).allMatch(Double::isFinite)) {
                return IntStream.rangeClosed(0, (int) steps).mapToObj(i -> parts[0] + i * parts[2]).toList();
            }
        } catch (NumberFormatException none) {
            // The message below tells the form.
        }
        throw new Failure("--at: expected a number such as 0.5, or FROM:TO:STEP such as 0:1:0.1 with at most " + MOST_POINTS
                + " points, got " + text);
    }
}
