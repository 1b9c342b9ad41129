package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.data.Csv;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.ModelFile;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** {@code evaluate --precision} and {@code predict --threshold} for a model that predicts red for every image, with 1/(1 + 1/e). */
class SelectiveAnswersTest {

    @TempDir
    private static Path folder;
    private static Path data;
    private static Path model;

    @BeforeAll
    static void write() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        model = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 2, 1);
            net.namedParameters().get("fc.weight").set(new float[2 * 64]);
            net.namedParameters().get("fc.bias").set(0, 1);
            ModelFile.of(net, List.of("blue", "red"), Transforms.of(ColourImages.SIDE)).write(model);
        }
    }

    private static JsonNode json(Object... args) throws IOException {
        Run run = Run.of(args);
        assertEquals(0, run.code(), run::toString);
        return new ObjectMapper().readTree(run.out());
    }

    /** Four of eight are right, all at one probability; with one more mistake 5 of 9 are wrong, so that 4/9 is reached. */
    @Test
    void evaluateFindsTheThresholdOfAPrecision() throws IOException {
        JsonNode reached = json("evaluate", data, "--model", model, "--precision", 0.4, "--json").get("selective");
        assertEquals(0.4, reached.get("precision").asDouble());
        double threshold = reached.get("threshold").asDouble();
        assertEquals(1 / (1 + Math.exp(-1)) / 2, threshold, 1e-6);
        assertTrue(json("predict", data.resolve("valid/red/1.png"), "--model", model, "--threshold", threshold, "--json")
                .get("predictions").get(0).get("answered").asBoolean(), "predict takes each threshold that evaluate finds");
        assertEquals(1, reached.get("answered").asDouble());
        assertEquals(0.5, reached.get("right").asDouble());
        JsonNode missed = json("evaluate", data, "--model", model, "--precision", 0.45, "--json").get("selective");
        assertTrue(missed.get("threshold").isNull() && missed.get("answered").isNull(), missed::toString);
        assertEquals(0, json("evaluate", data, "--model", model, "--precision", 0.98, "--json").get("selective").get("out_of_fold")
                .get("answered").asDouble());
        String text = Run.of("evaluate", data, "--model", model, "--precision", 0.98).out();
        assertTrue(text.contains("precision 0.98: no threshold reaches it on 8 images"), text);
    }

    @Test
    void predictAnswersAboveAThreshold() throws IOException {
        Path image = data.resolve("valid/red/1.png");
        JsonNode above = json("predict", image, "--model", model, "--threshold", 0.7, "--json").get("predictions").get(0);
        assertTrue(above.get("answered").asBoolean());
        JsonNode below = json("predict", image, "--model", model, "--threshold", 0.8, "--json").get("predictions").get(0);
        assertFalse(below.get("answered").asBoolean());
        assertEquals("red", below.get("label").asText());
        assertFalse(json("predict", image, "--model", model, "--json").get("predictions").get(0).has("answered"));
        String text = Run.of("predict", image, "--model", model, "--threshold", 0.8).out();
        assertTrue(text.contains("unsure; most probable: red 73.1 %"), text);
    }

    /** With a threshold below 1/2 several classes may be above it; one of them is predicted. */
    @Test
    void theTableHasOneClassOrNone() throws IOException {
        Path table = folder.resolve("predictions.csv");
        for (Map.Entry<Double, String> answer : Map.of(0.1, "red", 0.7, "red", 0.8, "").entrySet()) {
            assertEquals(0, Run.of("predict", data.resolve("valid/red/1.png"), "--model", model, "--threshold", answer.getKey(), "--csv",
                    table).code());
            assertEquals(answer.getValue(), Csv.read(table).get(1).get(1), "above " + answer.getKey());
        }
    }

    @Test
    void errorsSayWhatToDo() {
        Run.of("evaluate", data, "--model", model, "--precision", 98).requireFailure("--precision: ", "0.98");
        Run.of("predict", data.resolve("valid/red/1.png"), "--model", model, "--threshold", 1).requireFailure("--threshold: ");
    }
}
