package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
    private static final int SIDE = 70;

    /** The parts of all networks; with all cases, the networks themselves, but with at most two blocks a stage, the second repeated. */
    static Stream<Architecture> architectures() {
        Stream<Architecture> parts = Stream.concat(DesignTest.designs(), Stream.of(short_("resnet20"), short_("resnet10t")));
        if (!Extent.FULL) {
            return parts;
        }
        Map<List<Object>, Architecture> distinct = new LinkedHashMap<>();
        Stream.concat(Architecture.all().stream().map(Architecture::name), Stream.of("resnetaa50d", "resnetblur18", "seresnextaa101d_32x8d"))
                .map(OnnxExportTest::short_).forEach(a -> distinct.putIfAbsent(List.of(a.design(), a.depths(), a.variants()), a));
        distinct.values().removeIf(a -> a.design().widthPerGroup() * a.design().groups() > 256 && !a.name().equals("resnext101_32x16d"));
        return Stream.concat(parts, distinct.values().stream());
    }

    private static Architecture short_(String name) {
        Architecture a = Architecture.byName(name);
        return new Architecture(name, a.family(), a.depths().stream().map(depth -> Math.min(depth, 2)).toList(), a.design(), a.variants());
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

    private static void assertSameLogits(ResNet net, Path file) throws IOException {
        OnnxGraph.of(net).write(file, Shape.of(3, SIDE, SIDE), Shape.of(CLASSES), Map.of("key", "value"));
        Device device = net.device();
        try (OnnxRuntime runtime = OnnxRuntime.open(file); NoGrad off = device.noGrad()) {
            assertEquals("[-1, 3, 70, 70]", runtime.inputShape());
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
