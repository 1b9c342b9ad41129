package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.CountingBackend;
import thaw.engine.Device;
import thaw.engine.GradientCheck;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.engine.nn.Module;
import thaw.kernels.DeviceException;
import thaw.kernels.Shape;
import thaw.parity.Filled;

class ResNetTest {

    private final Device device = Device.cpu();

    @AfterEach
    void close() {
        device.close();
    }

    private static ResNet tiny(BlockKind kind, Device on) {
        return ResNet.of(tinyArchitecture(kind), on, 2, 3);
    }

    private static Architecture tinyArchitecture(BlockKind kind) {
        return new Architecture("tiny", Family.CIFAR, kind, List.of(1, 2), 1, 64);
    }

    private Tensor images(int n, int height, int width) {
        return device.tensor(Shape.of(n, 3, height, width), Filled.fill("input", n * 3 * height * width));
    }

    private float[] scores(ResNet net, Tensor x) {
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            return net.eval().call(x).toFloats();
        }
    }

    // ---- structure -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "resnet50", "resnext50_32x4d", "resnet20", "resnet56", "resnet10t", "resnet50s",
        "seresnet50t", "ecaresnetlight", "resnetrs50", "resnetaa20", "resnetaa34d", "resnetblur50d"})
    void outlineIsWhatTheNetworkDoes(String name) {
        ResNet net = ResNet.toBeLoaded(Architecture.byName(name), device, 5);
        Map<String, Layer> outline = net.outline(37, 50).layers().stream()
                .collect(Collectors.toMap(Layer::name, l -> l, (a, b) -> a, LinkedHashMap::new));
        Map<String, Shape> seen = new LinkedHashMap<>();
        net.namedModules().forEach((path, m) -> m.onForward((module, y) -> seen.put(path, y.shape())));
        Tensor x = images(2, 37, 50);
        assertEquals(10, scores(net, x).length);

        outline.forEach((path, layer) -> assertEquals(batchOf2(layer.output()), seen.get(path), path));
        Map<String, Module> modules = net.namedModules();
        outline.forEach((path, layer) -> {
            assertEquals(layer.parameters(), modules.get(path).parameterCount(), path);
            if (layer.parameters() > 0) {
                assertEquals(layer.weight(), net.namedParameters().get(path + ".weight").shape(), path);
            }
        });
        assertEquals(net.parameterCount(), net.outline(37, 50).parameters());
        List<String> parametersByLayer = new ArrayList<>(new LinkedHashSet<>(net.namedParameters().keySet().stream()
                .map(p -> p.substring(0, p.lastIndexOf('.'))).toList()));
        assertEquals(outline.values().stream().filter(l -> l.parameters() > 0).map(Layer::name).toList(), parametersByLayer);
    }

    private static Shape batchOf2(Shape one) {
        int[] dims = new int[one.rank() + 1];
        dims[0] = 2;
        System.arraycopy(one.toArray(), 0, dims, 1, one.rank());
        return Shape.of(dims);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 33})
    void takesImagesOfAnySize(int size) {
        ResNet net = ResNet.resnet20(device, 10);
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            assertEquals(Shape.of(3, 10), net.eval().call(images(3, size, size + 3)).shape());
            assertEquals(Shape.of(3, 64, (size + 3) / 4, (size + 6) / 4), net.features(images(3, size, size + 3)).shape());
        }
    }

    @Test
    void buffersAreThoseOfTheCommonStateDict() throws IOException {
        Weights parity = Weights.read(SharedFiles.parityCase("model_resnet18.safetensors"));
        ResNet net = ResNet.resnet18(device, 1000);
        assertEquals(parity.keySet().stream().filter(k -> k.startsWith("after.")).map(k -> k.substring(6)).sorted().toList(),
                net.namedBuffers().keySet().stream().sorted().toList());
        assertEquals(62 + 3 * 20, net.stateDict().size());
        assertEquals(List.of("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
                "bn1.num_batches_tracked", "layer1.0.conv1.weight"), List.copyOf(net.stateDict().keySet()).subList(0, 7));
    }

    // ---- arithmetic ----------------------------------------------------------------------------------------------

    /**
     * Scores of PyTorch 2.13 in double precision for {@code Filled.fill("input")} as {@code [2, 3, 64, 48]}, with the weights of
     * {@link Filled}. The parity cases have networks of other shapes.
     */
    @Test
    void groupedBottlenecksComputeWhatPyTorchDoes() {
        ResNet grouped = ResNet.of(Architecture.byName("resnext50_32x4d"), device, 4, 0);
        Filled.fill(grouped, true);
        assertClose(scores(grouped, images(2, 64, 48)), -0.41937622, 0.25622446, 0.033802502, -0.0045805789,
                -0.4534116, 0.30896702, -0.01114765, 0.012628951);
    }

    /** Scores of PyTorch 2.13 for {@code [2, 3, 29, 35]}; odd sizes test which pixels the shortcut reads. */
    @Test
    void cifarNetworkComputesWhatPyTorchDoes() throws IOException {
        ResNet net = ResNet.resnet20(device, 10);
        net.loadStateDict(Weights.read(SharedFiles.weights("resnet20-12fca82f.th")));
        assertClose(scores(net, images(2, 29, 35)),
                -5.3541939, -6.3543927, 11.213478, 2.6800592, 4.7054972, -5.4243525, 8.1904807, -4.2798098, -2.4750678,
                -2.8985232, -3.6554542, -7.2224652, 13.874735, 1.9264249, 4.8390266, -6.834932, 12.001103, -7.9763882,
                -5.6896404, -1.2317698);
    }

    private static void assertClose(float[] given, double... expected) {
        assertEquals(expected.length, given.length);
        double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        for (int i = 0; i < given.length; i++) {
            assertEquals(expected[i], given[i], 1e-5 * scale, "score " + i);
        }
    }

    @ParameterizedTest
    @EnumSource(BlockKind.class)
    void gradients(BlockKind kind) {
        try (Device reference = Device.reference()) {
            ResNet net = tiny(kind, reference);
            Tensor x = GradientCheck.input(reference, 1, 2, 3, 3, 2);
            Map<String, Tensor> parameters = net.namedParameters();
            GradientCheck.check(() -> net.call(x), x, parameters.get("fc.bias"), parameters.get("bn1.weight"),
                    parameters.get("layer2.0.bn1.bias"));
        }
    }

    @Test
    void scoresOfABatchAreThoseOfItsImages() {
        ResNet net = ResNet.resnet20(device, 4);
        Tensor x = images(3, 9, 9);
        float[] together = scores(net, x);
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(Arrays.copyOfRange(together, 4 * i, 4 * i + 4), scores(net, x.narrow(0, i, 1)), 1e-5f);
        }
    }

    @Test
    void theSeedSaysTheWeights() {
        Architecture a = Architecture.byName("resnet20");
        float[] first = ResNet.of(a, device, 10, 5).namedParameters().get("layer3.2.conv2.weight").toFloats();
        assertArrayEquals(first, ResNet.of(a, device, 10, 5).namedParameters().get("layer3.2.conv2.weight").toFloats());
        assertFalse(Arrays.equals(first, ResNet.of(a, device, 10, 6).namedParameters().get("layer3.2.conv2.weight").toFloats()));
    }

    /** Kaiming's normal distribution by fan-out has variance 2 / (64 · 9); 36,864 values estimate it to 1 %. */
    @Test
    void initialVariance() {
        float[] w = ResNet.resnet20(device, 10).namedParameters().get("layer3.2.conv2.weight").toFloats();
        double sum = 0;
        for (float v : w) {
            sum += v * v;
        }
        assertEquals(2.0 / (64 * 9), sum / w.length, 0.04 * 2 / (64 * 9));
    }

    @Test
    void zeroInitResidualMakesEveryBlockTheIdentityOfWhatIsNotNegative() {
        ResNet net = ResNet.resnet20(device, 10).zeroInitResidual();
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            Tensor x = device.tensor(Shape.of(1, 16, 2, 2), Filled.fill("x", 64)).relu();
            assertArrayEquals(x.toFloats(), net.eval().children().get("layer1").call(x).toFloats());
        }
    }

    // ---- memory --------------------------------------------------------------------------------------------------

    /** Convolutions cache rearranged weights that a second step uses unchanged; later steps add no memory. */
    @Test
    void aStepLeavesNothingBehind() {
        ResNet net = ResNet.resnet20(device, 10);
        step(net);
        step(net);
        long before = device.backend().memory().inUse();
        step(net);
        assertEquals(before, device.backend().memory().inUse());
    }

    private double step(ResNet net) {
        net.zeroGrad();
        try (Scope scope = device.scope()) {
            Tensor loss = Functional.crossEntropy(net.train().call(images(4, 8, 8)), device.labels(1, 2, 3, 4));
            loss.backward();
            return loss.item();
        }
    }

    @Test
    void checkpointedBlocksGiveTheSameGradientsUnderTheSameNames() {
        ResNet plain = ResNet.of(Architecture.byName("resnet20"), device, 10, 1);
        ResNet checkpointed = ResNet.of(Architecture.byName("resnet20"), device, 10, 1).checkpointBlocks().checkpointBlocks();
        assertEquals(step(plain), step(checkpointed), 1e-6);
        assertEquals(List.copyOf(plain.stateDict().keySet()), List.copyOf(checkpointed.stateDict().keySet()));
        plain.namedParameters().forEach((name, p) -> assertArrayEquals(p.grad().toFloats(),
                checkpointed.namedParameters().get(name).grad().toFloats(), 1e-5f, name));
        checkpointed.zeroInitResidual();
        assertEquals(0, checkpointed.namedParameters().get("layer2.1.bn2.weight").toFloats()[0]);
    }

    // ---- files ---------------------------------------------------------------------------------------------------

    @Test
    void whatIsSavedIsRead(@TempDir Path folder) throws IOException {
        ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 3, 1).replaceHead(Head.CONCAT_POOL, 5).adaptStem(4);
        step(ResNet.of(Architecture.byName("resnet20"), device, 10, 2));
        Path file = folder.resolve("net.safetensors");
        Weights.write(file, net.stateDict(), net.describe());

        Weights weights = Weights.read(file);
        ResNet read = (ResNet) Network.fromMetadata(weights.metadata(), weights, device);
        assertTrue(read.loadStateDict(weights).isExact());
        assertEquals(net.describe(), read.describe());
        assertSameState(net.stateDict(), read.stateDict());
        assertSameState(net.stateDict(), ResNet.fromWeights(weights, device).stateDict());
        assertEquals(Map.of("architecture", "resnet20", "classes", "5", "head", "concat_pool", "input_channels", "4"),
                weights.metadata());
    }

    private static void assertSameState(Map<String, StoredTensor> expected, Map<String, StoredTensor> given) {
        assertEquals(List.copyOf(expected.keySet()), List.copyOf(given.keySet()));
        expected.forEach((name, t) -> assertArrayEquals(t.toFloats(), given.get(name).toFloats(), name));
    }

    @Test
    void metadataOfOthersIsRefused() {
        for (Map<String, String> metadata : List.of(Map.of("format", "pt"), Map.of("architecture", "resnet20"),
                Map.of("architecture", "vgg16", "classes", "2"), Map.of("architecture", "resnet20", "classes", "two"),
                Map.of("architecture", "resnet20", "classes", "2", "head", "tail"))) {
            assertThrows(IllegalArgumentException.class, () -> Network.fromMetadata(metadata, Map.of(), device), metadata.toString());
        }
    }

    @Test
    void printsAsATree() {
        String tree = ResNet.resnet18(device, 7).toString();
        assertTrue(tree.startsWith("ResNet(\n  (conv1): Conv2d(3, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3),"
                + " bias=False)\n"), tree);
        assertTrue(tree.contains("  (layer2): Sequential(\n    (0): BasicBlock("), tree);
        assertTrue(tree.contains("(fc): Linear(in_features=512, out_features=7, bias=True)"), tree);
    }

    /** A device that is lost in the middle of a constructor. */
    @Test
    void aNetworkThatFailsToBeMadeLeavesNothing() {
        Architecture architecture = Architecture.byName("resnet20");
        CountingBackend whole = CountingBackend.of();
        try (Device device = Device.of(whole.backend())) {
            ResNet.of(architecture, device, 2, 0).release();
            assertEquals(0, whole.backend().memory().inUse());
        }
        for (int after = 0; after < whole.operatorCalls(); after += 7) {
            CountingBackend lost = CountingBackend.of();
            lost.loseAfter(after);
            try (Device device = Device.of(lost.backend())) {
                assertThrows(DeviceException.class, () -> ResNet.of(architecture, device, 2, 0));
                assertEquals(0, lost.backend().memory().inUse(), "after " + after + " calls");
            }
        }
    }
}
