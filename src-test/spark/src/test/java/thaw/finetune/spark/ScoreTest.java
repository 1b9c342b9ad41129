package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application that spark-submit runs, in a process of its own. */
class ScoreTest {
    @TempDir
    private Path folder;

    @Test
    void aFolderIsScored() throws Exception {
        Path in = folder.resolve("in");
        for (Path file : Photographs.files("valid/cats/*00.jpg")) {
            Files.copy(file, Files.createDirectories(in.resolve("cats")).resolve(file.getFileName()));
        }
        Files.writeString(in.resolve("broken.jpg"), "no image");
        Path out = folder.resolve("out.json");
        Submission.of(folder, Score.class, 0, in.toString(), out.toString(), "--model", Photographs.model(folder).toString());
        Dataset<Row> scored = Cluster.session().read().json(out.toString());
        assertEquals(List.of("error", "label", "path", "probabilities", "probability"), List.of(scored.columns()));
        assertEquals(1, scored.where("error is not null and label is null and path like '%broken.jpg'").count());
        assertEquals(3, scored.where("error is null and size(probabilities) = 10 and probability = array_max(probabilities)").count());
    }

    @Test
    void aFaultIsOneLine() throws Exception {
        Path model = Files.writeString(folder.resolve("text.safetensors"), "no model at all");
        String printed = Submission.of(folder, Score.class, 2, Photographs.DATA.resolve("dogscats/valid/cats").toString(),
                folder.resolve("out").toString(), "--model",
                model.toString());
        assertTrue(Submission.line(printed).startsWith("score: model: " + model), printed);
    }
}
