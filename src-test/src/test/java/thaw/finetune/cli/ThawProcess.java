package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import thaw.Extent;

/** The command line in a separate process, with this Java and this class path. */
final class ThawProcess {

    /** Access to native libraries; the jar that the launcher runs grants it by its manifest. */
    private static final String NATIVE = "--enable-native-access=ALL-UNNAMED";

    /** The options of Java for a process that computes much: the Vector API, as the launcher has it. */
    static final List<String> VECTORS = List.of("--add-modules", "jdk.incubator.vector");

    /**
     * The usual options of Java. In a sample they leave C2 out: Thaw then computes by plain loops, and a process that computes
     * little takes half as much of the processor's time.
     */
    private static final List<String> USUAL = Extent.FULL ? VECTORS
            : Stream.concat(VECTORS.stream(), Stream.of("-XX:TieredStopAtLevel=1")).toList();

    private final Process process;
    private final Path out;
    private final Path err;

    private ThawProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts a command with the usual options of Java. */
    static ThawProcess start(Path folder, Object... args) throws IOException {
        return start(folder, USUAL, args);
    }

    /** Starts a command with the usual options of Java, and standard output in the given file or device. */
    static ThawProcess startInto(Path out, Path folder, Object... args) throws IOException {
        return start(folder, USUAL, out, args);
    }

    /** @param folder the working directory, in which the files of standard output and standard error lie too */
    static ThawProcess start(Path folder, List<String> javaOptions, Object... args) throws IOException {
        return start(folder, javaOptions, Files.createTempFile(folder, "stdout", ".txt"), args);
    }

    private static ThawProcess start(Path folder, List<String> javaOptions, Path out, Object[] args) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add(NATIVE);
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        Path err = Files.createTempFile(folder, "stderr", ".txt");
        return new ThawProcess(new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(out.toFile())
                .redirectError(err.toFile()).start(), out, err);
    }

    /** Runs a command that must succeed with {@code --json}, and returns the JSON object on standard output. */
    static JsonNode json(Path folder, Object... args) throws IOException {
        return json(folder, USUAL, args);
    }

    /** {@link #json(Path, Object...)} with options of Java. */
    static JsonNode json(Path folder, List<String> javaOptions, Object... args) throws IOException {
        ThawProcess thaw = start(folder, javaOptions, args);
        assertEquals(0, thaw.exitCode(), thaw::toString);
        assertEquals(List.of(), thaw.errors());
        assertEquals(1, thaw.output().size(), thaw::toString);
        JsonNode json = new ObjectMapper().readTree(thaw.output().get(0));
        assertTrue(json.isObject(), thaw::toString);
        return json;
    }

    int exitCode() {
        try {
            assertTrue(process.waitFor(2, TimeUnit.MINUTES), () -> "still running: " + this);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            process.destroyForcibly();
        }
        return process.exitValue();
    }

    /** Ends the process by SIGKILL, so that no shutdown hook runs. */
    void kill() {
        process.destroyForcibly();
        exitCode();
    }

    /** Sends a signal by name. */
    void signal(String name) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor());
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** The lines on standard output so far. */
    List<String> output() {
        return lines(out);
    }

    /** The lines on standard error so far, without Java's own line about the Vector API's module. */
    List<String> errors() {
        return lines(err).stream().filter(line -> !line.startsWith("WARNING: Using incubator modules")).toList();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return "stdout " + output() + ", stderr " + errors();
    }
}
