package thaw.finetune.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import thaw.engine.io.AtomicFile;

/**
 * The folder of one training run:
 *
 * <pre>
 * model.safetensors   the finished run's model, complete for prediction
 * settings.json       {@link RunSettings}
 * log.csv             one row per epoch
 * groups.csv          one row per epoch and layer group
 * broken.csv          the images that were skipped, with the reason; only if there are any
 * report.html         a report of the run
 * checkpoint/         until the run is finished: state.safetensors, the checkpoint to resume from; last.safetensors and
 *                     best.safetensors, the models after the last and the best epoch
 * run.lock            until the run is finished: locked by the process that trains
 * </pre>
 */
public record RunFolder(Path path) {

    private static final String TEMPORARY = ".tmp";

    /** The trained model, {@code model.safetensors}. */
    public Path model() {
        return path.resolve("model.safetensors");
    }

    /** The settings of the run, {@code settings.json}. */
    public Path settingsFile() {
        return path.resolve("settings.json");
    }

    /** A row per epoch, {@code log.csv}. */
    public Path log() {
        return path.resolve("log.csv");
    }

    /** A row per epoch and layer group, {@code groups.csv}. */
    public Path groups() {
        return path.resolve("groups.csv");
    }

    /** The images that could not be read, {@code broken.csv}. */
    public Path broken() {
        return path.resolve("broken.csv");
    }

    /** The page with curves and results, {@code report.html}. */
    public Path report() {
        return path.resolve("report.html");
    }

    /** The folder of the state to resume from; deleted when the run is complete. */
    public Path checkpoint() {
        return path.resolve("checkpoint");
    }

    Path state() {
        return checkpoint().resolve("state.safetensors");
    }

    Path lastModel() {
        return checkpoint().resolve("last.safetensors");
    }

    Path bestModel() {
        return checkpoint().resolve("best.safetensors");
    }

    private Path lockFile() {
        return path.resolve("run.lock");
    }

    /** Whether a run was started here. */
    public boolean hasRun() {
        return Files.exists(settingsFile());
    }

    /** Whether the run here is finished: the model exists, and the state, which is deleted last, does not. */
    public boolean isFinished() {
        return Files.exists(model()) && Files.notExists(state());
    }

    /** Whether there is a checkpoint to resume from. */
    public boolean hasCheckpoint() {
        return Files.exists(state());
    }

    /** @throws IOException if the file is missing or does not hold settings */
    public RunSettings settings() throws IOException {
        return RunSettings.read(settingsFile());
    }

    /**
     * Checks that a run can start here, before anything is written.
     *
     * @throws IOException if there is a run already, if the folder has other files, or if the path is a file
     */
    public void requireFree() throws IOException {
        if (hasRun()) {
            throw new IOException(path + ": holds a run already" + (isFinished() ? "; give another folder"
                    : ", which is not finished; resume it with --resume, or give another folder"));
        }
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new IOException(path + ": is a file; give a folder for the run, or a name that ends in .safetensors");
        }
        if (Files.isDirectory(path)) {
            try (Stream<Path> files = Files.list(path)) {
                Optional<Path> other = files.filter(file -> !isTemporary(file) && !file.equals(lockFile()))
                        .findFirst();
                if (other.isPresent()) {
                    throw new IOException(path + ": is a folder with other files (such as " + other.get().getFileName()
                            + "); give a new or empty folder for the run, or a name that ends in .safetensors");
                }
            }
        }
    }

    /**
     * Creates the folder and takes the exclusive lock on it: a file lock of the operating system, released when the channel
     * is closed, even if the process is killed. On a file system without locks the folder is not locked.
     *
     * @throws IOException if another process, or another run in this process, holds the lock
     */
    FileChannel lock() throws IOException {
        Files.createDirectories(path);
        FileChannel channel = FileChannel.open(lockFile(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!isOurs(channel)) {
            channel.close();
            throw new IOException(path + ": another process trains into this folder; wait until it ends, or give another folder");
        }
        return channel;
    }

    private static boolean isOurs(FileChannel channel) {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException inThisProcess) {
            return false;
        } catch (IOException noLocksHere) {
            return true;
        }
    }

    /**
     * Starts a run: writes the settings.
     *
     * @throws IOException if {@link #requireFree} refuses the folder, or writing fails
     */
    void begin(RunSettings settings) throws IOException {
        requireFree();
        settings.write(settingsFile());
    }

    /** Creates the checkpoint's folder, and deletes the temporary files of a run that was killed while writing. */
    void prepare() throws IOException {
        Files.createDirectories(checkpoint());
        for (Path folder : List.of(path, checkpoint())) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(RunFolder::isTemporary).forEach(RunFolder::delete);
            }
        }
    }

    /**
     * Deletes a finished run's checkpoint. The state goes first: from then on the run counts as finished, even if the
     * rest is not deleted.
     */
    public void removeCheckpoint() throws IOException {
        AtomicFile.delete(state());
        if (Files.isDirectory(checkpoint())) {
            try (Stream<Path> files = Files.list(checkpoint())) {
                files.forEach(RunFolder::delete);
            }
            Files.deleteIfExists(checkpoint());
        }
        // The run is finished now: a process that creates and locks a new lock file finds nothing to do.
        Files.deleteIfExists(lockFile());
    }

    private static boolean isTemporary(Path file) {
        String name = file.getFileName().toString();
        return name.startsWith(".") && name.endsWith(TEMPORARY);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
