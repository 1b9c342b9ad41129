package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.io.DType;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.engine.nn.BatchNorm2d;
import thaw.kernels.Shape;
import thaw.parity.Filled;

/** Networks in weight files as other programs write them. Right logits are PyTorch's, of make_layouts.py. */
class NetworkWeightsTest extends FilledNetworks {

    private static Map<String, StoredTensor> renamed(Map<String, StoredTensor> state, UnaryOperator<String> names) {
        Map<String, StoredTensor> renamed = new LinkedHashMap<>();
        state.forEach((name, tensor) -> renamed.put(names.apply(name), tensor));
        return renamed;
    }

    private static Map<String, StoredTensor> prefixed(Map<String, StoredTensor> state, String prefix) {
        return renamed(state, name -> prefix + name);
    }

    private static Map<String, StoredTensor> body(Map<String, StoredTensor> state) {
        Map<String, StoredTensor> body = new LinkedHashMap<>(state);
        body.keySet().removeIf(ResNet::isHead);
        return body;
    }

    private static StoredTensor zeros(int... dims) {
        Shape shape = Shape.of(dims);
        return StoredTensor.of(shape, new float[shape.size()]);
    }

    // ---- names and prefixes --------------------------------------------------------------------------------------

    /** Lightning's, with and without torch.compile; transformers' wrapper; DataParallel within a model; any other. */
    @ParameterizedTest
    @ValueSource(strings = {"", "model.", "model._orig_mod.", "net.", "backbone.", "encoder.", "resnet.", "module.encoder_q.",
        "a.b.c."})
    void underAnyPrefix(String prefix) {
        Map<String, StoredTensor> state = filled("resnet20");
        Map<String, StoredTensor> weights = prefixed(state, prefix);
        NetworkWeights found = NetworkWeights.in(weights);
        assertEquals(prefix, found.prefix());
        assertEquals("resnet20", found.architecture().name());
        assertEquals(Set.of(), found.left().keySet());
        assertEquals(state, found.stateDict());
        ResNet net = ResNet.resnet20(device, CLASSES);
        assertTrue(net.loadStateDict(weights).isExact());
        assertArrayEquals(state.get("layer3.2.conv2.weight").toFloats(), net.stateDict().get("layer3.2.conv2.weight").toFloats());
    }

    @Test
    void underTransformersNames() throws IOException {
        Map<String, StoredTensor> state = filled("resnet18");
        for (String prefix : List.of("resnet.", "model.resnet.", "")) {
            NetworkWeights found = NetworkWeights.in(renamed(state, name -> transformersName(name, prefix)));
            assertEquals(prefix, found.prefix());
            assertEquals(state, found.stateDict());
        }
        assertRight("resnet18", renamed(state, name -> transformersName(name, "resnet.")));
    }

    private static String transformersName(String name, String prefix) {
        String[] path = name.split("\\.");
        String leaf = path[path.length - 1];
        if (path[0].equals("fc")) {
            return prefix.replace("resnet.", "") + "classifier.1." + leaf;
        }
        if (!path[0].startsWith("layer")) {
            return prefix + "embedder.embedder." + (path[0].equals("conv1") ? "convolution." : "normalization.") + leaf;
        }
        String block = prefix + "encoder.stages." + (path[0].charAt(5) - '1') + ".layers." + path[1] + ".";
        if (path[2].equals("downsample")) {
            return block + "shortcut." + (path[3].equals("0") ? "convolution." : "normalization.") + leaf;
        }
        return block + "layer." + (path[2].charAt(path[2].length() - 1) - '1')
                + (path[2].startsWith("conv") ? ".convolution." : ".normalization.") + leaf;
    }

