package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.io.DType;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.finetune.predict.ModelFile;
import thaw.kernels.Shape;
import thaw.resnet.ResNet;

/** Each command; in a separate process where the default names of files or the process itself are the subject. */
class CommandsTest {

    @TempDir
    private static Path folder;
    private static Path data;
    private static Path model;
    private static JsonNode trained;

    @BeforeAll
    static void train() throws IOException {
        data = ColourImages.blueAndRed(folder.resolve("blue and red"));
        model = folder.resolve("model.safetensors");
        trained = Run.json("train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--batch", 5, "--freeze-epochs", 1,
                "--epochs", 4, "--lr", "0.004,0.01,0.02", "--seed", 7, "-o", model);
    }

    @Test
    void trainTellsOfEveryEpoch() {
        assertEquals(model.toString(), trained.get("model").asText());
        assertEquals(7, trained.get("seed").asInt());
        assertEquals(List.of("blue", "red"), texts(trained.get("classes")));
        JsonNode epochs = trained.get("epochs");
        assertEquals(List.of("head", "all", "all", "all", "all"), texts(epochs, "phase"));
        assertEquals(List.of("1", "1", "2", "3", "4"), texts(epochs, "epoch"));
        for (JsonNode epoch : epochs) {
            assertTrue(epoch.get("train_loss").asDouble() > 0 && epoch.get("valid_loss").asDouble() > 0, epoch::toString);
            assertTrue(epoch.get("seconds").asDouble() > 0, epoch::toString);
            assertEquals(3, epoch.get("lr").size());
        }
        assertEquals(0, epochs.get(0).get("lr").get(0).asDouble(), "early is frozen while the head is trained");
        // One-cycle multiplies every group's rate by the same factor.
        JsonNode rates = epochs.get(1).get("lr");
        assertEquals(rates.get(0).asDouble() * 5, rates.get(2).asDouble(), 1e-12);
        assertEquals(epochs.get(4).get("accuracy"), trained.get("accuracy"));
    }

    @Test
    void evaluateFindsWhatTrainReported() throws IOException {
        JsonNode found = Run.json("evaluate", data, "--model", model);
        assertEquals(8, found.get("total").asInt());
        assertEquals(trained.get("accuracy").asDouble(), found.get("accuracy").asDouble());
        assertEquals(found.get("correct").asInt(), 8 * found.get("accuracy").asDouble());
        assertEquals(List.of("blue", "red"), texts(found.get("classes"), "name"));
        assertEquals(List.of("4", "4"), texts(found.get("classes"), "total"));
    }

