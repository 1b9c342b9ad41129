package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.report.Numbers;
import thaw.finetune.run.BrokenImages;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.run.RunSettings;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.Learner;
import thaw.finetune.train.LearningRateChart;
import thaw.finetune.train.LearningRateSweep;
import thaw.finetune.train.SweepOptions;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.Granularity;
import thaw.resnet.ResNet;

/** {@code thaw lr-find}: suggests learning rates by a sweep. */
@Command(name = "lr-find", sortOptions = false, customSynopsis = "thaw lr-find DATA [--weights FILE] [--arch NAME] [OPTIONS]",
        description = "Suggests learning rates by training briefly at increasing rates.",
        footer = {"", "Example: thaw lr-find photos --weights resnet50.pth --per-group --chart rates.png"})
final class LrFindCommand extends DeviceCommand {

    @Parameters(paramLabel = "DATA", arity = "0..1", description = "Folder of class folders, or of train/ and valid/.")
    private @Nullable Path dataFolder;

    @Mixin
    private NetworkOptions networkOptions;

    @Option(names = "--per-group", description = "One sweep per layer group, the others kept fixed.")
    private boolean perGroup;

    @Option(names = "--groups", paramLabel = "GRANULARITY", defaultValue = "3",
            description = "Layer groups: 3, stages or blocks (default: 3).")
    private Granularity granularity;

    @Option(names = "--freeze-to", paramLabel = "N", defaultValue = "0",
            description = "Freezes the groups before N; -1: all but the head (default: 0).")
    private int freezeTo;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "100", description = "Steps per sweep (default: 100).")
    private int steps;

    @Option(names = "--start", paramLabel = "RATE", defaultValue = "1e-7", description = "First rate (default: 1e-7).")
    private double start;

    @Option(names = "--end", paramLabel = "RATE", defaultValue = "10", description = "Last rate (default: 10).")
    private double end;

    @Option(names = "--chart", paramLabel = "FILE", description = "Writes a chart of the losses (PNG).")
    private @Nullable Path chart;

    @Mixin
    private FitOptions fitOptions;

    @Mixin
    private DataOptions dataOptions;

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
        Failure.ifBelow("--steps", steps, 1);
        SweepOptions options = Failure.naming("--start and --end", () -> new SweepOptions(start, end, steps, true));
        if (chart != null) {
            AtomicFile.requireWritable(chart);
        }
        dataOptions.requireSense();
        NetworkOptions.Start from = networkOptions.read();
        RunSettings.Data data = dataOptions.describe(dataFolder, from.transforms(dataOptions.size()));
        RunSettings.Variation variation = dataOptions.variation();
        ImageFolder images = data.images(variation, deviceOptions.threads());
        try (Device device = deviceOptions.open(output)) {
            device.generator().seed(variation.seed());
            ResNet net = from.build(device, images.classes().size(), variation.seed());
            if (from.isPretrained()) {
                from.pretrained().notes().forEach(output::note);
            }
            try (Learner learn = new Learner(net, images).granularity(granularity).settings(fitOptions.settings())
                    .loss(fitOptions.objective(images)).freezeTo(freezeTo)) {
                output.text(images.summary() + DataReport.skipped(images));
                report(sweeps(learn, options), learn, images, from.isPretrained());
            }
        }
        return 0;
    }

    private List<LearningRateSweep> sweeps(Learner learn, SweepOptions options) {
        try (Progress progress = new Progress()) {
            learn.addListener(new TrainingListener() {
                private String group;
                private int done;

                @Override
                public void onPhase(TrainingPhase sweep, int number, int count) {
                    group = sweep.name();
                    done = 0;
                }

                @Override
                public void onBatch(BatchResult batch) {
                    progress.step("sweep of " + group, ++done, options.iterations());
                }
            });
            return perGroup ? learn.lrFindPerGroup(options) : List.of(learn.lrFind(options));
        }
    }

    private void report(List<LearningRateSweep> sweeps, Learner learn, ImageFolder images, boolean headIsNew) throws IOException {
        output.text(String.format(Locale.ROOT, "%-12s  %-10s  %-10s  %-10s", "group", "valley", "steep", "minimum"));
        ObjectNode json = OutputOptions.object();
        ArrayNode array = json.putArray("sweeps");
        for (LearningRateSweep sweep : sweeps) {
            output.text(String.format(Locale.ROOT, "%-12s  %-10s  %-10s  %-10s", sweep.group(), text(sweep.valley()),
                    text(sweep.steep()), text(sweep.minimum())).stripTrailing());
            ObjectNode one = array.addObject().put("group", sweep.group());
            put(one, "valley", sweep.valley());
            put(one, "steep", sweep.steep());
            put(one, "minimum", sweep.minimum());
            ArrayNode rates = one.putArray("lr");
            sweep.rates().forEach(rates::add);
            sweep.losses().forEach(one.putArray("loss")::add);
        }
        output.text("""
                valley: the suggested rate, in the middle of the longest fall of the loss
                steep: the rate where the loss falls most steeply
                minimum: a tenth of the rate of the lowest loss; higher rates may diverge
                They lie far apart where the loss falls over several decades of rates.""");
        if (perGroup) {
            output.text((headIsNew ? "The head is new, of random numbers. " : "") + """
                    Each sweep trains one group, the others stay
                    fixed: it finds where that group begins to learn, not how the rates of the
                    groups should relate. An early group often has the highest valley, because
                    alone it must change most to lower the loss. --lr auto takes the rates of a
                    training from the gradients.""");
        }
        if (chart != null) {
            ByteArrayOutputStream png = new ByteArrayOutputStream();
            ImageIO.write(LearningRateChart.draw(sweeps), "png", png);
            AtomicFile.write(chart, png.toByteArray());
            output.text("chart written to " + chart);
            json.put("chart", chart.toString());
        }
        BrokenImages broken = BrokenImages.of(learn.data().broken());
        DataReport.note(output, broken, "in the result of --json");
        DataReport.add(json, images, images.summary());
        DataReport.add(json, broken);
        output.result(json);
    }

    private static String text(OptionalDouble rate) {
        return rate.isEmpty() ? "-" : Numbers.compact(rate.getAsDouble());
    }

    private static void put(ObjectNode json, String name, OptionalDouble rate) {
        json.put(name, rate.isEmpty() ? null : (Double) rate.getAsDouble());
    }
}
