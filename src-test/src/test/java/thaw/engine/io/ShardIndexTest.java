package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.kernels.Shape;

class ShardIndexTest {

    private static final String FIRST = "model-00001-of-00002.safetensors";
    private static final String SECOND = "model-00002-of-00002.bin";

    @TempDir
    Path folder;

    private Path index;

    @BeforeEach
    void shards() throws IOException {
        Weights.write(folder.resolve(FIRST), Map.of("a", StoredTensor.of(Shape.of(1), new float[] {3}), "more",
                StoredTensor.of(Shape.of(1), new float[] {4})), Map.of("format", "pt"));
        Files.write(folder.resolve(SECOND), Fixture.bytes("protocol4.pth"));
        index = index("{\"metadata\": {\"total_size\": 12},"
                + " \"weight_map\": {\"w\": \"" + SECOND + "\", \"a\": \"" + FIRST + "\"}}");
    }

    private Path index(String json) throws IOException {
        return Files.writeString(folder.resolve("model.safetensors.index.json"), json);
    }

    @Test
    void tensorsOfAllShards() throws IOException {
        for (Path given : new Path[] {index, folder}) {
            Weights w = Weights.read(given);
            assertEquals(List.of("w", "a"), new ArrayList<>(w.keySet()));
            assertArrayEquals(new float[] {1, -2}, w.get("w").toFloats());
            assertArrayEquals(new float[] {3}, w.get("a").toFloats());
            assertEquals(Map.of("format", "pt"), w.metadata());
            assertEquals("", w.key());
        }
    }

    private void refused(String... words) {
        String message = assertThrows(WeightFileException.class, () -> Weights.read(index)).getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
    }

    @Test
    void whatIsMissing() throws IOException {
        index("{\"weight_map\": {\"b\": \"" + FIRST + "\"}}");
        refused("model.safetensors.index.json", "\"b\"", FIRST);
        index("{\"weight_map\": {\"a\": \"" + FIRST + "\", \"w\": \"" + SECOND + "\"}}");
        Files.delete(folder.resolve(SECOND));
        refused("in several files", "\"" + SECOND + "\" is missing");
        assertTrue(assertThrows(WeightFileException.class, () -> Weights.read(index, "model")).getMessage()
                .contains("leave the key out"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../w.bin", "/etc/passwd", "a/b.bin", "..", ".", "", "C:w.bin", "..\\\\w.bin", "a\\u0000b"})
    void shardsOutsideTheFolder(String name) throws IOException {
        index("{\"weight_map\": {\"a\": \"" + name + "\"}}");
        refused("lie beside it");
    }

    @Test
    void anIndexOfItself() throws IOException {
        index("{\"weight_map\": {\"a\": \"model.safetensors.index.json\"}}");
        refused("another index");
    }
}
