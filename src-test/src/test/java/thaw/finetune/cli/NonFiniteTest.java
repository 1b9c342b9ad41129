package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.Weights;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.ModelFile;
import thaw.resnet.ResNet;

/** Weights that are infinite or NaN, or with which a network overflows, in every command that reads weights. */
class NonFiniteTest {

    @TempDir
    private static Path folder;
    private static Path data;

    @BeforeAll
    static void prepare() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        save("sound", "conv1.weight", null);
        save("nan", "layer2.1.bn2.weight", Float.NaN);
        save("variance", "bn1.running_var", -1f);
        save("large", "layer2.0.bn1.weight", 3e38f);
    }

    /** A model and its weights, in which the last element of a tensor is {@code value}, or all elements if that is large. */
    private static void save(String name, String tensor, Float value) throws IOException {
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 2);
            if (value != null) {
                Tensor t = net.namedParameters().containsKey(tensor) ? net.namedParameters().get(tensor)
                        : net.namedBuffers().get(tensor);
                float[] values = t.toFloats();
                Arrays.fill(values, value > 1 ? 0 : values.length - 1, values.length, value);
                t.set(values);
            }
            Weights.write(folder.resolve(name + ".weights.safetensors"), net.stateDict(), Map.of());
            ModelFile.of(net, List.of("blue", "red"), Transforms.of(ColourImages.SIDE)).write(folder.resolve(name + ".safetensors"));
        }
    }

    private static Path weights(String name) {
        return folder.resolve(name + ".weights.safetensors");
    }

    private static Path model(String name) {
        return folder.resolve(name + ".safetensors");
    }

    private static Path image(String name) {
        return data.resolve("valid/blue/" + name);
    }

    @Test
    void everyCommandNamesTheFileAndTheTensor() {
        Map<String, String> faults = Map.of("nan", "layer2.1.bn2.weight: 1 of 32 elements is not finite as float32, the first NaN at"
                + " index 31", "variance",
                "bn1.running_var: 1 of 16 elements is negative, which a variance can't be, the first -1.0 at index 15");
        faults.forEach((name, fault) -> {
            Run.of("evaluate", data, "--model", model(name)).requireFailure(model(name) + ": " + fault);
            Run.of("evaluate", data, "--weights", weights(name), "--json").requireFailure(weights(name) + ": " + fault);
            Run.of("predict", image("0.png"), "--model", model(name)).requireFailure(model(name) + ": " + fault);
            Run.of("train", data, "--weights", weights(name), "-o", folder.resolve("out.safetensors"))
                    .requireFailure(weights(name) + ": " + fault);
            Run.of("lr-find", data, "--weights", weights(name)).requireFailure(weights(name) + ": " + fault);
            assertFalse(Files.exists(folder.resolve("out.safetensors")));
        });
    }

    /** Non-finite weights are converted bit for bit. */
    @Test
    void convertTakesThem() throws IOException {
        Path out = folder.resolve("converted.safetensors");
        assertEquals(0, Run.of("convert", weights("nan"), out).code());
        Weights before = Weights.read(weights("nan"));
        Weights.read(out).forEach((name, tensor) -> assertEquals(before.get(name).bytes(), tensor.bytes(), name));
    }

    @Test
    void predictNamesTheImages() {
        Path csv = folder.resolve("large.csv");
        for (Run run : List.of(Run.of("predict", image("1.png"), image("2.png"), "--model", model("large"), "--csv", csv),
                Run.of("predict", image("1.png"), "--model", model("large"), "--json"))) {
            assertEquals(2, run.code(), run::toString);
            assertTrue(
                    run.errors().get(0).startsWith("thaw: " + image("1.png") + ": the model's scores are not finite, that of blue is NaN"),
                    run::toString);
            assertEquals("", run.out());
        }
        assertFalse(Files.exists(csv));
    }

    @Test
    void evaluateHasNoNumberForWhatIsNotDefined() throws IOException {
        Run text = Run.of("evaluate", data, "--model", model("large"));
        assertEquals(0, text.code(), text::toString);
        assertTrue(text.out().contains("roc_auc not defined") && text.out().contains("loss not defined"), text::toString);
        assertFalse(text.out().contains("NaN"), text::toString);
        assertTrue(text.errors().get(0).contains("the scores of 8 of 8 images are not finite") && text.errors().get(0).contains("0.png"),
                text::toString);
        JsonNode json = json(Run.of("evaluate", data, "--weights", weights("large"), "--size", ColourImages.SIDE, "--json"));
        assertEquals(0, json.get("correct").asInt());
        assertEquals(8, json.get("undefined_images").asInt());
        assertTrue(json.get("loss").isNull() && json.get("metrics").get("ece").isNull(), json::toString);
        assertEquals(0, json.get("metrics").get("accuracy").asDouble());
    }

    /** A single class has no ROC curve, even if all scores are finite. */
    @Test
    void metricsOfOneClassAreNull() throws IOException {
        Path blue = folder.resolve("one");
        ColourImages.fill(blue.resolve("blue"), 3, 0x2040c0);
        JsonNode json = json(Run.of("evaluate", blue, "--model", model("sound"), "--json"));
        assertEquals(0, json.get("undefined_images").asInt());
        assertTrue(json.get("metrics").get("roc_auc").isNull(), json::toString);
        assertTrue(json.get("loss").isNumber(), json::toString);
    }

    private static JsonNode json(Run run) throws IOException {
        assertEquals(0, run.code(), run::toString);
        assertFalse(run.out().contains("NaN") || run.out().contains("Infinity"), run::toString);
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void trainingBlamesNoRateForItsFirstBatch() {
        for (Run run : List.of(Run.of("train", data, "--weights", weights("large"), "-o", folder.resolve("run")),
                Run.of("lr-find", data, "--weights", weights("large"), "--per-group"))) {
            run.requireFailure("first step, so no learning rate is the cause", "layer2.0.bn1 in group middle");
            assertFalse(run.errors().get(0).contains("lower rates"), run::toString);
        }
    }

    /** A ResNet-20 with one NaN. */
    @Test
    void theWeightsOfOthersThatAreBroken() {
        Path shared = Path.of(System.getProperty("shared.dir", "../../shared")).toAbsolutePath().normalize();
        Path broken = shared.resolve("cases/weights/resnet20_nan.pth");
        assumeTrue(Files.exists(broken), "skipped: there is no " + broken + "; set -Dshared.dir to run on the real files");
        Run.of("evaluate", shared.resolve("data/cifar10-test"), "--weights", broken).requireFailure(broken + ": layer2.0.conv1.weight:"
                + " 1 of 4608 elements is not finite as float32, the first NaN at index 0");
    }
}
