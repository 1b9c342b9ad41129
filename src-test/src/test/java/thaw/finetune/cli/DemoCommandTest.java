package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code thaw demo} with few images. */
class DemoCommandTest {

    private static final List<Object> SMALL = List.of("demo", "--images-per-class", 2, "--test-images", 2,
            "--seeds", 1);

    @TempDir
    private Path folder;

    private static Object[] small(Object... more) {
        return Stream.concat(SMALL.stream(), Stream.of(more)).toArray();
    }

    @Test
    void tellsOfGroupsEpochsAndComparisonAndSavesWhatItNames() throws IOException {
        JsonNode demo = ThawProcess.json(folder, ThawProcess.VECTORS, small("--json", "--chart", "chart.png"));
        assertEquals(List.of("early", "middle", "head"), demo.get("groups").findValuesAsText("name"));
        assertEquals(8, demo.get("epochs").size());
        assertEquals(0, demo.get("epochs").get(0).get("lr").get(0).asDouble(), "the body is frozen at first");
        assertEquals(5, demo.get("comparison").size());
        assertEquals(demo.get("accuracy"), demo.get("comparison").get(1).get("mean"));
        assertEquals(demo.get("comparison").get(1).get("accuracies").get(0), demo.get("accuracy"));
        assertEquals(20, demo.get("tested").asInt());
        assertEquals("thaw-demo/model.safetensors", demo.get("model").asText());
        assertTrue(ImageIO.read(folder.resolve("chart.png").toFile()).getWidth() > 0);
        try (Stream<Path> written = Files.list(folder.resolve("thaw-demo"))) {
            assertEquals(List.of("draw-1-of-2", "model.safetensors", "test-of-2"),
                    written.map(file -> file.getFileName().toString()).sorted().toList());
        }

        // thaw evaluate and the Classifier find the figures that the demo states for its model.
        JsonNode evaluated = new ObjectMapper().readTree(Run.of("evaluate", folder.resolve("thaw-demo/test-of-2"), "--model",
                folder.resolve("thaw-demo/model.safetensors"), "--json").out());
        assertEquals(demo.get("accuracy").asDouble(), evaluated.get("accuracy").asDouble());
        JsonNode first = demo.get("predictions").get(0);
        JsonNode predicted = ThawProcess.json(folder, "predict", first.get("image").asText(), "--model",
                "thaw-demo/model.safetensors", "--json").get("predictions").get(0);
        assertEquals(first.get("label"), predicted.get("label"));
        assertEquals(first.get("probability").asDouble(), predicted.get("probability").asDouble(), 1e-6);
    }

    @Test
    void saysWhatIsWrongWithItsOptions() throws IOException {
        ThawProcess thaw = ThawProcess.start(folder, "demo", "--images-per-class", 1);
        assertEquals(2, thaw.exitCode());
        assertTrue(thaw.errors().contains("thaw: --images-per-class: expected at least 2, got 1"), thaw::toString);
        Path file = Files.createFile(folder.resolve("file"));
        ThawProcess taken = ThawProcess.start(folder, "demo", "-o", file);
        assertEquals(2, taken.exitCode());
        assertTrue(taken.errors().get(0).contains("is a file"), taken::toString);
    }
}
