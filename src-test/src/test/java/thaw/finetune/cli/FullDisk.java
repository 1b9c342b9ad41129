package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import thaw.engine.io.Weights;
import thaw.faults.DiskOperation;
import thaw.faults.DiskOperation.Kind;
import thaw.faults.ObservedFileSystem;

/**
 * Commands run in this process, whose default file system is an {@link ObservedFileSystem}, once for each operation on the disk that
 * they make, and that operation fails: alone, or with all after it.
 */
final class FullDisk {

    private static final ObservedFileSystem DISK = (ObservedFileSystem) FileSystems.getDefault().provider();
    private static final String REASON = "No space left on device";
    private static final String OLD = "an older file";

    private final Path folder;
    private final int writesApart;
    private final int othersApart;
    private final String only;
    private final int first;
    private final Path data;
    private final Path model;
    private int tried;

    private FullDisk(Path folder, int writesApart, int othersApart, String only, int first) throws IOException {
        this.folder = folder;
        this.writesApart = writesApart;
        this.othersApart = othersApart;
        this.only = only;
        this.first = first;
        data = ColourImages.blueAndRed(folder.resolve("data"));
        model = folder.resolve("model.safetensors");
    }

    /**
     * Arguments: an empty folder, and the distances between the writes and between the other operations that are tried; to go on with a
     * walk, also the name of the only command, and the first operation, from 1.
     */
    public static void main(String[] args) throws IOException {
        System.setProperty("thaw.cache", args[0] + "/cache");
        new FullDisk(Path.of(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2]), args.length > 3 ? args[3] : "",
                args.length > 4 ? Integer.parseInt(args[4]) : 1).walk();
    }

    private void walk() throws IOException {
        succeed(training(model, 1));
        write("train into a file", "out.safetensors", out -> training(out, 1));
        write("convert", "out.safetensors", out -> List.of("convert", model, out));
        write("blend", "out.safetensors", out -> List.of("blend", model, model, data, "--at", "0.5", "-o", out));
        write("adapt", "out.safetensors", out -> List.of("adapt", model, data.resolve("valid"), "-o", out));
        write("predict", "out.csv", out -> List.of("predict", data.resolve("valid/red/0.png"), "--model", model, "--csv", out));
        write("evaluate", "out.csv", out -> List.of("evaluate", data, "--model", model, "--predictions", out));
        write("interpret", "out.html", out -> List.of("interpret", model, data, "-o", out));
        write("visualize", "out.html", out -> List.of("visualize", model, data, "--top", 1, "--explain", 1, "-o", out));
        write("lr-find", "out.png", out -> List.of("lr-find", data, "--arch", "resnet20", "--size", 8, "--steps", 10, "--chart", out));
        features();
        Path run = train();
        write("compare", "out.html", out -> List.of("compare", run, run, "-o", out));
        assertTrue(tried > 0, () -> "no operation was tried: there is no command '" + only + "', or it makes fewer than " + first);
    }

    private List<Object> training(Path out, int epochs) {
        return List.of("train", data, "--arch", "resnet20", "--size", 8, "--batch", 10, "--epochs", epochs, "--keep",
                out.toString().endsWith(".safetensors") ? "last" : "best", "-o", out);
    }

    private static Run run(List<Object> command) {
        return Run.of(command.toArray());
    }

    private static void succeed(List<Object> command) {
        Run run = run(command);
        assertEquals(0, run.code(), run::toString);
    }

    // ---- faults ----------------------------------------------------------------------------------------------------

    /** Counts the operations below a folder, and fails some. */
    private static final class Fault implements DiskOperation.Observer {
        private final Path below;
        private final int first;
        private final int last;
        private final List<DiskOperation> seen = new ArrayList<>();

        Fault(Path below, int first, int last) {
            this.below = ObservedFileSystem.real(below);
            this.first = first;
            this.last = last;
        }

        @Override
        public synchronized void before(DiskOperation operation) throws IOException {
            if (!operation.path().startsWith(below)) {
                return;
            }
            seen.add(operation);
            if (seen.size() >= first && seen.size() <= last) {
                boolean named = operation.kind() != Kind.WRITE && operation.kind() != Kind.FORCE;
                throw named ? new FileSystemException(operation.path().toString(), null, REASON) : new IOException(REASON);
            }
        }
    }

    private interface Attempt {
        void make(Path below, DiskOperation failing, boolean once) throws IOException;
    }

    /**
     * Fails the operations that a command makes below a folder one by one: each alone, and with all after it. A walk that leaves
     * operations out takes the two in turn.
     */
    private void failEach(String name, List<DiskOperation> operations, Attempt attempt) throws IOException {
        if (!only.isEmpty() && !only.equals(name)) {
            return;
        }
        int before = tried;
        int[] seen = new int[2];
        for (int k = first; k <= operations.size(); k++) {
            if (k % 50 == 0) {
                System.out.println(name + ": operation " + k + " of " + operations.size());
            }
            boolean write = operations.get(k - 1).kind() == Kind.WRITE;
            if (seen[write ? 0 : 1]++ % (write ? writesApart : othersApart) != 0) {
                continue;
            }
            boolean[] ways = writesApart * othersApart == 1 ? new boolean[] {true, false} : new boolean[] {tried % 2 == 0};
            for (boolean once : ways) {
                Path below = Files.createDirectory(folder.resolve("attempt"));
                DISK.observer(new Fault(below, k, once ? k : Integer.MAX_VALUE));
                try {
                    attempt.make(below, operations.get(k - 1), once);
                } catch (IOException | RuntimeException | AssertionError failed) {
                    throw new AssertionError(name + ": " + operations.get(k - 1) + (once ? "" : " and all after it"), failed);
                } finally {
                    DISK.observer(operation -> {});
                }
                delete(below);
                tried++;
            }
        }
        System.out.println(name + ": operations " + first + " to " + operations.size() + ", " + (tried - before) + " faults");
    }

    private static List<DiskOperation> operations(Path below, Runnable command) {
        Fault none = new Fault(below, Integer.MAX_VALUE, 0);
        DISK.observer(none);
        command.run();
        DISK.observer(operation -> {});
        return none.seen;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(path);
            }
        }
    }

    private static List<Path> temporary(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> path.toString().endsWith(".tmp")).toList();
        }
    }

    // ---- commands --------------------------------------------------------------------------------------------------

    private interface Command {
        List<Object> writing(Path out);
    }

    /** A command that writes one file: it has the old content or the whole new one, and the command says which. */
    private void write(String name, String fileName, Command command) throws IOException {
        Path whole = Files.createDirectory(folder.resolve("whole"));
        Path written = Files.writeString(whole.resolve(fileName), OLD);
        List<DiskOperation> operations = operations(whole, () -> succeed(command.writing(written)));
        byte[] expected = Files.readAllBytes(written);
        failEach(name, operations, (below, failing, once) -> {
            Path out = below.resolve(fileName);
            Files.writeString(ObservedFileSystem.real(out), OLD);
            Run run = run(command.writing(out));
            if (failing.kind() == Kind.FORCE_FOLDER) {
                assertEquals(0, run.code(), run::toString);
                assertEquals(expected.length, Files.size(out), 100);
            } else {
                run.requireFailure(REASON, out.toString());
                assertEquals(OLD, Files.readString(out));
            }
            assertFalse(once && !temporary(below).isEmpty(), () -> "left: " + below);
        });
        delete(whole);
    }

    /** A cache that cannot be written costs time alone. */
    private void features() throws IOException {
        Path whole = Files.createDirectory(folder.resolve("whole"));
        System.setProperty("thaw.cache", whole.toString());
        List<Object> command = new ArrayList<>(training(folder.resolve("head.safetensors"), 1));
        command.addAll(List.of("--freeze-epochs", 2, "--augment", "none", "--frozen-bn", "eval", "--weights", model));
        command.removeAll(List.of("--arch", "resnet20"));
        List<DiskOperation> operations = operations(whole, () -> succeed(command));
        assertFalse(operations.isEmpty());
        byte[] expected = Files.readAllBytes(folder.resolve("head.safetensors"));
        failEach("features", operations, (below, failing, once) -> {
            System.setProperty("thaw.cache", below.toString());
            succeed(command);
            assertArrayEquals(expected, Files.readAllBytes(folder.resolve("head.safetensors")));
            assertFalse(once && !temporary(below).isEmpty(), () -> "left: " + below);
            try (Stream<Path> files = Files.walk(below)) {
                for (Path file : files.filter(path -> path.toString().endsWith(".safetensors")).toList()) {
                    Weights.read(file);
                }
            }
        });
        System.setProperty("thaw.cache", folder + "/cache");
        delete(whole);
    }

    /** Returns the folder of a run; one that failed ends with the same model when it is resumed. */
    private Path train() throws IOException {
        Path whole = folder.resolve("run");
        List<DiskOperation> operations = operations(whole, () -> succeed(training(whole, 2)));
        byte[] expected = Files.readAllBytes(whole.resolve("model.safetensors"));
        failEach("train into a folder", operations, (below, failing, once) -> {
            Path run = below.resolve("run");
            Run failed = run(training(run, 2));
            DISK.observer(operation -> {});
            // Java itself tries a second time to create a folder.
            if (once && (failing.kind() == Kind.FORCE_FOLDER || failing.kind() == Kind.CREATE_FOLDER)) {
                assertEquals(0, failed.code(), failed::toString);
            } else {
                failed.requireFailure(REASON, run.toString());
                boolean checkpoint = Files.exists(run.resolve("checkpoint/state.safetensors"));
                assertEquals(checkpoint, failed.errors().get(0).contains("thaw train --resume -o " + run), failed::toString);
                succeed(Files.exists(run.resolve("settings.json")) ? List.of("train", "--resume", "-o", run) : training(run, 2));
            }
            assertArrayEquals(expected, Files.readAllBytes(run.resolve("model.safetensors")));
            assertEquals(List.of(), temporary(run));
        });
        return whole;
    }
}
