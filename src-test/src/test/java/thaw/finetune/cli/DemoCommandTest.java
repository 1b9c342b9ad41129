package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
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
        Path out = folder.resolve("thaw-demo");
        Path chart = folder.resolve("chart.png");
        JsonNode demo = Run.json(small("--chart", chart, "-o", out));
        assertEquals(List.of("early", "middle", "head"), demo.get("groups").findValuesAsText("name"));
        assertEquals(8, demo.get("epochs").size());
        assertEquals(0, demo.get("epochs").get(0).get("lr").get(0).asDouble(), "the body is frozen at first");
        assertEquals(5, demo.get("comparison").size());
        assertEquals(demo.get("accuracy"), demo.get("comparison").get(1).get("mean"));
        assertEquals(demo.get("comparison").get(1).get("accuracies").get(0), demo.get("accuracy"));
        assertEquals(20, demo.get("tested").asInt());
        assertEquals(out.resolve("model.safetensors").toString(), demo.get("model").asText());
        assertTrue(ImageIO.read(chart.toFile()).getWidth() > 0);
        try (Stream<Path> written = Files.list(out)) {
            assertEquals(List.of("draw-1-of-2", "model.safetensors", "test-of-2"),
                    written.map(file -> file.getFileName().toString()).sorted().toList());
        }

        // thaw evaluate and the Classifier find the figures that the demo states for its model.
        JsonNode evaluated = Run.json("evaluate", out.resolve("test-of-2"), "--model", demo.get("model").asText());
        assertEquals(demo.get("accuracy").asDouble(), evaluated.get("accuracy").asDouble());
        JsonNode first = demo.get("predictions").get(0);
        JsonNode predicted = Run.json("predict", first.get("image").asText(), "--model", demo.get("model").asText())
                .get("predictions").get(0);
        assertEquals(first.get("label"), predicted.get("label"));
        assertEquals(first.get("probability").asDouble(), predicted.get("probability").asDouble(), 1e-6);
    }

    @Test
    void saysWhatIsWrongWithItsOptions() throws IOException {
        Run.of("demo", "--images-per-class", 1).requireFailure("thaw: --images-per-class: expected at least 2, got 1");
        Run.of("demo", "-o", Files.createFile(folder.resolve("file"))).requireFailure("is a file");
        assertTrue(Run.of("demo", "--help").out().contains("thaw-demo"), "the default folder");
    }
}
