package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;
import thaw.parity.Filled;

class HeadTest {

    private final Device device = Device.cpu();

    @AfterEach
    void close() {
        device.close();
    }

    private ResNet net() {
        return ResNet.of(Architecture.byName("resnet20"), device, 10, 1);
    }

    @Test
    void aNewHeadLeavesTheBodyAlone() {
        ResNet net = net();
        Map<String, StoredTensor> before = net.stateDict();
        net.requiresGrad(false).eval();
        net.replaceHead(3);
        assertEquals(3, net.classes());
        net.stateDict().forEach((name, t) -> {
            if (!ResNet.isHead(name)) {
                assertArrayEquals(before.get(name).toFloats(), t.toFloats(), name);
            }
        });
        assertEquals(List.of("fc.weight", "fc.bias"), net.namedParameters().entrySet().stream()
                .filter(e -> e.getValue().requiresGrad()).map(Map.Entry::getKey).toList());
        assertEquals(Shape.of(3, 64), net.namedParameters().get("fc.weight").shape());
        assertEquals("fc.bias", List.copyOf(net.namedParameters().keySet()).get(net.parameters().size() - 1));
        assertFalse(net.children().get("fc").isTraining());
    }

    @Test
    void theOldHeadsMemoryGoesBack() {
        ResNet net = net();
        long before = device.backend().memory().inUse();
        net.replaceHead(100).replaceHead(Head.CONCAT_POOL, 7).replaceHead(10);
        assertEquals(before, device.backend().memory().inUse());
    }

    @Test
    void fastaisHeadHasTheNamesThatASequentialGives() {
        ResNet net = net().replaceHead(Head.CONCAT_POOL, 5);
        assertEquals(List.of("fc.0.weight", "fc.0.bias", "fc.2.weight", "fc.2.bias", "fc.4.weight", "fc.4.bias", "fc.6.weight",
                "fc.6.bias"), net.namedParameters().keySet().stream().filter(ResNet::isHead).toList());
        assertEquals(Shape.of(512, 128), net.namedParameters().get("fc.2.weight").shape());
        assertEquals(Shape.of(5, 512), net.namedParameters().get("fc.6.weight").shape());
        assertArrayEquals(new float[512], net.namedParameters().get("fc.2.bias").toFloats());
        assertEquals(net.parameterCount(), net.outline(32, 32).parameters());
        String tree = net.toString();
        assertTrue(tree.contains("Dropout(p=0.25)") && tree.contains("Dropout(p=0.5)")
                && tree.contains("AdaptiveConcatPool2d"), tree);
    }

    /**
     * Scores of PyTorch 2.13 in double precision: ResNet-18 with this head and the weights of {@link Filled}, on
     * {@code Filled.fill("input")} as {@code [2, 3, 64, 48]}.
     */
    @Test
    void fastaisHeadComputesWhatPyTorchDoes() {
        ResNet net = ResNet.resnet18(device, 4).replaceHead(Head.CONCAT_POOL, 3);
        Filled.fill(net, false);
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            Tensor x = device.tensor(Shape.of(2, 3, 64, 48), Filled.fill("input", 2 * 3 * 64 * 48));
            float[] expected = {-0.10608976f, 0.085466147f, -0.12985277f, -0.097221066f, 0.081309076f, -0.051287763f};
            assertArrayEquals(expected, net.eval().call(x).toFloats(), 1e-6f);
        }
    }

    @Test
    void noClassesIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> net().replaceHead(0));
    }

    @Test
    void labels() {
        assertEquals(Head.CONCAT_POOL, Head.byLabel("concat_pool"));
        String message = assertThrows(IllegalArgumentException.class, () -> Head.byLabel("mlp")).getMessage();
        assertTrue(message.contains("linear, concat_pool"), message);
    }
}
