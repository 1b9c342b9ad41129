package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.Extent;
import thaw.finetune.train.FitState;

/** Run folders: a run that is killed at any moment and resumed ends with the same bits as an uninterrupted one. */
class RunFolderTest {

    /** The completed batches, of 15 in all, after which a process is killed. */
    private static final int[] KILLED_AFTER = Extent.FULL ? new int[] {1, 2, 4, 5, 7, 9, 10, 12} : new int[] {3, 9};
    private static final int BATCHES_OF_AN_EPOCH = 5;

    @TempDir
    private static Path folder;
    private static Path data;
    private static Path whole;

    /** Options with much state: dropout's generator, a weight average, two phases, and mixed, augmented images. */
    private static Object[] command(Path run) {
        return new Object[] {"train", data, "--arch", "resnet20", "--size", 8, "--batch", 4, "--head", "concat",
            "--freeze-epochs", 1, "--epochs", 2, "--gradual", "--lr", "1e-4:1e-2", "--ema", "0.9", "--augment", "fastai",
            "--mixup", "--keep", "best", "--checkpoint-every", 0, "--threads", 1, "-o", run};
    }

    @BeforeAll
    static void wholeRun() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        whole = folder.resolve("whole");
        ThawProcess thaw = ThawProcess.start(folder, command(whole));
        assertEquals(0, thaw.exitCode(), thaw::toString);
    }

    private static ThawProcess resume(Path run) throws IOException {
        return Files.exists(run.resolve("settings.json")) ? ThawProcess.start(folder, "train", "--resume", "-o", run)
                : ThawProcess.start(folder, command(run));
    }

    @Test
    void holdsWhatItShould() throws IOException {
        try (Stream<Path> files = Files.list(whole)) {
            List<String> names = files.map(file -> file.getFileName().toString()).toList();
            assertTrue(names.containsAll(List.of("model.safetensors", "settings.json", "log.csv", "groups.csv",
                    "report.html")),
                    names::toString);
            assertTrue(names.stream().noneMatch(name -> name.equals("checkpoint") || name.equals("run.lock") || name.endsWith(".tmp")),
                    names::toString);
        }
        assertEquals(1 + 3, Files.readAllLines(whole.resolve("log.csv")).size());
        assertEquals(1 + 3 * 3, Files.readAllLines(whole.resolve("groups.csv")).size());
    }

    /** Waits until the run's checkpoint is of the given number of batches or more, or the process has ended. */
    private static void await(ThawProcess thaw, Path run, int batches) throws IOException, InterruptedException {
        Path checkpoint = run.resolve("checkpoint/state.safetensors");
        while (thaw.isRunning()) {
            try {
                FitState.Position position = FitState.read(checkpoint).position();
                if (position.dataEpoch() * BATCHES_OF_AN_EPOCH + position.batch() >= batches) {
                    return;
                }
            } catch (NoSuchFileException noCheckpoint) {
                // Before the first step, and after the last.
            }
            Thread.sleep(10);
        }
    }

    private static void requireTheSameRun(Path run) throws IOException {
        assertArrayEquals(Files.readAllBytes(whole.resolve("model.safetensors")), Files.readAllBytes(run.resolve("model.safetensors")));
        assertEquals(withoutSeconds(whole.resolve("log.csv")), withoutSeconds(run.resolve("log.csv")));
        assertEquals(Files.readAllLines(whole.resolve("groups.csv")), Files.readAllLines(run.resolve("groups.csv")));
        try (Stream<Path> left = Files.list(run)) {
            assertTrue(left.noneMatch(file -> file.toString().endsWith(".tmp")), "half-written files are removed");
        }
    }

    /** The operation that a kill hits is left to chance: {@link CrashedRunTest} has each of them. */
    @Test
    void killedManyTimesItEndsWithTheSameBytes() throws IOException, InterruptedException {
        Path run = folder.resolve("killed");
        int kills = 0;
        for (int batches : KILLED_AFTER) {
            ThawProcess thaw = resume(run);
            await(thaw, run, batches);
            kills += thaw.isRunning() ? 1 : 0;
            thaw.kill();
        }
        assertTrue(kills > 0, "each process ended before it was killed");
        ThawProcess last = resume(run);
        assertEquals(0, last.exitCode(), last::toString);
        requireTheSameRun(run);
    }

    /** A second process may not use the folder, because both would write the same files; an interrupted one saves, and frees it. */
    @Test
    void oneProcessAtATimeUntilControlC() throws IOException, InterruptedException {
        Path run = folder.resolve("shared");
        ThawProcess first = ThawProcess.start(folder, command(run));
        await(first, run, 1);
        first.signal("STOP");
        ThawProcess second = resume(run);
        assertEquals(2, second.exitCode(), second::toString);
        assertEquals(1, second.errors().size(), second::toString);
        assertTrue(second.errors().get(0).contains("another process trains into this folder"), second::toString);
        first.signal("CONT");
        first.signal("INT");
        assertEquals(130, first.exitCode(), first::toString);
        assertTrue(first.errors().stream().anyMatch(line -> line.contains("--resume")), first::toString);
        ThawProcess third = resume(run);
        assertEquals(0, third.exitCode(), third::toString);
        requireTheSameRun(run);
    }

    private static List<String> withoutSeconds(Path log) throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(log));
        lines.replaceAll(line -> line.substring(0, line.lastIndexOf(',')));
        return lines;
    }

    @Test
    void otherSettingsAreNamed() throws IOException {
        Path run = folder.resolve("whole");
        List<Object> other = new ArrayList<>(List.of(command(run)));
        other.set(other.indexOf("0.9"), "0.8");
        other.add("--resume");
        Run.of(other.toArray()).requireFailure("fit.average.decay was 0.9, is 0.8");
        Run.of("train", "--resume", "--epochs", 9, "-o", run).requireFailure("leave --epochs out");
        Run finished = Run.of("train", "--resume", "-o", run);
        assertEquals(0, finished.code(), finished::toString);
        assertTrue(finished.out().contains("finished already"), finished::toString);
        Run.of(command(run)).requireFailure("holds a run already");
    }

    /** Images that changed under the same names are reported before the run resumes. */
    @Test
    void otherImagesAreNoticed() throws IOException {
        Path images = ColourImages.blueAndRed(folder.resolve("changing"));
        Path run = folder.resolve("of changing images");
        Object[] line = command(run);
        line[1] = images;
        Run first = Run.of(line);
        assertEquals(0, first.code(), first::toString);
        Path image = images.resolve("train/blue/3.png");
        byte[] before = Files.readAllBytes(image);

        Files.setLastModifiedTime(image, FileTime.fromMillis(0));
        Run resumed = Run.of("train", "--resume", "-o", run);
        assertEquals(0, resumed.code(), resumed::toString);
        assertEquals(1, resumed.errors().size(), resumed::toString);
        assertTrue(resumed.errors().get(0).contains("were rewritten"), resumed::toString);

        Files.write(image, new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
        Object[] whole = Arrays.copyOf(line, line.length + 1);
        whole[line.length] = "--resume";
        for (Object[] resuming : List.of(whole, new Object[] {"train", "--resume", "-o", run})) {
            Run.of(resuming).requireFailure("files of the same names have other sizes");
        }

        Files.write(image, before);
        Files.delete(images.resolve("valid/red/0.png"));
        Run.of("train", "--resume", "-o", run).requireFailure("then 20 for training and 8 for validation, now 20 and 7");
    }
}
