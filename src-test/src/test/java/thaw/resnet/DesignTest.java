package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.engine.Device;
import thaw.engine.GradientCheck;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.kernels.Shape;
import thaw.kernels.opencl.OpenClHere;
import thaw.parity.Filled;

/** Small networks, among them all parts that a network can have: they train on every backend, and have layer groups. */
class DesignTest {

    private static final int CLASSES = 3;

    static Stream<Architecture> designs() {
        return Stream.of(
                design(new Design(BlockKind.BASIC, 1, 64, Stem.DEEP_TIERED, Shortcut.AVERAGED, Attention.SQUEEZE_16), Set.of()),
                design(new Design(BlockKind.BOTTLENECK, 1, 64, Stem.DEEP_CONV_POOL, Shortcut.AVERAGED, Attention.SQUEEZE_4), Set.of()),
                design(new Design(BlockKind.HALVED_BOTTLENECK, 2, 32, Stem.DEEP_WIDE, Shortcut.PROJECTED_3X3, Attention.SQUEEZE_16),
                        Set.of()),
                design(new Design(BlockKind.BOTTLENECK, 1, 64, Stem.CONV_7X7, Shortcut.AVERAGED, Attention.EFFICIENT), Set.of()),
                design(new Design(BlockKind.BASIC, 1, 64, Stem.CONV_7X7, Shortcut.PROJECTED, Attention.NONE),
                        Set.of(Variant.AVERAGE_POOL)),
                design(new Design(BlockKind.BOTTLENECK, 1, 64, Stem.DEEP, Shortcut.AVERAGED, Attention.EFFICIENT),
                        Set.of(Variant.BLUR_POOL)));
    }

    private static Architecture design(Design design, Set<Variant> variants) {
        return new Architecture("tiny", Family.CIFAR, List.of(1, 1), design, variants);
    }

    private static Tensor images(Device device, int n, int side) {
        return device.tensor(Shape.of(n, 3, side, side), Filled.fill("input", n * 3 * side * side));
    }

    @ParameterizedTest
    @MethodSource("designs")
    void gradients(Architecture architecture) {
        try (Device device = Device.reference()) {
            ResNet net = ResNet.of(architecture, device, CLASSES, 3);
            List<Tensor> leaves = new ArrayList<>();
            net.namedParameters().forEach((name, parameter) -> {
                if (name.matches("fc\\.bias|layer1\\.0\\.(bn1\\.bias|se\\.(fc1\\.bias|conv\\.weight))")) {
                    leaves.add(parameter);
                }
            });
            Tensor x = images(device, 2, 12);
            assertEquals(architecture.design().attention() == Attention.NONE ? 2 : 3, leaves.size());
            GradientCheck.check(() -> net.call(x), leaves);
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void theCpuComputesTheGradientsOfTheReference(Architecture architecture) {
        try (Device reference = Device.reference(); Device device = Device.cpu()) {
            assertSameGradients(architecture, reference, device);
        }
    }

    @ParameterizedTest
    @MethodSource("designs")
    void openClComputesTheGradientsOfTheReference(Architecture architecture) {
        OpenClHere.require();
        try (Device reference = Device.reference(); Device device = Device.opencl()) {
            assertSameGradients(architecture, reference, device);
        }
    }

    private static void assertSameGradients(Architecture architecture, Device reference, Device device) {
        Map<String, double[]> expected = gradientsOn(reference, architecture);
        gradientsOn(device, architecture).forEach((name, given) -> {
            double distance = 0;
            double size = 0;
            for (int i = 0; i < given.length; i++) {
                distance += Math.pow(given[i] - expected.get(name)[i], 2);
                size += Math.pow(expected.get(name)[i], 2);
            }
            assertTrue(Math.sqrt(distance) <= 2e-3 * Math.sqrt(size) + 1e-6, name + ": " + distance + " of " + size);
        });
    }

    private static Map<String, double[]> gradientsOn(Device device, Architecture architecture) {
        ResNet net = ResNet.of(architecture, device, CLASSES, 3);
        try (Scope scope = device.scope()) {
            Functional.crossEntropy(net.call(images(device, 4, 22)), device.labels(0, 1, 2, 1)).backward();
        }
        Map<String, double[]> gradients = new LinkedHashMap<>();
        net.namedParameters().forEach((name, parameter) -> gradients.put(name, parameter.grad().toDoubles()));
        return gradients;
    }

    @ParameterizedTest
    @MethodSource("designs")
    void everyParameterIsInOneGroupInOrder(Architecture architecture) {
        try (Device device = Device.cpu()) {
            ResNet net = ResNet.of(architecture, device, CLASSES, 3);
            for (Granularity granularity : Granularity.values()) {
                List<Tensor> grouped = new ArrayList<>();
                net.groups(granularity).forEach(group -> grouped.addAll(group.parameters()));
                assertEquals(net.parameters(), grouped);
                assertEquals(net.groups(granularity).stream().map(LayerGroup::parameterCount).toList(),
                        GroupTable.of(net, 22, granularity).groups().stream().map(GroupTable.Group::parameters).toList());
            }
        }
    }

    @Test
    void aDeepStemIsAdaptedToGreyImages() {
        try (Device device = Device.cpu()) {
            ResNet net = ResNet.of(Architecture.byName("resnet10t"), device, CLASSES, 3);
            float[] colour = net.namedParameters().get("conv1.0.weight").toFloats();
            float[] second = net.namedParameters().get("conv1.3.weight").toFloats();
            net.adaptStem(1);
            float[] grey = net.namedParameters().get("conv1.0.weight").toFloats();
            assertEquals(1, net.inputChannels());
            assertEquals(colour[0] + colour[9] + colour[18], grey[0], 1e-6);
            assertArrayEquals(second, net.namedParameters().get("conv1.3.weight").toFloats());
            assertEquals(1, NetworkWeights.in(net.stateDict()).inputChannels());
            assertEquals("resnet10t", ResNet.fromWeights(net.stateDict(), device).name());
        }
    }

    @Test
    void numbersThatMakeNoBlocksAreRefused() {
        assertThrows(IllegalArgumentException.class,
                () -> new Design(BlockKind.BASIC, 2, 64, Stem.DEEP, Shortcut.AVERAGED, Attention.NONE));
        assertThrows(IllegalArgumentException.class,
                () -> new Design(BlockKind.BOTTLENECK, 1, 0, Stem.DEEP, Shortcut.AVERAGED, Attention.NONE));
    }
}
