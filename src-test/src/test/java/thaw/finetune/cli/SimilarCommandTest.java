package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.ModelFile;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

class SimilarCommandTest {

    @TempDir
    private static Path folder;
    private static Path data;
    private static Path model;

    @BeforeAll
    static void write() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        model = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(1)) {
            ModelFile.of(ResNet.of(Architecture.byName("resnet20"), device, 2, 1), List.of("blue", "red"), Transforms.of(ColourImages.SIDE))
                    .write(model);
        }
    }

    /** An image is nearest to itself, then to those of its colour. */
    @Test
    void findsImagesOfTheSameColour() throws IOException {
        Path red = data.resolve("valid/red/1.png");
        Files.writeString(data.resolve("valid/broken.png"), "no image");
        Run run = Run.of("similar", model, red, data.resolve("valid"), "--top", 4, "--json");
        assertEquals(0, run.code(), run::toString);
        assertEquals(1, run.errors().size(), run::toString);
        assertTrue(run.errors().get(0).contains("broken.png"), run::toString);
        JsonNode found = new ObjectMapper().readTree(run.out());
        assertEquals(8, found.get("searched").asInt());
        assertEquals(4, found.get("similar").size());
        assertEquals(red.toString(), found.get("similar").get(0).get("image").asText());
        assertEquals(1, found.get("similar").get(0).get("cosine").asDouble(), 1e-6);
        found.get("similar").forEach(one -> assertTrue(one.get("image").asText().contains("red"), found::toString));
        String text = Run.of("similar", model, red, data.resolve("valid"), "--top", 1).out();
        assertTrue(text.startsWith("1.0000  " + red), text);
    }

    @Test
    void errorsSayWhatToDo() throws IOException {
        Path red = data.resolve("valid/red/1.png");
        Run.of("similar", model, red, data, "--top", 0).requireFailure("--top: ");
        Run.of("similar", model, folder.resolve("missing.png"), data.resolve("train")).requireFailure("missing.png");
        Run.of("similar", model, red, folder.resolve("missing")).requireFailure("missing: no such folder");
        Run.of("similar", model, red, Files.createDirectory(folder.resolve("empty"))).requireFailure("no images there");
        Run.of("similar", red, red, data).requireFailure("1.png");
    }
}
