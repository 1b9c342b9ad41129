package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.finetune.predict.ModelFile;
import thaw.kernels.Shape;
import thaw.parity.Filled;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** Weight files from other programs on the command line: the selected network, and its image preparation. */
class WeightOptionsTest {

    @TempDir
    private static Path folder;
    private static Path data;
    private static Device device;
    private static Map<String, StoredTensor> first;
    private static Map<String, StoredTensor> second;
    private static Path both;

    @BeforeAll
    static void files() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("data"));
        device = Device.cpu();
        first = filled(false);
        second = filled(true);
        Map<String, StoredTensor> weights = new LinkedHashMap<>();
        first.forEach((name, tensor) -> weights.put("encoder_q." + name, tensor));
        second.forEach((name, tensor) -> weights.put("encoder_k." + name, tensor));
        weights.put("queue", StoredTensor.of(Shape.of(2, 3), new float[6]));
        both = write("both", weights, null);
    }

    @AfterAll
    static void close() {
        device.close();
    }

    /** The state dict of a ResNet-20 with two classes; {@code otherHead} gives it a different head. */
    private static Map<String, StoredTensor> filled(boolean otherHead) {
        ResNet net = ResNet.resnet20(device, 2);
        Filled.fill(net, false);
        Map<String, StoredTensor> state = net.stateDict();
        if (otherHead) {
            state.put("fc.weight", StoredTensor.of(Shape.of(2, 64), Filled.fill("other", 2 * 64)));
        }
        return state;
    }

    /** Writes weights to a separate folder, with a config.json unless it is null. */
    private static Path write(String name, Map<String, StoredTensor> weights, String config) throws IOException {
        Path file = Files.createDirectories(folder.resolve(name)).resolve("model.safetensors");
        Weights.write(file, weights, Map.of());
        if (config != null) {
            Files.writeString(file.resolveSibling("config.json"), config);
        }
        return file;
    }

    private record Said(int code, String out, String err) {

        JsonNode json() throws IOException {
            assertEquals(0, code, err);
            return new ObjectMapper().readTree(out);
        }
    }

    private static Said run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(Arrays.stream(args).map(Object::toString).toArray(String[]::new), new PrintWriter(out, true),
                new PrintWriter(err, true));
        return new Said(code, out.toString(), String.join("\n", err.toString().lines().filter(one -> !one.contains("--add-modules"))
                .toList()));
    }

    private static double loss(Path weights, Object... options) throws IOException {
        return evaluated(weights, options).get("loss").asDouble();
    }

    private static JsonNode evaluated(Path weights, Object... options) throws IOException {
        Object[] line = {"evaluate", data, "--weights", weights, "--size", 16, "--threads", 1, "--json"};
        Object[] all = Arrays.copyOf(line, line.length + options.length);
        System.arraycopy(options, 0, all, line.length, options.length);
        return run(all).json();
    }

    @Test
    void aPrefixChoosesAmongNetworks() throws IOException {
        assertEquals(loss(write("first", first, null)), loss(both));
        assertEquals(loss(write("second", second, null)), loss(both, "--prefix", "module.encoder_k"));
        assertNotEquals(loss(both), loss(both, "--prefix", "encoder_k."));
        Said said = run("evaluate", data, "--weights", both, "--prefix", "teacher");
        assertEquals(2, said.code);
        assertTrue(said.err.contains("both/model.safetensors") && said.err.contains("\"encoder_q.\", \"encoder_k.\""), said.err);
        assertEquals(1, said.err.lines().count());
    }

    @Test
    void whatWasTakenAndLeftIsSaid() {
        Said said = run("evaluate", data, "--weights", both, "--size", 8, "--threads", 1);
        List<String> lines = said.err.lines().toList();
        assertEquals(2, lines.size(), said.err);
        assertTrue(lines.get(0).contains("using the network under 'encoder_q.'"), said.err);
        assertTrue(lines.get(0).contains("others under 'encoder_k.'"), said.err);
        assertTrue(lines.get(1).endsWith("not loaded: encoder_k.* (" + second.size() + "), queue"), said.err);
    }

    @Test
    void trainingTakesTheBodyOfThePrefixAndRemembersIt() throws IOException {
        Path run = folder.resolve("run");
        Object[] line = {"train", data, "--weights", both, "--prefix", "encoder_k", "--size", 8, "--batch", 5, "--epochs", 1,
            "--freeze-epochs", 0, "--freeze-to", -1, "--frozen-bn", "eval", "--threads", 1, "--diagnostics", 0, "-o", run};
        Said said = run(line);
        assertEquals(0, said.code, said.err);
        assertTrue(said.err.contains("not loaded: encoder_q.* (" + first.size() + "), queue"), said.err);
        JsonNode settings = new ObjectMapper().readTree(run.resolve("settings.json").toFile());
        assertEquals("encoder_k", settings.at("/network/prefix").asText());
        Object[] again = Arrays.copyOf(line, line.length + 1);
        again[line.length] = "--resume";
        assertEquals(0, run(again).code);
        again[5] = "encoder_q";
        Said other = run(again);
        assertTrue(other.code == 2 && other.err.contains("network.prefix was \"encoder_k\", is \"encoder_q\""), other.err);
    }

    /** timm's config.json of resnet34.ra4_e3600_r224_in1k. */
    @Test
    void theConfigBesideTheWeightsSaysMeanSizeAndCrop() throws IOException {
        String config = "{\"architecture\": \"resnet20\", \"pretrained_cfg\": {\"mean\": [0.5, 0.5, 0.5], \"std\": [0.5, 0.5, 0.5],"
                + " \"input_size\": [3, 16, 16], \"crop_pct\": 0.8}}";
        Path weights = write("config", first, config);
        Path plain = write("first", first, null);
        Path uncut = write("uncut", first, config.replace(", \"crop_pct\": 0.8", ""));
        assertEquals(loss(plain, "--mean", 0.5, "--std", "0.5,0.5,0.5"), loss(uncut));
        assertNotEquals(loss(plain), loss(weights));
        JsonNode found = run("evaluate", data, "--weights", weights, "--threads", 1, "--json").json();
        assertEquals(16, found.get("size").asInt());
        assertEquals(loss(plain, "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225"), loss(plain));

        Path model = folder.resolve("config.safetensors");
        assertEquals(0, run("train", data, "--weights", weights, "--epochs", 1, "--batch", 5, "--threads", 1, "-o", model).code);
        assertEquals(List.of(0.5f, 0.5f, 0.5f), ModelFile.read(model).transforms().mean());
        assertEquals(16, ModelFile.read(model).transforms().size());
    }

    /** With the classes in reverse order, all correct predictions become wrong. */
    @Test
    void theConfigsNamesNumberTheFoldersClasses() throws IOException {
        String config = "{\"model_type\": \"resnet\", \"id2label\": {\"0\": \"red\", \"1\": \"blue\"}}";
        int right = evaluated(write("first", first, null)).get("correct").asInt();
        JsonNode named = evaluated(write("named", first, config));
        assertEquals("red", named.at("/classes/0/name").asText());
        assertEquals(named.get("total").asInt() - right, named.get("correct").asInt());
        assertEquals(right, evaluated(write("others", first, config.replace("red", "tench"))).get("correct").asInt());
    }

    /** Luma by Pillow's 8-bit mode L: 0.299 R + 0.587 G + 0.114 B, rounded. */
    @Test
    void aStemOfOneChannelTakesLuma() throws IOException {
        ResNet net = ResNet.resnet20(device, 2).adaptStem(1);
        Filled.fill(net, false);
        Map<String, StoredTensor> grey = net.stateDict();
        Map<String, StoredTensor> colours = new LinkedHashMap<>(grey);
        float[] one = grey.get("conv1.weight").toFloats();
        float[] three = new float[3 * one.length];
        for (int i = 0; i < three.length; i++) {
            three[i] = one[i / 27 * 9 + i % 9] * new float[] {0.299f, 0.587f, 0.114f}[i / 9 % 3];
        }
        colours.put("conv1.weight", StoredTensor.of(Shape.of(16, 3, 3, 3), three));
        assertEquals(loss(write("colours", colours, null)), loss(write("grey", grey, null)), 1e-6);
    }

    @Test
    void aStemOfFourChannelsIsTrainedAndNotEvaluated() throws IOException {
        Path weights = write("four", ResNet.resnet20(device, 2).adaptStem(4).stateDict(), null);
        Said said = run("evaluate", data, "--weights", weights);
        assertTrue(said.code == 2 && said.err.contains("4 channels") && said.err.contains("thaw train"), said.err);
        Path model = folder.resolve("four.safetensors");
        Said trained = run("train", data, "--weights", weights, "--size", 8, "--epochs", 1, "--batch", 5, "--threads", 1, "-o",
                model);
        assertTrue(trained.code == 0 && trained.err.contains("4 channels"), trained.err);
        assertEquals("3", ModelFile.read(model).network().get("input_channels"));
    }

    @Test
    void aVariantIsShownTrainedAndSaved() throws IOException {
        assertTrue(run("groups", "resnet50", "--variant", "stride-in-1x1").out
                .contains("conv 1×1, stride 2 → conv 3×3 → conv 1×1"));
        assertTrue(run("groups", "resnet18", "--variant", "stride-in-1x1").err.contains("no 1×1 convolution"));
        Path model = folder.resolve("variant.safetensors");
        Said said = run("train", data, "--arch", "resnet20", "--variant", "downsample-in-first-stage", "--size", 8, "--epochs", 1,
                "--batch", 5, "--threads", 1, "-o", model);
        assertEquals(0, said.code, said.err);
        ModelFile saved = ModelFile.read(model);
        assertEquals("downsample_in_first_stage", saved.network().get("variant"));
        assertEquals(Architecture.byName("resnet20").variants().size() + 1,
                ((ResNet) saved.toNet(device)).architecture().variants().size());
        assertEquals(0, run("evaluate", data, "--model", model, "--threads", 1).code);
    }

    @Test
    void aNameWithPoolsIsAVariantOfTheWeights() throws IOException {
        Path weights = write("pools", ResNet.of(Architecture.byName("resnet10t"), device, 2, 1).stateDict(), null);
        Path model = folder.resolve("pools.safetensors");
        Said said = run("train", data, "--weights", weights, "--arch", "resnetaa10t", "--size", 32, "--epochs", 1, "--batch", 5,
                "--threads", 1, "-o", model);
        assertEquals(0, said.code, said.err);
        assertEquals("resnet10t", ModelFile.read(model).network().get("architecture"));
        assertEquals("average_pool", ModelFile.read(model).network().get("variant"));
        assertEquals(0, run("evaluate", data, "--model", model, "--threads", 1).code);
    }

    @Test
    void groupsShowGatesAndPoolsOfShortcuts() {
        String out = run("groups", "seresnet50t").out;
        assertTrue(out.contains("conv 1×1 → conv 3×3, stride 2 → conv 1×1; gates: conv 1×1 → conv 1×1; shortcut: average pool 2×2,"
                + " stride 2 → conv 1×1"), out);
        assertTrue(run("groups", "seresnet50t", "--groups", "blocks", "--lr", "decay(1e-3, 0.9)", "--pytorch").out
                .contains("parameters(\"conv1.0\", \"conv1.1\""));
        assertTrue(run("groups", "resnetblur18").out.contains("blur 3×3, stride 2"));
    }

    @Test
    void optionsOfWeightsNeedWeights() {
        for (Object[] line : new Object[][] {{"evaluate", data, "--prefix", "model."}, {"evaluate", data, "--mean", "0.5"},
            {"train", data, "--arch", "resnet20", "--weights-key", "ema"}}) {
            Said said = run(line);
            assertTrue(said.code == 2 && said.err.contains("give --weights FILE"), said.err);
        }
        Said word = run("evaluate", data, "--weights", both, "--mean", "a,b,c");
        assertTrue(word.err().contains("'a' is not a number"), word.err());
        Said said = run("evaluate", data, "--weights", both, "--mean", "1,2");
        assertTrue(said.code == 2 && said.err.contains("--mean: expected three numbers"), said.err);
    }
}