    /** The adapted model differs in the statistics of batch norm alone, and predicts. */
    @Test
    void adaptChangesStatisticsAlone() throws IOException {
        Path other = folder.resolve("other.safetensors");
        JsonNode said = Run.json("adapt", model, data.resolve("valid"), "-o", other);
        assertEquals(8, said.get("images").asInt());
        assertEquals(16, said.get("source_images").asDouble());
        assertEquals(1 / 3.0, said.get("share").asDouble(), 1e-12);
        Weights before = Weights.read(model);
        Weights after = Weights.read(other);
        // The features of known images were those of the old statistics.
        Map<String, String> kept = new HashMap<>(before.metadata());
        assertTrue(kept.keySet().removeIf(key -> key.startsWith("known.")));
        assertEquals(kept, after.metadata());
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, tensor) -> assertEquals(!name.contains("running_"),
                Arrays.equals(tensor.toFloats(), after.get(name).toFloats()), name));
        assertEquals(8, Run.json("evaluate", data, "--model", other).get("total").asInt());
        Run.of("adapt", model, data.resolve("valid"), "--source-images", -1).requireFailure("--source-images");
    }

    /** The ends of the line are the models themselves; the best is saved. */
    @Test
    void blendMeasuresModelsBetweenTwo() throws IOException {
        Path start = folder.resolve("closed.safetensors");
        Path blend = folder.resolve("blend.safetensors");
        Run.json("train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 0, "--freeze-lr", "ridge",
                "--freeze-epochs", 1, "-o", start);
        JsonNode closed = Run.json("evaluate", data, "--model", start);
        JsonNode said = Run.json("blend", start, model, data, "--at", "0:1:0.25", "-o", blend);
        JsonNode points = said.get("points");
        assertEquals(5, points.size());
        assertEquals(closed.get("loss").asDouble(), points.get(0).get("loss").asDouble(), 1e-6);
        assertEquals(trained.get("accuracy").asDouble(), points.get(4).get("accuracy").asDouble());
        points.forEach(point -> assertTrue(point.get("accuracy").asDouble() <= said.get("accuracy").asDouble(), said::toString));
        assertEquals(said.get("accuracy").asDouble(),
                Run.json("evaluate", data, "--model", blend).get("accuracy").asDouble());
        Weights a = Weights.read(start);
        Weights b = Weights.read(model);
        Weights between = Weights.read(blend);
        double t = said.get("t").asDouble();
        for (String name : List.of("conv1.weight", "bn1.running_var", "fc.bias")) {
            for (int i = 0; i < a.get(name).shape().size(); i++) {
                assertEquals((1 - t) * a.get(name).toFloats()[i] + t * b.get(name).toFloats()[i], between.get(name).toFloats()[i], 1e-6);
            }
        }
        Run.of("blend", start, model, data, "--at", "0:1").requireFailure("FROM:TO:STEP");
    }

    @Test
    void trainPrintsARowForEveryEpochAndNoBarIntoAFile() throws IOException {
        Path own = Files.createDirectory(folder.resolve("own"));
        ThawProcess thaw = ThawProcess.start(own, "train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 0,
                "--freeze-epochs", 2, "--schedule", "constant", "--head", "concat");
        assertEquals(0, thaw.exitCode(), thaw::toString);
        assertEquals(List.of(), thaw.errors());
        assertEquals(2, thaw.output().stream().filter(line -> line.matches("head +[12]/2 .*frozen +frozen +0.05")).count(),
                thaw::toString);
        assertTrue(Files.exists(own.resolve("model.safetensors")), "the default name");
    }

    /** The body's weights are loaded and, being frozen, kept; the head is new. */
    @Test
    void trainStartsFromWeightsWithAnotherHead() throws IOException {
        Path pretrained = folder.resolve("pretrained.safetensors");
        try (Device device = Device.cpu(1)) {
            Weights.write(pretrained, ResNet.resnet20(device, 10).stateDict(), Map.of());
        }
        Path tuned = folder.resolve("tuned.safetensors");
        Run.json("train", data, "--weights", pretrained, "--size", ColourImages.SIDE, "--freeze-epochs", 0, "--epochs", 1,
                "--freeze-to", -2, "--lr", "0.1", "-o", tuned);
        Weights before = Weights.read(pretrained);
        Weights after = Weights.read(tuned);
        assertArrayEquals(before.get("layer1.2.conv2.weight").toFloats(), after.get("layer1.2.conv2.weight").toFloats());
        assertFalse(before.get("layer3.2.conv2.weight").bytes().equals(after.get("layer3.2.conv2.weight").bytes()));
        assertEquals(Shape.of(2, 64), after.get("fc.weight").shape());
    }

    @Test
    void evaluateHasEveryMetricAndATableOfPredictions() throws IOException {
        Path predictions = folder.resolve("predictions.csv");
        JsonNode found = Run.json("evaluate", data, "--model", model, "--tta=2", "--augment", "fastai", "--predictions", predictions);
        assertEquals(2, found.get("views").asInt());
        assertEquals(trained.get("accuracy").asDouble(), found.get("without_tta").get("accuracy").asDouble());
        JsonNode metrics = found.get("metrics");
        assertEquals(found.get("accuracy").asDouble(), metrics.get("accuracy").asDouble(), 1e-12, "figures of averaged views");
        for (String name : List.of("accuracy", "error_rate", "f1_macro", "roc_auc", "kappa", "ece")) {
            assertTrue(metrics.has(name), metrics::toString);
        }
        assertEquals(1, metrics.get("accuracy").asDouble() + metrics.get("error_rate").asDouble(), 1e-12);
        long sum = 0;
        for (JsonNode row : found.get("confusion_matrix")) {
            sum += row.get(0).asLong() + row.get(1).asLong();
        }
        assertEquals(8, sum);
        assertTrue(found.get("classes").get(0).has("recall"));
        List<String> table = Files.readAllLines(predictions);
        assertEquals(1 + 8, table.size());
        assertEquals("file,label,predicted,blue,red", table.get(0));
        Run thaw = Run.of("evaluate", data, "--model", model, "--tta=2");
        assertEquals(0, thaw.code(), thaw::toString);
        List<String> lines = thaw.out().lines().toList();
        List<String> last = lines.subList(lines.size() - 2, lines.size());
        assertTrue(last.get(0).matches("without --tta: [0-8] of 8 correct: accuracy .*"), thaw::toString);
        assertTrue(last.get(1).matches("with 2 varied views of each image: [0-8] of 8 correct: accuracy .*"), thaw::toString);
    }

    @Test
    void lrFindSuggestsARateForEachGroup() throws IOException {
        Path chart = folder.resolve("rates.png");
        JsonNode found = Run.json("lr-find", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--batch", 5, "--steps", 12,
                "--per-group", "--chart", chart);
        assertEquals(List.of("early", "middle", "head"), texts(found.get("sweeps"), "group"));
        for (JsonNode sweep : found.get("sweeps")) {
            assertEquals(sweep.get("lr").size(), sweep.get("loss").size());
            assertEquals(1e-7, sweep.get("lr").get(0).asDouble(), 1e-15);
        }
        assertTrue(Files.size(chart) > 1000);
    }

    @Test
    void predictNamesTheImages() throws IOException {
        Path blue = data.resolve("valid/blue/0.png");
        Path red = data.resolve("valid/red/0.png");
        Path seen = folder.resolve("seen.csv");
        JsonNode predictions = Run.json("predict", blue, red, "--model", model, "--csv", seen).get("predictions");
        List<String> table = Files.readAllLines(seen);
        assertEquals("file,predicted,blue,red", table.get(0));
        assertEquals(3, table.size());
        assertEquals(List.of(blue.toString(), red.toString()), texts(predictions, "image"));
        for (JsonNode one : predictions) {
            double sum = 0;
            for (JsonNode c : one.get("classes")) {
                sum += c.get("probability").asDouble();
            }
            assertEquals(1, sum, 1e-9);
            assertEquals(one.get("label"), one.get("classes").get(0).get("name"));
            assertEquals(one.get("novelty").asDouble() <= 1, one.get("known").asBoolean());
        }
    }

    /** Scalar loops add in another order, so probabilities may differ in their last digits, which the text does not show. */
    @Test
    void predictIsTheSameWithoutTheVectorApisModule() throws IOException {
        Path image = data.resolve("valid/red/1.png");
        ThawProcess with = ThawProcess.start(folder, ThawProcess.VECTORS, "predict", image);
        ThawProcess without = ThawProcess.start(folder, List.of(), "predict", image);
        assertEquals(0, with.exitCode(), with::toString);
        assertEquals(0, without.exitCode(), without::toString);
        assertEquals(with.output(), without.output());
        assertEquals(1, without.errors().size(), without::toString);
        assertTrue(without.errors().get(0).contains("--add-modules jdk.incubator.vector"), without::toString);
    }

    @Test
    void groupsOfResNet152() throws IOException {
        JsonNode found = Run.json("groups", "resnet152", "--lr", "1e-5,1e-4,1e-2");
        // The number of parameters in torchvision's documentation of resnet152.
        assertEquals(60_192_808, found.get("parameters").asLong());
        JsonNode groups = found.get("groups");
        assertEquals(List.of("early", "middle", "head"), texts(groups, "name"));
        assertEquals(List.of("1.0E-5", "1.0E-4", "0.01"), texts(groups, "lr"));
        assertEquals(2048 * 1000 + 1000, groups.get(2).get("parameters").asLong());
        long sum = 0;
        int convolutions = 0;
        for (JsonNode group : groups) {
            for (JsonNode layer : group.get("layers")) {
                sum += layer.get("parameters").asLong();
                boolean convolution = layer.get("kind").asText().startsWith("conv");
                convolutions += convolution && !layer.get("name").asText().contains("downsample") ? 1 : 0;
            }
        }
        assertEquals(60_192_808, sum);
        assertEquals(151, convolutions, "152 layers with weights, one of them linear");
        assertEquals("conv1", groups.get(0).get("layers").get(0).get("name").asText());
        assertEquals("[64,112,112]", groups.get(0).get("layers").get(0).get("output").toString());
        assertEquals("layer3.0.conv1", groups.get(1).get("layers").get(0).get("name").asText());
    }

    @Test
    void groupsShowsRunsOfEqualBlocksOnOneLine() throws IOException {
        Run groups = Run.of("groups", "resnet152", "--lr", "1e-5,1e-4,1e-2");
        assertEquals(0, groups.code(), groups::toString);
        List<String> lines = groups.out().lines().toList();
        assertTrue(lines.contains("middle: learning rate 1e-4, 55,578,624 parameters"), groups::toString);
        assertTrue(lines.stream().anyMatch(line -> line.matches(" +layer3\\.1 to layer3\\.35 +\\[1024, 14, 14\\] .*")),
                groups::toString);
        assertTrue(lines.size() < 30, "fits on a screen");
    }

    /** The code of the groups has a line for each that is trained, and names modules as torchvision does. */
    @Test
    void groupsAsPyTorch() throws IOException {
        Run groups = Run.of("groups", "resnet50", "--lr", "0,1e-4,1e-2", "--pytorch");
        assertEquals(0, groups.code(), groups::toString);
        assertEquals(List.of("    {\"params\": parameters(\"layer3\", \"layer4\"), \"lr\": 1.0E-4},  # middle",
                "    {\"params\": parameters(\"fc\"), \"lr\": 0.01},  # head", "], lr=0.01, momentum=0.9, weight_decay=1e-4)"),
                groups.out().lines().toList().subList(4, 7), groups::toString);
        assertEquals(2, Run.of("groups", "resnet50", "--lr", "auto", "--pytorch").code());
    }

    @Test
    void convertKeepsEveryBit() throws IOException {
        Path in = folder.resolve("in.safetensors");
        byte[] halves = {0x01, 0x7c, 0x00, (byte) 0x80};
        Weights.write(in, Map.of("h", StoredTensor.ofBytes(DType.F16, Shape.of(2), halves),
                "n", StoredTensor.ofLongs(Shape.SCALAR, new long[] {1L << 60})), Map.of("epoch", "3"));
        Path converted = folder.resolve("out.safetensors");
        JsonNode said = Run.json("convert", in, converted);
        assertEquals(2, said.get("tensors").asInt());
        assertEquals(12, said.get("tensor_bytes").asLong());
        Weights out = Weights.read(converted);
        assertEquals(Map.of("format", "pt", "epoch", "3"), out.metadata());
        assertEquals(DType.F16, out.get("h").dtype());
        assertEquals(Weights.read(in).get("h").bytes(), out.get("h").bytes());
        assertEquals(1L << 60, out.get("n").toLongs()[0]);
    }

    /** To ONNX, and back. */
    @Test
    void exportIsReadByConvert() throws IOException {
        Path exported = folder.resolve("exported.onnx");
        Path back = folder.resolve("back.safetensors");
        Run run = Run.of("export", model, exported);
        assertTrue(run.out().contains(String.format("from input [batch, 3, %d, %<d] to output [batch, 2], scores of blue, red",
                ColourImages.SIDE)), run::toString);
        assertEquals(0, Run.of("convert", exported, back).code());
        Weights before = Weights.read(model);
        Weights after = Weights.read(back);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, tensor) -> assertEquals(tensor.bytes(), after.get(name).bytes(), name));
        before.metadata().forEach((key, value) -> assertEquals(value, after.metadata().get(key)));
        assertEquals(ModelFile.read(model).metadata(), ModelFile.read(back).metadata());

        Run.of("export", model, folder.resolve("model.pb")).requireFailure("ends in .onnx");
        Run.of("export", model, folder.resolve("no/model.onnx")).requireFailure("no folder");
        Run.of("convert", model, folder.resolve("again.onnx")).requireFailure("thaw export writes ONNX");
        Files.write(exported, Arrays.copyOf(Files.readAllBytes(exported), 5000));
        Run.of("convert", exported, back).requireFailure("exported.onnx", "is the download complete?");
    }

    @Test
    void convertTakesOneOfSeveral() throws IOException {
        Path in = folder.resolve("dino.pth");
        try (InputStream checkpoint = Weights.class.getResourceAsStream("dino.pth")) {
            Files.copy(checkpoint, in);
        }
        Path out = folder.resolve("one.safetensors");
        assertEquals("student", Run.json("convert", in, out, "--weights-key", "student").get("key").asText());
        assertArrayEquals(new float[] {1, 2}, Weights.read(out).get("w").toFloats());
        Run thaw = Run.of("convert", in, out);
        assertEquals(0, thaw.code(), thaw::toString);
        assertTrue(thaw.out().lines().anyMatch(line -> line.contains("'teacher'") && line.contains("student, loss")
                && line.contains("--weights-key")), thaw::toString);
    }

    /** An unsupported tensor is named, and nothing is written. */
    @Test
    void convertNeedsAllNumbers() throws IOException {
        Path in = folder.resolve("unread.pth");
        try (InputStream checkpoint = Weights.class.getResourceAsStream("unread.pth")) {
            Files.copy(checkpoint, in);
        }
        Path whole = folder.resolve("whole.safetensors");
        Run.of("convert", in, whole).requireFailure("unread.pth: tensor \"complex\"");
        assertFalse(Files.exists(whole));
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
    }

    private static List<String> texts(JsonNode array, String field) {
        return StreamSupport.stream(array.spliterator(), false).map(one -> one.get(field).asText()).toList();
    }
}
