package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.Transforms;
import thaw.finetune.lesson.ShiftsChapter;
import thaw.finetune.lesson.ShiftsPage;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.run.Fingerprint;

/** {@code thaw lesson}: answers a question about fine-tuning by an experiment, as a page. */
@Command(name = "lesson", sortOptions = false, customSynopsis = "thaw lesson [--chapter NAME] [-o PAGE.html] [OPTIONS]",
        description = "Answers a question about fine-tuning by an experiment, as a page.",
        footer = {"", "Example: thaw lesson --data cifar10-test --weights resnet20.th --near dogscats -o shifts.html"})
final class LessonCommand implements Callable<Integer> {

    private static final String PAGE_ENDING = ".html";

    enum Chapter { SHIFTS }

    @Option(names = "--chapter", paramLabel = "NAME", defaultValue = "shifts",
            description = "shifts: why do early layers get a small rate? (default: shifts).")
    private Chapter chapter;

    @Option(names = "--data", paramLabel = "DATA", description = "Images of the weights' classes (default: Thaw's own).")
    private @Nullable Path dataFolder;

    @Option(names = "--weights", paramLabel = "FILE", description = "Weights with a head for these classes (default: Thaw's own).")
    private @Nullable Path weightFile;

    @Option(names = "--near", paramLabel = "DATA", description = "Images of other classes.")
    private @Nullable Path nearFolder;

    @Option(names = "--images", paramLabel = "N", defaultValue = "100", description = "Training images of a draw (default: 100).")
    private int trained;

    @Option(names = "--test-images", paramLabel = "N", defaultValue = "300", description = "Test images (default: 300).")
    private int tested;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "8", description = "Epochs of each training (default: 8).")
    private int epochs;

    @Option(names = "--seeds", paramLabel = "N", defaultValue = "5", description = "Draws of images (default: 5).")
    private int draws;

    @Option(names = "--threads", paramLabel = "N", description = "Networks trained at a time (default: one per core).")
    private @Nullable Integer threads;

    @Option(names = {"-o", "--out"}, paramLabel = "PAGE.html", defaultValue = "lesson.html",
            description = "The page; measurements are kept beside it, in PAGE.json, and an ended lesson goes on from there (default:"
                    + " lesson.html).")
    private Path out;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() throws IOException {
        Counts.require("--threads", threads == null ? 1 : threads, 1);
        if (!out.toString().endsWith(PAGE_ENDING)) {
            throw new Failure("--out: expected a page's name that ends in " + PAGE_ENDING + ", got " + out);
        }
        AtomicFile.requireWritable(out);
        ShiftsChapter lesson = lesson(new ShiftsChapter.Amount(trained, tested, epochs, draws));
        String page = out.toString();
        Path measurements = Path.of(page.substring(0, page.length() - PAGE_ENDING.length()) + ".json");
        DeviceOptions.hint(output);
        ShiftsPage found;
        try (Progress progress = new Progress()) {
            long start = System.nanoTime();
            found = lesson.run(measurements, threads == null ? Runtime.getRuntime().availableProcessors() : threads,
                    (done, all, earlier) -> progress.step("trainings", done, all, () -> done == earlier ? "" : String.format(Locale.ROOT,
                            "%.0f s left", (System.nanoTime() - start) / 1e9 / (done - earlier) * (all - done))));
        }
        AtomicFile.write(out, found.html(command()).getBytes(StandardCharsets.UTF_8));
        found.verdicts().forEach(output::paragraph);
        output.text(String.format(Locale.ROOT, "%nThe page is %s, its measurements are in %s.", out, measurements));
        ObjectNode json = OutputOptions.object().put("page", page).put("measurements", measurements.toString());
        found.json(json);
        output.result(json);
        return 0;
    }

    private ShiftsChapter lesson(ShiftsChapter.Amount amount) throws IOException {
        if (dataFolder == null && weightFile == null && nearFolder == null) {
            return ShiftsChapter.embedded(amount);
        }
        if (dataFolder == null || weightFile == null) {
            throw new Failure("--data and --weights: give both, or neither for Thaw's own network and images");
        }
        Pretrained pretrained = Pretrained.read(weightFile, null, null, null, Set.of());
        int side = pretrained.config().size().orElse(Architectures.nativeSize(pretrained.architecture()));
        Transforms transforms = pretrained.config().normalize(Transforms.of(side));
        ImageFolder data = ImageFolder.of(dataFolder);
        ModelFile network;
        try (Device device = Device.cpu(1)) {
            network = ModelFile.of(pretrained.whole(device), data.classes(), transforms);
        }
        return ShiftsChapter.of(weightFile.getFileName() + " " + Fingerprint.ofFile(weightFile) + " on " + dataFolder.getFileName()
                + (nearFolder == null ? "" : ", near " + nearFolder.getFileName()), network, data,
                Optional.ofNullable(nearFolder).map(ImageFolder::of), amount);
    }

    /** The command that repeats the lesson. */
    private String command() {
        StringBuilder command = new StringBuilder("thaw lesson --chapter ").append(Choice.spelling(chapter));
        if (dataFolder != null) {
            command.append(" --data ").append(dataFolder).append(" --weights ").append(weightFile);
        }
        if (nearFolder != null) {
            command.append(" --near ").append(nearFolder);
        }
        return command.append(" --images ").append(trained).append(" --test-images ").append(tested).append(" --epochs ").append(epochs)
                .append(" --seeds ").append(draws).append(" -o ").append(out).toString();
    }
}
