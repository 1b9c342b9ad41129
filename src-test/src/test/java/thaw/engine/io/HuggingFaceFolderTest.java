package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.kernels.Shape;

class HuggingFaceFolderTest {

    private static final String CONFIG = """
            {"architecture": "resnet34", "num_classes": 1000, "global_pool": null,
             "model_args": {"aa_layer": "avg", "block": {"stride": true}},
             "pretrained_cfg": {"mean": [0.485, 0.456, 0.406], "crop_pct": 0.950, "url": "", "tags": ["a", {"b": 1}]},
             "id2label": {"0": "tench", "1": "goldfish, \\"gold\\""}}""";

    @TempDir
    Path folder;

    private Path written(String name, float value) throws IOException {
        Path path = folder.resolve(name);
        Weights.write(path, Map.of("w", StoredTensor.of(Shape.of(1), new float[] {value})), Map.of("format", "pt"));
        return path;
    }

    @Test
    void configBecomesMetadata() throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        Map<String, String> expected = Map.of("format", "pt", "config.architecture", "resnet34", "config.num_classes", "1000",
                "config.model_args.aa_layer", "avg", "config.model_args.block.stride", "true",
                "config.pretrained_cfg.mean", "[0.485, 0.456, 0.406]", "config.pretrained_cfg.crop_pct", "0.950",
                "config.pretrained_cfg.url", "", "config.id2label.0", "tench", "config.id2label.1", "goldfish, \"gold\"");
        Path weights = written("model.safetensors", 1);
        assertEquals(expected, Weights.read(weights).metadata());
        assertEquals(expected, Weights.read(weights, "").metadata());
        assertEquals(expected, Weights.read(folder).metadata());
        Path copied = folder.resolve("copied.safetensors");
        Weights.write(copied, Weights.read(weights), Weights.read(weights).metadata());
        assertEquals(expected, Weights.read(copied).metadata());
    }

    /** Beside several weight files, a config is of those alone that have the hub's names. */
    @Test
    void configOfAnotherFileIsNotTaken() throws IOException {
        Path first = written("first.safetensors", 1);
        Files.writeString(folder.resolve("config.json"), CONFIG);
        assertEquals("resnet34", Weights.read(first).metadata().get("config.architecture"));
        Path model = written("model.safetensors", 1);
        assertEquals(Map.of("format", "pt"), Weights.read(first).metadata());
        assertEquals("resnet34", Weights.read(model).metadata().get("config.architecture"));
    }

    @Test
    void configsOfOtherPrograms() throws IOException {
        Path weights = written("model.safetensors", 1);
        Files.writeString(folder.resolve("config.json"), "{\"port\": 8080}");
        assertEquals(Map.of("format", "pt"), Weights.read(weights).metadata());
        for (String broken : new String[] {"{\"architecture\": ", "[1]", "", "{\"a\": \u0001}"}) {
            Files.writeString(folder.resolve("config.json"), broken);
            WeightFileException e = assertThrows(WeightFileException.class, () -> Weights.read(weights));
            assertTrue(e.getMessage().contains("config.json") && e.getMessage().contains("move it away"), e.getMessage());
        }
    }

    /** Python's json writes them so. */
    @Test
    void configsMayHoldNumbersThatAreNotFinite() throws IOException {
        Path weights = written("model.safetensors", 1);
        Files.writeString(folder.resolve("config.json"), "{\"architecture\": \"resnet18\", \"a\": NaN, \"b\": [-Infinity, 1]}");
        assertEquals("NaN", Weights.read(weights).metadata().get("config.a"));
        assertEquals("[-Infinity, 1]", Weights.read(weights).metadata().get("config.b"));
    }

    /** Objects in 16 others are flattened, those around them counted; deeper ones are left out, and what follows them is read. */
    @Test
    void objectsInObjects() throws IOException {
        Path weights = written("model.safetensors", 1);
        for (int depth : new int[] {16, 17}) {
            Files.writeString(folder.resolve("config.json"), "{\"architecture\": \"resnet18\", " + "\"k\": {".repeat(depth)
                    + "\"v\": 1" + "}".repeat(depth) + ", \"last\": 2}");
            Map<String, String> metadata = Weights.read(weights).metadata();
            assertEquals(depth == 16 ? "1" : null, metadata.get("config." + "k.".repeat(depth) + "v"));
            assertEquals("2", metadata.get("config.last"));
        }
    }

    @Test
    void aFolderStandsForTheWeightsInIt() throws IOException {
        written("other.safetensors", 3);
        String message = assertThrows(WeightFileException.class, () -> Weights.read(folder)).getMessage();
        assertTrue(message.contains("is a folder") && message.contains("other.safetensors"), message);
        Path saved = Files.createDirectory(folder.resolve("saved"));
        Files.createFile(saved.resolve("saved_model.pb"));
        assertTrue(assertThrows(WeightFileException.class, () -> Weights.read(saved)).getMessage().contains("TensorFlow"));
        Path distributed = Files.createDirectory(folder.resolve("distributed"));
        Files.createFile(distributed.resolve(".metadata"));
        assertTrue(assertThrows(WeightFileException.class, () -> Weights.read(distributed)).getMessage().contains("dcp_to_torch"));
        Path deepSpeed = Files.createDirectory(folder.resolve("deepspeed"));
        Files.createFile(deepSpeed.resolve("zero_to_fp32.py"));
        assertTrue(assertThrows(WeightFileException.class, () -> Weights.read(deepSpeed)).getMessage().contains("zero_to_fp32"));
        written("pytorch_model.bin", 2);
        assertArrayEquals(new float[] {2}, Weights.read(folder).get("w").toFloats());
        written("model.safetensors", 1);
        assertArrayEquals(new float[] {1}, Weights.read(folder).get("w").toFloats());
    }
}
