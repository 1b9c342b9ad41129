package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.Extent;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.FitState;

/** Faults of a real system while a process trains: what was saved before can be read, and one line says what happened. */
class RealFaultsTest {

    @TempDir
    private Path folder;
    private Path data;

    @BeforeEach
    void images() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
    }

    private List<Object> training(Path out, Object... more) {
        List<Object> command = new ArrayList<>(List.of("train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--batch", 10,
                "--threads", 1, "--checkpoint-every", 0, "-o", out));
        if (!out.toString().endsWith(".safetensors")) {
            command.addAll(List.of("--diagnostics", 0));
        }
        command.addAll(List.of(more));
        return command;
    }

    private static Run run(List<Object> command) {
        return Run.of(command.toArray());
    }

    /** Trains long, and returns when there is a checkpoint. */
    private ThawProcess startLongRun(Path run) throws IOException, InterruptedException {
        ThawProcess thaw = ThawProcess.start(folder, training(run, "--epochs", 100_000).toArray());
        while (thaw.isRunning() && Files.notExists(run.resolve("checkpoint/state.safetensors"))) {
            Thread.sleep(5);
        }
        assertTrue(thaw.isRunning(), thaw::toString);
        return thaw;
    }

    private static void requireFailure(ThawProcess thaw, String... words) {
        assertEquals(2, thaw.exitCode(), thaw::toString);
        assertEquals(1, thaw.errors().size(), thaw::toString);
        Arrays.stream(words).forEach(word -> assertTrue(thaw.errors().get(0).contains(word), word + " in " + thaw));
    }

    // ---- disks -----------------------------------------------------------------------------------------------------

    /** A file system in memory, for as long as it is open. */
    private record Disk(Path path) implements AutoCloseable {

        static Disk mount(Path path, String options) throws IOException {
            Files.createDirectory(path);
            assumeTrue(succeeds("mount", "-t", "tmpfs", "-o", options, "tmpfs", path.toString()),
                    "skipped: this user cannot mount a file system");
            return new Disk(path);
        }

        void remount(String options) throws IOException {
            assertTrue(succeeds("mount", "-o", "remount," + options, path.toString()));
        }

        /** Lazily: a model file stays mapped until its buffer is collected. */
        @Override
        public void close() throws IOException {
            assertTrue(succeeds("umount", "-l", path.toString()));
        }

        private static boolean succeeds(String... command) throws IOException {
            try {
                return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start()
                        .waitFor() == 0;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** A run that fills the disk at several sizes of it, resumed with more room. */
    @Test
    void aFullDisk() throws IOException {
        Path whole = folder.resolve("whole");
        assertEquals(0, run(training(whole, "--epochs", 2)).code());
        for (int mebibytes : Extent.FULL ? new int[] {1, 2, 4, 6} : new int[] {5}) {
            try (Disk disk = Disk.mount(folder.resolve("disk" + mebibytes), "size=" + mebibytes + "m")) {
                Path run = disk.path().resolve("run");
                run(training(run, "--epochs", 2)).requireFailure("No space left on device", run.toString());
                disk.remount("size=64m");
                Run resumed = run(List.of("train", "--resume", "-o", run));
                assertEquals(0, resumed.code(), resumed::toString);
                assertArrayEquals(Files.readAllBytes(whole.resolve("model.safetensors")),
                        Files.readAllBytes(run.resolve("model.safetensors")));
            }
        }
    }

    @Test
    void aFullDiskUnderAModelFile() throws IOException {
        try (Disk disk = Disk.mount(folder.resolve("disk"), "size=1m")) {
            Path model = Files.writeString(disk.path().resolve("model.safetensors"), "an older model");
            run(training(model, "--epochs", 1)).requireFailure("cannot write " + model + ": No space left on device");
            assertEquals("an older model", Files.readString(model));
            try (Stream<Path> left = Files.list(disk.path())) {
                assertEquals(List.of(model), left.toList());
            }
        }
    }

    /** Also root cannot write on a disk that has become read-only. */
    @Test
    void aDiskThatIsReadOnly() throws IOException {
        try (Disk disk = Disk.mount(folder.resolve("disk"), "size=1m")) {
            Path run = disk.path().resolve("run");
            run(training(run, "--epochs", 1)).requireFailure("No space left on device");
            disk.remount("ro");
            run(List.of("train", "--resume", "-o", run)).requireFailure(run.toString(), "Read-only file system");
            Path model = disk.path().resolve("model.safetensors");
            run(training(model, "--epochs", 1)).requireFailure("cannot write " + model, "no permission to write in the folder");
        }
    }

    @Test
    void aFolderThatVanishes() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        ThawProcess thaw = startLongRun(run);
        thaw.signal("STOP");
        Files.move(run, folder.resolve("moved"));
        thaw.signal("CONT");
        // The folder is missed before a file is written, or while one is.
        requireFailure(thaw, "cannot write " + run, "folder");
        assertFalse(Files.exists(run));
        FitState.read(folder.resolve("moved/checkpoint/state.safetensors"));
    }

    /** Java has an error of its own for a mapped file whose pages are gone, thrown some time after the access; 17 and 25 word it so. */
    @ParameterizedTest
    @ValueSource(strings = {"a fault occurred in a recent unsafe memory access operation in compiled Java code",
        "a fault occurred in an unsafe memory access operation"})
    void aWeightFileThatIsCutShortWhileItIsRead(String message) {
        assertEquals("thaw: a file was cut short while it was read, or its disk failed; try again when nothing writes to it",
                ErrorLine.of(new InternalError(message)));
    }

    // ---- images ----------------------------------------------------------------------------------------------------

    /** Images that are removed, replaced or cut short during a run are skipped and named, unless they are in memory already. */
    @Test
    void imagesThatChangeWhileARunReadsThem() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        ThawProcess thaw = ThawProcess.start(folder, training(run, "--epochs", 4).toArray());
        while (thaw.isRunning() && Files.notExists(run.resolve("checkpoint/state.safetensors"))) {
            Thread.sleep(5);
        }
        assertTrue(thaw.isRunning(), thaw::toString);
        Path removed = data.resolve("train/blue/1.png");
        Path cut = data.resolve("valid/red/2.png");
        Files.delete(removed);
        Files.write(cut, new byte[10]);
        Path other = Files.copy(data.resolve("train/red/4.png"), data.resolve("train/new.png"));
        Files.move(other, data.resolve("train/red/3.png"), StandardCopyOption.REPLACE_EXISTING);
        assertEquals(0, thaw.exitCode(), thaw::toString);
        ModelFile.read(run.resolve("model.safetensors"));
        Path table = run.resolve("broken.csv");
        List<String> broken = Files.exists(table) ? Files.readAllLines(table) : List.of();
        assertTrue(broken.stream().skip(1).allMatch(line -> line.startsWith(removed.toString()) || line.startsWith(cut.toString())),
                broken::toString);
    }

    // ---- memory ----------------------------------------------------------------------------------------------------

    /** The first epoch fits into the heap, the second does not. */
    @Test
    void aHeapThatGetsFull() throws IOException {
        Path run = folder.resolve("run");
        List<Object> command = training(run, "--epochs", 2, "--sizes", "8,72");
        command.subList(4, 6).clear();
        // Without C2: the Vector API's code that is not compiled yet fills so small a heap again and again.
        ThawProcess thaw = ThawProcess.start(folder, List.of("--add-modules", "jdk.incubator.vector", "-XX:TieredStopAtLevel=1", "-Xmx64m"),
                command.toArray());
        requireFailure(thaw, "does not fit into Java's heap of", "use a smaller batch",
                "continue with more memory by thaw train --resume -o "
                        + run + ", or with other settings in a new run");
        FitState.read(run.resolve("checkpoint/state.safetensors"));
        ModelFile.read(run.resolve("checkpoint/last.safetensors"));
        Run resumed = run(List.of("train", "--resume", "-o", run));
        assertEquals(0, resumed.code(), resumed::toString);
    }
}
