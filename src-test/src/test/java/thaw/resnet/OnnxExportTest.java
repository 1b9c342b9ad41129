package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.Extent;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.engine.nn.AdaptiveAvgPool2d;
import thaw.engine.nn.Linear;
import thaw.engine.nn.Module;
import thaw.engine.nn.OnnxGraph;
import thaw.engine.nn.Sequential;
import thaw.kernels.Shape;
import thaw.parity.Filled;

/** Networks written as ONNX: ONNX Runtime computes the same logits, and their weights come back. */
class OnnxExportTest {

    private static final int CLASSES = 3;

    /** Leaves odd extents to pools and strides. */
    private static final int SIDE = 38;

    /** Groups times channels of the widest networks, beyond which a test takes too much memory. */
    private static final int WIDEST = 256;

    /** The parts of all networks; with all cases, the networks themselves, but with two blocks in the first stage and one in others. */
    static Stream<Architecture> architectures() {
        Stream<Architecture> parts = Stream.concat(DesignTest.designs(), Stream.of(shortened("resnet20")));
        if (!Extent.FULL) {
            return parts;
        }
        Map<Design, Architecture> whole = new LinkedHashMap<>();
        Architecture.all().forEach(a -> whole.putIfAbsent(a.design(), shortened(a.name())));
        whole.keySet().removeIf(design -> design.groups() * design.widthPerGroup() > WIDEST);
        return Stream.of(parts, whole.values().stream(), Stream.of("resnetaa50d", "resnetblur18", "seresnextaa101d_32x8d")
                .map(OnnxExportTest::shortened)).flatMap(some -> some);
    }

    private static Architecture shortened(String name) {
        Architecture a = Architecture.byName(name);
        List<Integer> depths = new ArrayList<>(Collections.nCopies(a.stages(), 1));
        depths.set(0, 2);
        return new Architecture(name, a.family(), depths, a.design(), a.variants());
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void onnxRuntimeComputesTheSameLogits(Architecture architecture, @TempDir Path folder) throws IOException {
        try (Device device = Device.cpu()) {
            ResNet net = ResNet.toBeLoaded(architecture, device, CLASSES);
            Filled.fill(net, architecture.design().block() != BlockKind.BASIC);
            assertSameLogits(net, folder.resolve("model.onnx"));
            net.release();
        }
    }

    @Test
    void fastaisHeadAndCheckpointedBlocks(@TempDir Path folder) throws IOException {
        try (Device device = Device.cpu()) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), Head.CONCAT_POOL, device, CLASSES, 1).checkpointBlocks();
            Filled.fill(net, false);
            assertSameLogits(net, folder.resolve("model.onnx"));
        }
    }

    /** A chain of an application's own, with a module in it that ONNX cannot compute. */
    @Test
    void aModuleWithoutCounterpartIsNamed() {
        try (Device device = Device.cpu()) {
            Module own = new Module() {
                @Override
                public Tensor forward(Tensor x) {
                    return x.sigmoid();
                }
            };
            Sequential net = new Sequential(Map.of("body", new Sequential(new Linear(device, 2, 2), own)));
            String message = assertThrows(IllegalArgumentException.class, () -> OnnxGraph.of(net)).getMessage();
            assertTrue(message.contains("body.1") && message.contains("override Module.onnx"), message);
            message = assertThrows(IllegalArgumentException.class, () -> OnnxGraph.of(new AdaptiveAvgPool2d(2))).getMessage();
            assertTrue(message.contains("2×2"), message);
        }
    }

    private static void assertSameLogits(ResNet net, Path file) throws IOException {
        OnnxGraph.of(net).write(file, Shape.of(3, SIDE, SIDE), Shape.of(CLASSES), Map.of("key", "value"));
        Device device = net.device();
        try (OnnxRuntime runtime = OnnxRuntime.open(file); NoGrad off = device.noGrad()) {
            assertEquals("[-1, 3, " + SIDE + ", " + SIDE + "]", runtime.inputShape());
            assertEquals("value", runtime.metadata().get("key"));
            for (int n : List.of(1, 5)) {
                float[] images = Filled.fill("input", n * 3 * SIDE * SIDE);
                float[] theirs = runtime.logits(images, n, SIDE);
                try (Scope scope = device.scope()) {
                    float[] ours = net.eval().call(device.tensor(Shape.of(n, 3, SIDE, SIDE), images)).toFloats();
                    assertArrayEquals(ours, theirs, 1e-4f);
                    float largest = 0;
                    for (float logit : ours) {
                        largest = Math.max(largest, Math.abs(logit));
                    }
                    assertTrue(largest > 0.01 && largest < 100, "logits up to " + largest);
                }
            }
        }
        Map<String, StoredTensor> state = net.stateDict();
        Weights read = Weights.read(file);
        assertEquals(state.keySet(), read.keySet());
        state.forEach((name, tensor) -> {
            assertEquals(tensor.shape(), read.get(name).shape());
            assertEquals(tensor.bytes(), read.get(name).bytes(), name);
        });
    }
}
