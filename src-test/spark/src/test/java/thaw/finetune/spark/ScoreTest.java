package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application that spark-submit runs, in a process of its own. */
class ScoreTest {
    @TempDir
    private Path folder;

    /** Submits the application and returns what it wrote on standard error. */
    private String submit(int expectedExit, String... arguments) throws IOException, InterruptedException {
        Path errors = folder.resolve("errors.txt");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.addAll(List.of(System.getProperty("driver.options").trim().split("\\s+")));
        Path jar = Path.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator)[0]);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.apache.spark.deploy.SparkSubmit", "--master", "local[1]",
                "--conf", "spark.ui.enabled=false", "--class", Score.class.getName(), jar.toString()));
        command.addAll(List.of(arguments));
        int exit = new ProcessBuilder(command).redirectError(errors.toFile()).start().waitFor();
        String printed = Files.readString(errors);
        assertEquals(expectedExit, exit, printed);
        return printed;
    }

    @Test
    void aFolderIsScored() throws Exception {
        Path in = folder.resolve("in");
        for (Path file : Photographs.files("valid/cats/*00.jpg")) {
            Files.copy(file, Files.createDirectories(in.resolve("cats")).resolve(file.getFileName()));
        }
        Files.writeString(in.resolve("broken.jpg"), "no image");
        Path out = folder.resolve("out.json");
        submit(0, in.toString(), out.toString(), "--model", Photographs.model(folder).toString());
        Dataset<Row> scored = Cluster.session().read().json(out.toString());
        assertEquals(List.of("error", "label", "path", "probabilities", "probability"), List.of(scored.columns()));
        assertEquals(1, scored.where("error is not null and label is null and path like '%broken.jpg'").count());
        assertEquals(3, scored.where("error is null and size(probabilities) = 10 and probability = array_max(probabilities)").count());
    }

    @Test
    void aFaultIsOneLine() throws Exception {
        Path model = Files.writeString(folder.resolve("text.safetensors"), "no model at all");
        String printed = submit(2, Photographs.DATA.resolve("dogscats/valid/cats").toString(), folder.resolve("out").toString(), "--model",
                model.toString());
        List<String> lines = printed.lines().filter(line -> !line.startsWith("WARNING: Using incubator modules")).toList();
        assertEquals(1, lines.size(), printed);
        assertTrue(lines.get(0).startsWith("score: model: " + model), printed);
    }
}