    /** learn.save of fastai 1, whose head has biases, and of fastai 2, whose head has none. */
    @ParameterizedTest
    @CsvSource({"fastai,true", "fastai without bias,false"})
    void asFastaiSavesIt(String network, boolean bias) throws IOException {
        ResNet net = ResNet.of(Architecture.byName("resnet18"), device, CLASSES, 1).replaceHead(Head.CONCAT_POOL, CLASSES);
        Filled.fill(net, false);
        Map<String, StoredTensor> weights = new LinkedHashMap<>();
        Iterator<String> names = resource("fastai_names.txt").lines().iterator();
        net.stateDict().forEach((name, tensor) -> {
            if (!name.endsWith("num_batches_tracked")) {
                weights.put(names.next(), tensor);
            }
        });
        assertFalse(names.hasNext());
        if (!bias) {
            weights.keySet().removeAll(Set.of("1.4.bias", "1.8.bias"));
        }
        assertRight(network, weights);
        assertEquals("0.", NetworkWeights.in(weights).prefix());
    }

    /** nn.Sequential(*resnet.children()), with its last child and without. */
    @Test
    void asNumberedChildren() throws IOException {
        Map<String, String> children = Map.of("conv1", "0", "bn1", "1", "layer1", "4", "layer2", "5", "layer3", "6", "layer4", "7",
                "fc", "10");
        Map<String, StoredTensor> state = filled("resnet18");
        UnaryOperator<String> numbers = name -> children.get(name.substring(0, name.indexOf('.')))
                + name.substring(name.indexOf('.'));
        assertRight("resnet18", renamed(state, numbers));
        NetworkWeights without = NetworkWeights.in(renamed(body(state), numbers));
        assertEquals(body(state).keySet(), without.body().keySet());
        assertTrue(without.head().isEmpty());
    }

    @Test
    void whereSeveralStandAMovingAverageIsTheLastAndAPrefixChooses() {
        Map<String, StoredTensor> query = filled("resnet20");
        Map<String, StoredTensor> key = ResNet.of(Architecture.byName("resnet20"), device, CLASSES, 7).stateDict();
        Map<String, StoredTensor> weights = new LinkedHashMap<>(prefixed(key, "encoder_k."));
        weights.putAll(prefixed(query, "encoder_q."));
        weights.put("queue", zeros(10, 16));
        weights.put("queue_ptr", StoredTensor.ofLongs(Shape.of(1), new long[1]));

        NetworkWeights first = NetworkWeights.in(weights);
        assertEquals("encoder_q.", first.prefix());
        assertEquals(List.of("encoder_k."), first.others());
        assertArrayEquals(query.get("conv1.weight").toFloats(), first.body().get("conv1.weight").toFloats());
        assertTrue(first.left().keySet().containsAll(Set.of("queue", "queue_ptr", "encoder_k.conv1.weight")));
        for (String prefix : List.of("encoder_k.", "encoder_k", "module.encoder_k.")) {
            NetworkWeights other = NetworkWeights.in(weights, prefix);
            assertArrayEquals(key.get("fc.weight").toFloats(), other.stateDict().get("fc.weight").toFloats());
        }
        String message = assertThrows(IllegalArgumentException.class, () -> NetworkWeights.in(weights, "teacher")).getMessage();
        assertTrue(message.contains("\"teacher\"") && message.contains("\"encoder_q.\", \"encoder_k.\""), message);
    }

