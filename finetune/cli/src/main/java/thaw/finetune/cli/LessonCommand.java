package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.Transforms;
import thaw.finetune.lesson.Lesson;
import thaw.finetune.lesson.LessonPage;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.run.Fingerprint;

/** {@code thaw lesson}: answers questions about fine-tuning by experiments, as a page. */
@Command(name = "lesson", sortOptions = false, customSynopsis = "thaw lesson [--chapter NAME,…] [-o PAGE.html] [OPTIONS]",
        description = "Answers questions about fine-tuning by experiments, as a page.",
        footer = {"", "Example: thaw lesson --chapter rates,line -o rates.html"})
final class LessonCommand extends Subcommand {

    private static final String PAGE_ENDING = ".html";

    @Option(names = "--chapter", paramLabel = "NAME", split = ",",
            description = "Chapters: shifts, rates, time, freeze, line, restarts, layers, pytorch, transfer (default: all).")
    private List<String> chosen = List.of();

    @Option(names = "--data", paramLabel = "DATA", description = "Images of the weights' classes (default: Thaw's own).")
    private @Nullable Path dataFolder;

    @Option(names = "--weights", paramLabel = "FILE", description = "Weights with a head for these classes (default: Thaw's own).")
    private @Nullable Path weightFile;

    @Option(names = "--near", paramLabel = "DATA", description = "Images of other classes.")
    private @Nullable Path nearFolder;

    @Option(names = "--images", paramLabel = "N", defaultValue = "50",
            description = "Training images of a draw, where their number is not the question (default: 50).")
    private int trained;

    @Option(names = "--test-images", paramLabel = "N", defaultValue = "200", description = "Test images (default: 200).")
    private int tested;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "5", description = "Epochs of each training (default: 5).")
    private int epochs;

    @Option(names = "--seeds", paramLabel = "N", defaultValue = "3", description = "Draws of images (default: 3).")
    private int draws;

    @Option(names = "--threads", paramLabel = "N", description = "Networks trained at a time (default: one per core).")
    private @Nullable Integer threads;

    @Option(names = {"-o", "--out"}, paramLabel = "PAGE.html", defaultValue = "lesson.html",
            description = "The page; measurements are kept beside it, in PAGE.json, and an ended lesson goes on from there (default:"
                    + " lesson.html).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Failure.ifBelow("--threads", threads == null ? 1 : threads, 1);
        if (!out.toString().endsWith(PAGE_ENDING)) {
            throw new Failure("--out: expected a page's name that ends in " + PAGE_ENDING + ", got " + out);
        }
        AtomicFile.requireWritable(out);
        Lesson lesson = lesson(new Lesson.Amount(trained, tested, epochs, draws));
        List<String> known = List.copyOf(lesson.questions().keySet());
        chosen.stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
            throw new Failure("--chapter: unknown chapter '" + name + "'" + Spelling.hint(name, known) + "; known are "
                    + String.join(", ", known));
        });
        String page = out.toString();
        Path measurements = Path.of(page.substring(0, page.length() - PAGE_ENDING.length()) + ".json");
        DeviceOptions.hint(output);
        LessonPage found;
        try (Progress progress = new Progress()) {
            long start = System.nanoTime();
            found = lesson.run(chosen.isEmpty() ? known : chosen, measurements,
                    threads == null ? Runtime.getRuntime().availableProcessors() : threads,
                    (chapter, done, all, earlier) -> progress.step("trials", done, all, () -> chapter + (done == earlier ? ""
                            : String.format(Locale.ROOT, ", %.0f s left", (System.nanoTime() - start) / 1e9 / (done - earlier) * (all
                                    - done)))));
        }
        AtomicFile.write(out, found.html(this::command).getBytes(StandardCharsets.UTF_8));
        found.text().forEach(output::paragraph);
        output.text(String.format(Locale.ROOT, "%nThe page is %s, its measurements are in %s.", out, measurements));
        ObjectNode json = OutputOptions.object().put("page", page).put("measurements", measurements.toString());
        found.json(json);
        output.result(json);
        return 0;
    }

    private Lesson lesson(Lesson.Amount amount) throws IOException {
        if (dataFolder == null && weightFile == null && nearFolder == null) {
            return Lesson.embedded(amount);
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
        return Lesson.of(weightFile.getFileName() + " " + Fingerprint.ofFile(weightFile) + " on " + dataFolder.getFileName()
                + (nearFolder == null ? "" : ", near " + nearFolder.getFileName()), network, data,
                Optional.ofNullable(nearFolder).map(ImageFolder::of), amount);
    }

    /** The command that repeats a chapter. */
    private String command(String chapter) {
        StringBuilder command = new StringBuilder("thaw lesson --chapter ").append(chapter);
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
