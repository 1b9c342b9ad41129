package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

class WeightNamesTest {

    private final Device device = Device.cpu();

    @AfterEach
    void close() {
        device.close();
    }

    @ParameterizedTest
    @CsvSource({
        "resnet.embedder.embedder.convolution.weight, conv1.weight",
        "resnet.embedder.embedder.normalization.running_var, bn1.running_var",
        "resnet.encoder.stages.0.layers.0.layer.0.convolution.weight, layer1.0.conv1.weight",
        "resnet.encoder.stages.2.layers.22.layer.2.normalization.num_batches_tracked, layer3.22.bn3.num_batches_tracked",
        "resnet.encoder.stages.3.layers.0.shortcut.convolution.weight, layer4.0.downsample.0.weight",
        "resnet.encoder.stages.3.layers.0.shortcut.normalization.bias, layer4.0.downsample.1.bias",
        "embedder.embedder.convolution.weight, conv1.weight",
        "encoder.stages.1.layers.1.layer.1.normalization.weight, layer2.1.bn2.weight",
        "classifier.1.bias, fc.bias", "linear.weight, fc.weight",
        "layer3.0.conv2.weight, layer3.0.conv2.weight", "fc.6.weight, fc.6.weight", "resnet.other.weight, resnet.other.weight"})
    void oneName(String other, String canonical) {
        assertEquals(canonical, WeightNames.canonical(other));
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "resnet50"})
    void huggingFacesStateDictIsTorchvisions(String name) {
        Architecture a = Architecture.byName(name);
        ResNet net = ResNet.of(a, device, 3, 1);
        Map<String, StoredTensor> own = net.stateDict();
        List<String> theirs = huggingFaceNames(a);
        Map<String, StoredTensor> renamed = new LinkedHashMap<>();
        List<String> names = new ArrayList<>(theirs.stream().map(WeightNames::canonical).toList());
        assertEquals(own.keySet(), Map.copyOf(names(names)).keySet());
        theirs.forEach(n -> renamed.put(n, own.get(WeightNames.canonical(n))));

        ResNet loaded = ResNet.fromWeights(renamed, device);
        assertEquals(a, loaded.architecture());
        loaded.stateDict().forEach((n, t) -> assertArrayEquals(own.get(n).toFloats(), t.toFloats(), n));
    }

    private static Map<String, String> names(List<String> all) {
        Map<String, String> set = new LinkedHashMap<>();
        all.forEach(n -> assertEquals(null, set.put(n, n), n));
        return set;
    }

    /** The state dict's names of ResNetForImageClassification, module by module: embedder, stages of layers, classifier. */
    private static List<String> huggingFaceNames(Architecture a) {
        List<String> names = new ArrayList<>();
        convLayer(names, "resnet.embedder.embedder");
        for (int stage = 0; stage < 4; stage++) {
            for (int block = 0; block < a.depths().get(stage); block++) {
                String path = "resnet.encoder.stages." + stage + ".layers." + block;
                boolean bottleneck = a.block() == BlockKind.BOTTLENECK;
                if (block == 0 && (stage > 0 || bottleneck)) {
                    convLayer(names, path + ".shortcut");
                }
                for (int i = 0; i < (bottleneck ? 3 : 2); i++) {
                    convLayer(names, path + ".layer." + i);
                }
            }
        }
        names.add("classifier.1.weight");
        names.add("classifier.1.bias");
        return names;
    }

    private static void convLayer(List<String> names, String path) {
        names.add(path + ".convolution.weight");
        for (String n : List.of("weight", "bias", "running_mean", "running_var", "num_batches_tracked")) {
            names.add(path + ".normalization." + n);
        }
    }

    @Test
    void twoNamesForOneTensorAreRefused() {
        StoredTensor t = StoredTensor.of(Shape.of(1), new float[1]);
        String message = assertThrows(IllegalArgumentException.class,
                () -> WeightNames.canonical(Map.of("fc.weight", t, "linear.weight", t))).getMessage();
        assertTrue(message.contains("fc.weight"), message);
    }

    @ParameterizedTest
    @CsvSource({"resnet20, resnet20-12fca82f.th", "resnet32, resnet32-d509ac18.th"})
    void cifarFilesLoadAndAreWrittenUnderTorchvisionsNames(String name, String file) throws IOException {
        Weights weights = Weights.read(SharedFiles.weights(file));
        ResNet net = ResNet.of(Architecture.byName(name), device, 10, 1);
        assertTrue(net.loadStateDict(weights).isExact());
        Map<String, StoredTensor> state = net.stateDict();
        assertArrayEquals(weights.get("linear.weight").toFloats(), state.get("fc.weight").toFloats());
        weights.forEach((n, t) -> assertArrayEquals(t.toFloats(), state.get(n.replace("linear.", "fc.")).toFloats(), n));
        assertEquals(weights.size(), state.keySet().stream().filter(n -> !n.endsWith("num_batches_tracked")).count());
        assertEquals(name, ResNet.fromWeights(weights, device).architecture().name());
    }
}
