package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An application that {@code spark-submit} runs, in a process of its own with one local core. */
final class Submission {
    private Submission() {
    }

    /** Submits an application and returns the text that it wrote on standard error. */
    static String of(Path folder, Class<?> application, int expectedExit, String... arguments) throws IOException, InterruptedException {
        Path errors = folder.resolve("errors.txt");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.addAll(List.of(System.getProperty("driver.options").trim().split("\\s+")));
        Path jar = Path.of(System.getProperty("java.class.path").split(File.pathSeparator)[0]);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.apache.spark.deploy.SparkSubmit", "--master", "local[1]",
                "--conf", "spark.ui.enabled=false", "--class", application.getName(), jar.toString()));
        command.addAll(List.of(arguments));
        int exit = new ProcessBuilder(command).redirectError(errors.toFile()).start().waitFor();
        String printed = Files.readString(errors);
        assertEquals(expectedExit, exit, printed);
        return printed;
    }

    /** The only line, besides Java's about the Vector API. */
    static String line(String printed) {
        List<String> lines = printed.lines().filter(line -> !line.startsWith("WARNING: Using incubator modules")).toList();
        assertEquals(1, lines.size(), printed);
        return lines.get(0);
    }
}