    // ---- heads and what stands beside ----------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"fc.1", "fc.0", "head.fc", "head", "classifier", "classifier.1", "last_linear", "linear", "fc.fc",
        "backbone.fc", "model.head.out"})
    void aLinearLayerOfAnyNameIsTheHead(String name) {
        Map<String, StoredTensor> state = filled("resnet20");
        Map<String, StoredTensor> weights = prefixed(body(state), "backbone.");
        weights.put(name + ".weight", state.get("fc.weight"));
        weights.put(name + ".bias", state.get("fc.bias"));
        weights.put("loss.weight", zeros(CLASSES));
        weights.put("auxiliary.fc.weight", zeros(CLASSES, 32));
        assertEquals(Set.of("loss.weight", "auxiliary.fc.weight"), NetworkWeights.in(weights).left().keySet());
        assertArrayEquals(state.get("fc.weight").toFloats(),
                ResNet.fromWeights(weights, device).stateDict().get("fc.weight").toFloats());
    }

    @Test
    void aHeadWithoutBiasHasOneOfZeros() {
        Map<String, StoredTensor> weights = filled("resnet20");
        weights.remove("fc.bias");
        assertArrayEquals(new float[CLASSES], ResNet.fromWeights(weights, device).stateDict().get("fc.bias").toFloats());
        ResNet net = ResNet.resnet20(device, CLASSES);
        assertThrows(IllegalArgumentException.class, () -> net.loadStateDict(weights));
        assertTrue(net.loadPretrained(weights, true).isExact());
    }

    /** Heads of several layers: the MLP of MoCo v2, SimSiam's with batch norms, two tasks. */
    @ParameterizedTest
    @CsvSource({"fc.0,fc.2,64", "fc.0,fc.3,16", "projector.0,projector.2,16", "project,predict,16", "first,second,64"})
    void severalLayersAreNoHead(String one, String other, int in) {
        Map<String, StoredTensor> weights = body(filled("resnet20"));
        weights.put(one + ".weight", zeros(in == 64 ? 64 : 16, 64));
        weights.put(other + ".weight", zeros(8, in));
        NetworkWeights found = NetworkWeights.in(weights);
        assertTrue(found.head().isEmpty());
        assertEquals(Set.of(one + ".weight", other + ".weight"), found.left().keySet());
        String message = assertThrows(IllegalArgumentException.class, () -> ResNet.fromWeights(weights, device)).getMessage();
        assertTrue(message.contains("no known head, only " + one + ".weight"), message);
        ResNet net = ResNet.resnet20(device, CLASSES);
        assertEquals(List.of(one + ".weight", other + ".weight"), net.loadPretrained(weights, false).unexpected());
        assertTrue(net.isPretrained());
    }

    /** BNNeck, a norm in a module of its own, GeM, PReLU, a norm of the image, non-local attention, LSTM, self-attention. */
    @ParameterizedTest
    @CsvSource({"bn2.running_var,64", "neck.bn.weight,64", "pool.p,1", "relu.weight,1", "bn0.weight,3", "nl.out.weight,64 64 1 1",
        "lstm.weight_ih_l0,256 64", "attention.in_proj_weight,192 64"})
    void aHeadIsUnknownWhereModulesMayStandBeforeIt(String name, String shape) {
        for (String prefix : List.of("", "backbone.")) {
            Map<String, StoredTensor> weights = prefixed(body(filled("resnet20")), prefix);
            weights.put("fc.weight", zeros(CLASSES, 64));
            weights.put("fc.bias", zeros(CLASSES));
            assertTrue(NetworkWeights.in(weights).head().isPresent());
            weights.put(name, zeros(Arrays.stream(shape.split(" ")).mapToInt(Integer::parseInt).toArray()));
            weights.put(name.replace("running_var", "weight"), weights.get(name));
            assertTrue(NetworkWeights.in(weights).head().isEmpty());
            assertThrows(IllegalArgumentException.class, () -> ResNet.fromWeights(weights, device));
            assertTrue(ResNet.resnet20(device, CLASSES).loadPretrained(weights, false).unexpected().contains(name));
        }
    }

    /** A linear classifier trained beside SimSiam's projection of batch norms, as solo-learn saves them. */
    @Test
    void aProjectionBesideAHeadHidesNothing() {
        Map<String, StoredTensor> weights = prefixed(body(filled("resnet20")), "backbone.");
        weights.put("classifier.weight", zeros(CLASSES, 64));
        weights.put("projector.0.weight", zeros(64, 64));
        weights.put("projector.1.weight", zeros(64));
        weights.put("projector.1.running_var", zeros(64));
        weights.put("projector.3.weight", zeros(64, 64));
        weights.put("projector.4.running_var", zeros(64));
        assertEquals(CLASSES, NetworkWeights.in(weights).classes().orElseThrow());
    }

    /** Their features may be added before it. */
    @Test
    void aLayerBehindTwoNetworksIsNoHead() {
        Map<String, StoredTensor> weights = prefixed(body(filled("resnet20")), "rgb.");
        weights.put("fc.weight", zeros(CLASSES, 64));
        weights.putAll(prefixed(body(filled("resnet20")), "momentum_rgb."));
        assertTrue(NetworkWeights.in(weights).head().isPresent());
        weights.putAll(prefixed(body(filled("resnet20")), "flow."));
        assertTrue(NetworkWeights.in(weights).head().isEmpty());
    }

    /** DeepLab's and FCN's classifiers take the last features; a feature pyramid takes earlier ones too, a U-Net's joins them. */
    @Test
    void aHeadForEachPixelIsNamed() {
        Map<String, StoredTensor> weights = prefixed(body(filled("resnet20")), "backbone.");
        assertTrue(NetworkWeights.in(weights).denseHead().isEmpty());
        weights.put("decoder.0.weight", zeros(32, 96, 3, 3));
        assertTrue(NetworkWeights.in(weights).denseHead().isEmpty());
        weights.put("classifier.0.weight", zeros(16, 64, 3, 3));
        assertEquals("classifier.0.weight", NetworkWeights.in(weights).denseHead().orElseThrow());
        weights.put("fpn.0.weight", zeros(8, 16, 1, 1));
        weights.put("fpn.1.weight", zeros(8, 32, 1, 1));
        assertTrue(NetworkWeights.in(weights).denseHead().isEmpty());
    }

    /** Sparse and quantised tensors have none that can be told. */
    @Test
    void aTensorWithoutAShapeBesideTheNetworkDoesNotMatter() {
        Map<String, StoredTensor> weights = filled("resnet20");
        weights.put("mask.weight", new StoredTensor() {
            @Override
            public DType dtype() {
                throw new UncheckedIOException(new IOException("sparse"));
            }

            @Override
            public Shape shape() {
                throw new UncheckedIOException(new IOException("sparse"));
            }

            @Override
            public boolean hasShape() {
                return false;
            }

            @Override
            public ByteBuffer bytes() {
                throw new UncheckedIOException(new IOException("sparse"));
            }
        });
        NetworkWeights found = NetworkWeights.in(weights);
        assertEquals(Set.of("mask.weight"), found.left().keySet());
        assertTrue(found.denseHead().isEmpty());
        assertEquals(CLASSES, ResNet.fromWeights(weights, device).classes());
    }

    @Test
    void reparametrisedConvolutionsAreNamed() {
        Map<String, StoredTensor> weights = renamed(filled("resnet20"),
                name -> name.replaceFirst("(conv\\d)\\.weight", "$1.weight_orig"));
        String message = assertThrows(IllegalArgumentException.class, () -> NetworkWeights.in(weights)).getMessage();
        assertTrue(message.contains("conv1.weight_orig") && message.contains("prune.remove"), message);
    }

    /** THOP's counters in every module, and batch norms' counters as vectors of one element. */
    @Test
    void countersDoNotMatter() throws IOException {
        Map<String, StoredTensor> weights = filled("resnet18");
        weights.replaceAll((name, tensor) -> name.endsWith("num_batches_tracked")
                ? StoredTensor.ofLongs(Shape.of(1), new long[] {5}) : tensor);
        for (String module : List.of("", "conv1.", "layer1.", "layer1.0.", "layer1.0.bn1.", "fc.")) {
            weights.put(module + "total_ops", StoredTensor.ofDoubles(Shape.of(1), new double[1]));
            weights.put(module + "total_params", StoredTensor.ofDoubles(Shape.of(1), new double[1]));
        }
        assertRight("resnet18", weights);
        assertEquals(5, ResNet.fromWeights(weights, device).stateDict().get("bn1.num_batches_tracked").toLongs()[0]);
    }

    @Test
    void strictLoadingNamesWhatStandsBeside() {
        Map<String, StoredTensor> weights = filled("resnet20");
        weights.put("queue", zeros(10, 16));
        ResNet net = ResNet.resnet20(device, CLASSES);
        String message = assertThrows(IllegalArgumentException.class, () -> net.loadStateDict(weights)).getMessage();
        assertTrue(message.contains("queue") && message.contains("fromWeights"), message);
        assertEquals(List.of("queue"), net.loadStateDict(weights, false).unexpected());
        assertTrue(net.isPretrained());
    }

    @Test
    void nothingLoadedIsNotPretrained() {
        ResNet net = ResNet.resnet20(device, CLASSES);
        net.loadStateDict(Map.of("features.0.weight", zeros(1)), false);
        net.loadStateDict(Map.of("fc.weight", zeros(CLASSES, 64)), false);
        assertFalse(net.isPretrained());
        net.loadStateDict(ResNet.of(Architecture.byName("resnet32"), device, 3).stateDict(), false);
        assertTrue(net.isPretrained());
    }

    // ---- networks that are not known -----------------------------------------------------------------------------

    /** timm's resnet50d, resnet50c, seresnet50 and resnet26, CLIP's and others', by the tensors in which they differ. */
    @ParameterizedTest
    @CsvSource({"layer2.0.downsample.1.weight,512 256 1 1,average pools", "conv1.0.weight,32 3 3 3,stem of several",
        "layer1.0.se.fc1.weight,16 256 1 1,squeeze-excitation: layer1.0.se.fc1.weight",
        "layer1.0.cbam.fc.weight,16 256,layer1.0.cbam.fc.weight",
        "layer1.3.conv1.weight,64 256 1 1,4 4 6 3 blocks and a stem of [64 3 7 7]",
        "layer4.2.alpha,1,layer4.2.alpha", "layer3.pool.p,1,layer3.pool.p", "conv2.weight,64 64 3 3,CLIP's names: conv2.weight",
        "layer3.1.conv2.weight,200 256 3 3,layer3.1.conv2.weight is [200 256 3 3] in resnet50 [256 256 3 3]"})
    void anUnknownNetworkIsNamed(String name, String shape, String words) {
        Map<String, StoredTensor> weights = ArchitectureTest.shapesOf(Architecture.byName("resnet50"), 3);
        weights.put(name, zeros(Arrays.stream(shape.split(" ")).mapToInt(Integer::parseInt).toArray()));
        if (name.startsWith("conv1.")) {
            weights.remove("conv1.weight");
        }
        if (name.startsWith("conv2.")) {
            weights.put("conv1.weight", zeros(64, 3, 3, 3));
        }
        String message = assertThrows(IllegalArgumentException.class,
                () -> NetworkWeights.in(prefixed(weights, "model."))).getMessage();
        assertTrue(message.replace(",", "").contains(words), message);
    }

    @Test
    void normsWithoutStatisticsAreNamed() {
        Map<String, StoredTensor> weights = filled("resnet20");
        weights.keySet().removeIf(name -> name.contains("running_"));
        String message = assertThrows(IllegalArgumentException.class, () -> ResNet.fromWeights(weights, device)).getMessage();
        assertTrue(message.contains("resnet50_gn"), message);
    }

    /** Scores are those of the norms, as the formula of {@link MergedNorms} merges them. */
    @ParameterizedTest
    @ValueSource(strings = {"resnet10t", "seresnet18"})
    void mergedNormsAreSplit(String name) {
        ResNet net = ResNet.toBeLoaded(Architecture.byName(name), device, CLASSES);
        Filled.fill(net, false);
        Map<String, StoredTensor> merged = merged(net);
        assertFalse(NetworkWeights.in(net.stateDict()).hasMergedNorms());
        assertTrue(NetworkWeights.in(merged).hasMergedNorms());
        ResNet split = ResNet.fromWeights(merged, device);
        assertArrayEquals(logits(net), logits(split), 1e-5f);
        assertArrayEquals(merged.get("layer1.0.conv1.bias").toFloats(), split.namedParameters().get("layer1.0.bn1.bias").toFloats());
    }

    /** PyTorch's exporter leaves out biases of zeros. */
    @Test
    void aMergedBiasOfZerosMayBeMissing() {
        Map<String, StoredTensor> merged = merged(ResNet.fromWeights(filled("resnet20"), device));
        merged.put("layer1.0.conv2.bias", StoredTensor.of(Shape.of(16), new float[16]));
        float[] zeros = logits(ResNet.fromWeights(merged, device));
        merged.remove("layer1.0.conv2.bias");
        assertArrayEquals(zeros, logits(ResNet.fromWeights(merged, device)));
    }

    /** The state dict of a network whose norms are merged into the convolutions before them. */
    private static Map<String, StoredTensor> merged(ResNet net) {
        Map<String, StoredTensor> merged = new LinkedHashMap<>(net.stateDict());
        String stem = net.architecture().design().stem().depth() == 1 ? "conv1" : "conv1.6";
        net.namedModules().forEach((path, module) -> {
            if (module instanceof BatchNorm2d norm) {
                String parent = path.substring(0, path.lastIndexOf('.') + 1);
                String own = path.substring(parent.length());
                String conv = path.equals("bn1") ? stem
                        : parent + (own.startsWith("bn") ? own.replace("bn", "conv") : String.valueOf(Integer.parseInt(own) - 1));
                merge(merged, conv, path, norm);
            }
        });
        assertFalse(merged.keySet().stream().anyMatch(name -> name.endsWith("running_var")));
        return merged;
    }

    private static void merge(Map<String, StoredTensor> state, String conv, String path, BatchNorm2d norm) {
        StoredTensor weight = state.get(conv + ".weight");
        double[] values = weight.toDoubles();
        double[] gamma = norm.weight().toDoubles();
        double[] beta = norm.bias().toDoubles();
        double[] mean = norm.runningMean().toDoubles();
        double[] var = norm.runningVar().toDoubles();
        float[] merged = new float[values.length];
        float[] bias = new float[beta.length];
        for (int i = 0; i < merged.length; i++) {
            int c = i / (values.length / beta.length);
            merged[i] = (float) (values[i] * gamma[c] / Math.sqrt(var[c] + norm.eps()));
            bias[c] = (float) (beta[c] - mean[c] * gamma[c] / Math.sqrt(var[c] + norm.eps()));
        }
        state.keySet().removeIf(name -> name.startsWith(path + "."));
        state.put(conv + ".weight", StoredTensor.of(weight.shape(), merged));
        state.put(conv + ".bias", StoredTensor.of(Shape.of(bias.length), bias));
    }

    /** A colour image gets the answer that a network of one channel gives its luma. */
    @Test
    void aGreyStemTakesColoursAsLuma() throws IOException {
        ResNet net = ResNet.of(Architecture.byName("resnet18"), device, CLASSES, 1).adaptStem(1);
        Filled.fill(net, false);
        assertArrayEquals(right("resnet18 of luma"), logits(ResNet.fromWeights(net.stateDict(), device).adaptStem(3)), 2e-5f);
    }

    @ParameterizedTest
    @CsvSource({"resnet20, resnet20-12fca82f.th", "resnet32, resnet32-d509ac18.th"})
    void cifarFilesLoadAndAreWrittenUnderTorchvisionsNames(String name, String file) throws IOException {
        Weights weights = Weights.read(SharedFiles.weights(file));
        ResNet net = ResNet.of(Architecture.byName(name), device, 10, 1);
        assertTrue(net.loadStateDict(weights).isExact());
        Map<String, StoredTensor> state = net.stateDict();
        weights.forEach((n, t) -> assertArrayEquals(t.toFloats(), state.get(n.replace("linear.", "fc.")).toFloats(), n));
        assertEquals(weights.size(), state.keySet().stream().filter(n -> !n.endsWith("num_batches_tracked")).count());
        assertEquals(name, ResNet.fromWeights(weights, device).architecture().name());
    }
}
