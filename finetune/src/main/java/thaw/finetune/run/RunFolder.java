package thaw.finetune.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a run keeps what it makes:
 *
 * <pre>
 * model.safetensors   to predict from alone, when the run is finished
 * settings.json       {@link RunSettings}
 * log.csv             a row an epoch
 * groups.csv          a row for an epoch and layer group
 * broken.csv          the images that were passed over, and why; where there are any
 * report.html         all of it to look at
 * checkpoint/         while it is not finished: state.safetensors to go on from; last.safetensors and best.safetensors,
 *                     models after the last and the best epoch
 * run.lock            while it is not finished: locked by the process that trains
 * </pre>
 */
public record RunFolder(Path path) {

    private static final String TEMPORARY = ".tmp";

    public Path model() {
        return path.resolve("model.safetensors");
    }

    public Path settingsFile() {
        return path.resolve("settings.json");
    }

    public Path log() {
        return path.resolve("log.csv");
    }

    public Path groups() {
        return path.resolve("groups.csv");
    }

    public Path broken() {
        return path.resolve("broken.csv");
    }

    public Path report() {
        return path.resolve("report.html");
    }

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

    /** Whether a run began here. */
    public boolean hasRun() {
        return Files.exists(settingsFile());
    }

    /** Whether a run ended here: the model is there, and the state, which goes last, is gone. */
    public boolean isFinished() {
        return Files.exists(model()) && Files.notExists(state());
    }

    /** Whether there is a checkpoint to go on from. */
    public boolean hasCheckpoint() {
        return Files.exists(state());
    }

    /** @throws IOException if there are none, or the file has something else */
    public RunSettings settings() throws IOException {
        return RunSettings.read(settingsFile());
    }

    /**
     * For a check before work begins.
     *
     * @throws IOException if a run can't begin here: there is one already, or the folder has other files, or is none
     */
    public void requireFree() throws IOException {
        if (hasRun()) {
            throw new IOException(path + ": holds a run already" + (isFinished() ? "; give another folder"
                    : ", which is not finished; go on with it by --resume, or give another folder"));
        }
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new IOException(path + ": is a file; give a folder for the run, or a name that ends in .safetensors");
        }
        if (Files.isDirectory(path)) {
            try (Stream<Path> files = Files.list(path)) {
                Optional<Path> other = files.filter(file -> !isTemporary(file) && !file.equals(lockFile()))
                        .findFirst();
                if (other.isPresent()) {
                    throw new IOException(path + ": is a folder with something else in it (" + other.get().getFileName()
                            + "); give a new or empty one for the run, or a name that ends in .safetensors");
                }
            }
        }
    }

    /**
     * Makes the folder, and keeps it for one process.
     *
     * @throws IOException if another one trains into it
     */
    RunLock lock() throws IOException {
        Files.createDirectories(path);
        return RunLock.take(lockFile());
    }

    /** Writes the settings. */
    void begin(RunSettings settings) throws IOException {
        requireFree();
        settings.write(settingsFile());
    }

    /** Makes the checkpoint's folder, and takes away what a run that was killed had not finished writing. */
    void prepare() throws IOException {
        Files.createDirectories(checkpoint());
        for (Path folder : List.of(path, checkpoint())) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(RunFolder::isTemporary).forEach(RunFolder::delete);
            }
        }
    }

    /** Takes the checkpoint of a finished run away: its state first, then the run is finished whatever comes. */
    public void removeCheckpoint() throws IOException {
        Files.deleteIfExists(state());
        if (Files.isDirectory(checkpoint())) {
            try (Stream<Path> files = Files.list(checkpoint())) {
                files.forEach(RunFolder::delete);
            }
            Files.deleteIfExists(checkpoint());
        }
        // From here on a run is finished, and whoever takes another file's lock finds nothing to do.
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
