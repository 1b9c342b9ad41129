package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;

/** Weights that do not fit are rejected without any change; the message says what they are and what to do. */
class WeightFitTest {

    private final Device device = Device.cpu();
    private final ResNet net = cifar("resnet20", 10, 1);

    @AfterEach
    void close() {
        device.close();
    }

    private ResNet cifar(String name, int classes, long seed) {
        return ResNet.of(Architecture.byName(name), device, classes, seed);
    }

    private void assertRefused(Map<String, ? extends StoredTensor> weights, String... words) {
        float[] before = net.namedParameters().get("conv1.weight").toFloats();
        String message = assertThrows(IllegalArgumentException.class, () -> net.loadStateDict(weights)).getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), word + " is not in: " + message);
        }
        assertArrayEquals(before, net.namedParameters().get("conv1.weight").toFloats());
    }

    @Test
    void ofAnotherArchitecture() {
        assertRefused(cifar("resnet32", 10, 2).stateDict(), "weights of resnet32", "the network is resnet20",
                "layer1.3.conv1.weight", "--arch resnet32");
        assertRefused(ArchitectureTest.shapesOf(Architecture.byName("resnext50_32x4d"), 3), "weights of resnext50_32x4d");
    }

    @Test
    void withFewerBlocks() {
        Map<String, StoredTensor> small = net.stateDict();
        String message = assertThrows(IllegalArgumentException.class,
                () -> cifar("resnet32", 10, 1).loadStateDict(small)).getMessage();
        assertTrue(message.contains("weights of resnet20") && message.contains("--arch resnet20"), message);
    }

    @Test
    void ofNoResidualNetwork() {
        StoredTensor t = StoredTensor.of(Shape.of(1, 1), new float[1]);
        assertRefused(Map.of("features.0.weight", t), "not weights of a residual network", "features.0.weight", "torchvision");
        assertRefused(Map.of(), "not weights of a residual network");
    }

    @Test
    void withSomethingMissingOrMore() {
        Map<String, StoredTensor> lacking = cifar("resnet20", 10, 2).stateDict();
        lacking.remove("layer2.1.bn1.bias");
        lacking.put("layer2.1.bn7.bias", lacking.get("bn1.bias"));
        assertRefused(lacking, "layer2.1.bn1.bias", "layer2.1.bn7.bias");
        assertFalse(net.loadStateDict(lacking, false).isExact());
    }

    @Test
    void forOtherClasses() {
        assertRefused(cifar("resnet20", 7, 2).stateDict(), "for 7 classes", "for 10", "replaceHead(10)",
                "loadPretrained(weights, false)");
    }

    @Test
    void withAnotherHead() {
        assertRefused(cifar("resnet20", 10, 2).replaceHead(Head.CONCAT_POOL, 6).stateDict(), "concat_pool",
                "replaceHead(Head.CONCAT_POOL, 6)");
        Map<String, StoredTensor> body = cifar("resnet20", 10, 2).stateDict();
        body.keySet().removeIf(n -> n.startsWith("fc"));
        assertRefused(body, "no known head, only a body", "loadPretrained(weights, false)");
        body.put("queue", StoredTensor.of(Shape.of(1), new float[1]));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> net.loadPretrained(body, true)).getMessage()
                .contains("no known head, only queue"));
    }

    @Test
    void forOtherChannels() {
        assertRefused(cifar("resnet20", 10, 2).adaptStem(1).stateDict(), "1 channels", "adaptStem(3)");
    }

    @Test
    void theBodyIsLoadedWithoutTheHead() {
        ResNet pretrained = cifar("resnet20", 7, 2);
        float[] head = net.namedParameters().get("fc.weight").toFloats();
        for (Map<String, StoredTensor> weights : List.of(pretrained.stateDict(),
                cifar("resnet20", 10, 2).replaceHead(Head.CONCAT_POOL, 6).stateDict(), withoutHead(pretrained.stateDict()))) {
            assertTrue(net.loadPretrained(weights, false).isExact());
            assertArrayEquals(head, net.namedParameters().get("fc.weight").toFloats());
            assertArrayEquals(weights.get("layer3.2.conv2.weight").toFloats(),
                    net.namedParameters().get("layer3.2.conv2.weight").toFloats());
        }
        assertThrows(IllegalArgumentException.class, () -> net.loadPretrained(pretrained.stateDict(), true));
    }

    private static Map<String, StoredTensor> withoutHead(Map<String, StoredTensor> weights) {
        Map<String, StoredTensor> body = new LinkedHashMap<>(weights);
        body.keySet().removeIf(n -> n.startsWith("fc"));
        return body;
    }
}
