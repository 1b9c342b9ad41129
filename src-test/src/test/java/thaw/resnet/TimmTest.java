package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.api.Test;
import thaw.Extent;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;
import thaw.parity.Filled;

/** timm's residual networks with weights by a formula: logits of timm 1.0.29, by make_timm.py. */
class TimmTest {

    private static final int CLASSES = 5;

    /** The largest error of a logit, relative to the largest logit. */
    private static final double TOLERANCE = 1e-4;

    /** Group norm, pruned widths, and blocks of two kinds with rising widths. */
    private static final Set<String> REFUSED = Set.of("resnet50_gn", "ecaresnet50d_pruned", "ecaresnet101d_pruned", "test_resnet");

    /** Small networks with all parts but SENet-154's. */
    private static final Set<String> SAMPLE = Set.of("resnet10t", "resnet18d", "resnet26", "resnet50s", "seresnext26d_32x4d",
            "ecaresnetlight", "ecaresnext50t_32x4d", "resnetrs50", "resnetaa34d", "resnetblur50d");

    /** A line of timm.csv: a network, the number of timm's pretrained weights for it, and its logits. */
    record Line(String name, int sets, long parameters, double[] logits) {

        static Line of(String line) {
            String[] parts = line.split(",");
            return new Line(parts[0], Integer.parseInt(parts[1]), Long.parseLong(parts[2]),
                    Arrays.stream(parts).skip(3).mapToDouble(Double::parseDouble).toArray());
        }

        /** timm's ecaresnext50t has the layers of its ecaresnext26t. */
        Architecture architecture() {
            return Architecture.byName(name.replace("ecaresnext50t", "ecaresnext26t"));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Line> lines() throws IOException {
        return FilledNetworks.resource("timm.csv").lines().map(Line::of);
    }

    private static Stream<Line> computed() throws IOException {
        return lines().filter(line -> !REFUSED.contains(line.name));
    }

    static Stream<Line> sample() throws IOException {
        return computed().filter(line -> Extent.FULL || SAMPLE.contains(line.name));
    }

    @Test
    void theWeightSetsThatCanBeLoaded() throws IOException {
        assertEquals(169, lines().mapToInt(Line::sets).sum());
        assertEquals(165, computed().mapToInt(Line::sets).sum());
        assertEquals(lines().map(Line::name).filter(REFUSED::contains).collect(Collectors.toSet()), REFUSED);
    }

    @ParameterizedTest
    @MethodSource("computed")
    void parameters(Line line) {
        assertEquals(line.parameters, Outline.of(line.architecture(), 3, Head.LINEAR, CLASSES, 64, 64).parameters());
    }

    @ParameterizedTest
    @MethodSource("sample")
    void logits(Line line) {
        assumeTrue(line.parameters * Float.BYTES < Runtime.getRuntime().maxMemory() * 0.7, "the network needs a larger heap");
        try (Device device = Device.cpu()) {
            ResNet net = ResNet.toBeLoaded(line.architecture(), device, CLASSES);
            fill(net);
            assertRight(line, net);
        }
    }

    /** The tensors are those of a network without pools; the file's name decides. */
    @ParameterizedTest
    @CsvSource({"resnetaa34d,config.architecture", "resnetblur18,arch"})
    void aFileStatesPools(String name, String entry) throws IOException {
        Line line = lines().filter(other -> other.name.equals(name)).findFirst().orElseThrow();
        try (Device device = Device.cpu()) {
            ResNet usual = ResNet.toBeLoaded(line.architecture().usual(), device, CLASSES);
            fill(usual);
            Map<String, StoredTensor> state = usual.stateDict();
            ResNet net = ResNet.fromWeights(Weights.of(state, Map.of(entry, name)), device);
            assertRight(line, net);
            assertRight(line, (ResNet) Network.fromMetadata(net.describe(), state, device));
        }
    }

    private static void fill(ResNet net) {
        Filled.fill(net, net.architecture().design().block() != BlockKind.BASIC);
    }

    private static void assertRight(Line line, ResNet net) {
        Device device = net.device();
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            Tensor x = device.tensor(Shape.of(2, 3, 64, 64), Filled.fill("input", 2 * 3 * 64 * 64));
            double[] given = net.eval().call(x).toDoubles();
            double largest = Arrays.stream(line.logits).map(Math::abs).max().orElseThrow();
            for (int i = 0; i < given.length; i++) {
                assertEquals(line.logits[i], given[i], TOLERANCE * largest, line.name + ", logit " + i);
            }
            assertTrue(given.length == line.logits.length && largest > 0.01, line.name);
        }
    }
}
