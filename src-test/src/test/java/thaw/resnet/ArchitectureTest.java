package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.io.DType;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

class ArchitectureTest {

    /** Parameter counts documented by torchvision. */
    @ParameterizedTest
    @CsvSource({"resnet18,1000,11689512", "resnet34,1000,21797672", "resnet50,1000,25557032", "resnet101,1000,44549160",
        "resnet152,1000,60192808", "wide_resnet50_2,1000,68883240", "wide_resnet101_2,1000,126886696",
        "resnext50_32x4d,1000,25028904", "resnext101_32x8d,1000,88791336"})
    void parameterCounts(String name, int classes, long expected) {
        assertEquals(expected, Outline.of(Architecture.byName(name), 3, Head.LINEAR, classes, 224, 224).parameters());
    }

    /** Parameter counts of He et al. 2016, table 6, in millions. */
    @ParameterizedTest
    @CsvSource({"resnet20,0.27", "resnet32,0.46", "resnet44,0.66", "resnet56,0.85", "resnet110,1.7"})
    void parameterCountsOfTheCifarNetworks(String name, double millions) {
        long count = Outline.of(Architecture.byName(name), 3, Head.LINEAR, 10, 32, 32).parameters();
        assertEquals(millions, count / 1e6, name.equals("resnet110") ? 0.05 : 0.005);
    }

    /** The number in the name counts the layers with weights, except projections on shortcuts, of networks with usual stems. */
    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "resnet34", "resnet26", "resnet50", "resnet101", "resnet152", "resnet200", "wide_resnet50_2",
        "wide_resnet101_2", "resnext50_32x4d", "resnext101_64x4d", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110"})
    void theNameSaysTheDepth(String name) {
        Architecture a = Architecture.byName(name);
        long depth = Outline.of(a, 3, Head.LINEAR, 10, 64, 64).layers().stream()
                .filter(l -> l.kind().startsWith("conv") || l.kind().equals("linear"))
                .filter(l -> !l.name().contains("downsample")).count();
        assertEquals(a.name().replaceAll("(?:wide_)?resne[xt]+(\\d+).*", "$1"), String.valueOf(depth));
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"})
    void namesAreThoseOfTheCommonStateDict(String name) throws IOException {
        Weights parity = Weights.read(SharedFiles.parityCase("model_" + name + ".safetensors"));
        Set<String> expected = new TreeSet<>();
        parity.keySet().stream().filter(k -> k.startsWith("grad_norm.")).forEach(k -> expected.add(k.substring(10)));
        Set<String> given = new TreeSet<>();
        for (Layer layer : Outline.of(Architecture.byName(name), 3, Head.LINEAR, 1000, 224, 224).layers()) {
            if (layer.parameters() > 0) {
                given.add(layer.name() + ".weight");
            }
            if (layer.weight().rank() == 1 || layer.weight().rank() == 2) {
                given.add(layer.name() + ".bias");
            }
        }
        assertEquals(expected, given);
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        String message = assertThrows(IllegalArgumentException.class, () -> Architecture.byName("resnet51")).getMessage();
        assertTrue(message.contains("\"resnet51\"") && message.contains("resnet50,")
                && message.contains("resnext101_32x8d"), message);
    }

    @Test
    void namesOfNetworksWithPoolsStandForVariants() {
        assertEquals(Architecture.byName("resnet50d").with(Variant.AVERAGE_POOL), Architecture.byName("resnetaa50d"));
        assertEquals(Architecture.byName("seresnext101d_32x8d").with(Variant.AVERAGE_POOL),
                Architecture.byName("seresnextaa101d_32x8d"));
        assertEquals(Architecture.byName("resnet18").with(Variant.BLUR_POOL), Architecture.byName("resnetblur18"));
        assertThrows(IllegalArgumentException.class, () -> Architecture.byName("resnetaa51"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Architecture.byName("resnetrs50").with(Variant.BLUR_POOL))
                .getMessage().contains("stems with a maximum pool"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Architecture.byName("resnetaa50").with(Variant.STRIDE_IN_1X1))
                .getMessage().contains("stride_in_1x1,average_pool"));
    }

    @Test
    void numbersThatMakeNoNetworkAreRefused() {
        assertThrows(IllegalArgumentException.class,
                () -> new Architecture("x", Family.CIFAR, BlockKind.BASIC, List.of(1, 0), 1, 64));
        assertThrows(IllegalArgumentException.class,
                () -> new Architecture("x", Family.CIFAR, BlockKind.BASIC, List.of(), 1, 64));
        assertThrows(IllegalArgumentException.class,
                () -> new Architecture("x", Family.IMAGENET, BlockKind.BASIC, List.of(1), 2, 64));
        assertThrows(IllegalArgumentException.class,
                () -> new Architecture("x", Family.IMAGENET, BlockKind.BOTTLENECK, List.of(1), 0, 64));
    }

    @ParameterizedTest
    @MethodSource("thaw.resnet.Architecture#all")
    void isRecognisedByItsShapes(Architecture a) {
        assertEquals(List.of(a), recognised(shapesOf(a, 3)));
        assertEquals(List.of(a), recognised(shapesOf(a, 4)));
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void othersAreNotRecognised(Family family) {
        Architecture other = new Architecture("other", family, BlockKind.BASIC, List.of(1, 1, 2), 1, 64);
        assertEquals(List.of(), recognised(shapesOf(other, 3)));
        assertEquals(List.of(), recognised(Map.of()));
    }

    private static List<Architecture> recognised(Map<String, StoredTensor> weights) {
        return NetworkWeights.allIn(weights).stream().map(NetworkWeights::architecture).toList();
    }

    /** Tensors with an architecture's shapes but without data. */
    static Map<String, StoredTensor> shapesOf(Architecture a, int inputChannels) {
        Map<String, StoredTensor> weights = new LinkedHashMap<>();
        for (Layer layer : Outline.of(a, inputChannels, Head.LINEAR, 7, 64, 64).layers()) {
            if (layer.parameters() > 0) {
                weights.put(layer.name() + ".weight", shapeOnly(layer.weight()));
            }
        }
        return weights;
    }

    private static StoredTensor shapeOnly(Shape shape) {
        return new StoredTensor() {
            @Override
            public DType dtype() {
                return DType.F32;
            }

            @Override
            public Shape shape() {
                return shape;
            }

            @Override
            public ByteBuffer bytes() {
                throw new AssertionError("only the shape may be read");
            }
        };
    }
}
