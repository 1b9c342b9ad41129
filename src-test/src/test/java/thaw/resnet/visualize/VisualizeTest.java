package thaw.resnet.visualize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.Device;
import thaw.engine.ReluRule;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.io.Weights;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.MaxPool2d;
import thaw.engine.nn.ReLU;
import thaw.engine.nn.Sequential;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.Layer;
import thaw.resnet.Network;
import thaw.resnet.ResNet;

/** Pictures of layers against PyTorch's (make_resnet20.py), and against properties that they must have. */
class VisualizeTest {
    private static final int LABEL = 3;

    private static ResNet resnet20(Device device) throws Exception {
        Path file = Path.of(System.getProperty("shared.dir", "../../shared"), "data/weights/resnet20-12fca82f.th");
        assumeTrue(Files.exists(file), "skipped: there is no " + file.toAbsolutePath().normalize() + " in shared");
        return ResNet.fromWeights(Weights.read(file), device);
    }

    private static Weights expected() throws Exception {
        return Weights.read(Path.of(VisualizeTest.class.getResource("resnet20.safetensors").toURI()));
    }

    private static Tensor image(Device device, Weights expected) {
        return device.tensor(Shape.of(1, 3, 32, 32), expected.get("image").toFloats());
    }

    private static void assertClose(String name, float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length, name);
        double distance = 0;
        double size = 0;
        for (int i = 0; i < actual.length; i++) {
            distance += Math.pow(actual[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        assertTrue(size > 0, name);
        assertTrue(Math.sqrt(distance / size) < 1e-4, name + ": relative distance " + Math.sqrt(distance / size));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "reference"})
    void gradCamIsPyTorchs(String name) throws Exception {
        try (Device device = name.equals("cpu") ? Device.cpu(2) : Device.reference()) {
            ResNet net = resnet20(device);
            Weights expected = expected();
            for (int stage = 2; stage <= 3; stage++) {
                Heatmap heat = GradCam.of(net, "layer" + stage).heatmap(image(device, expected), LABEL);
                assertEquals(stage == 2 ? 16 : 8, heat.width());
                assertClose("layer" + stage, expected.get("gradcam.layer" + stage).toFloats(), heat.values());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = ReluRule.class, names = {"GUIDED", "DECONVNET"})
    void projectionsArePyTorchs(ReluRule rule) throws Exception {
        try (Device device = Device.cpu(2)) {
            ResNet net = resnet20(device);
            Weights expected = expected();
            String name = rule.name().toLowerCase(java.util.Locale.ROOT);
            for (String layer : new String[] {"layer1.2", "layer2.5", "layer3.40"}) {
                Projection.Result result = Projection.of(net, layer.substring(0, 6), rule).strongest(image(device, expected),
                        Integer.parseInt(layer.substring(7)));
                assertClose(name + "." + layer, expected.get(name + "." + layer).toFloats(), result.pixels());
                assertTrue(result.activation() > 0);
            }
            assertClose("score", expected.get(name + ".score").toFloats(),
                    Projection.of(net, "layer3", rule).score(image(device, expected), LABEL));
        }
    }

    /**
     * Deconvnet through a convolution, a constant norm and a max pool is the transposed map of what the forward pass did to this image:
     * {@code <f(x) − f(0), y> = <x, fᵀ(y)>} where all ReLUs pass what they get, for positive numbers.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void deconvnetIsTheTransposedNetwork(long seed) {
        Random random = new Random(seed);
        try (Device device = Device.reference()) {
            int in = 1 + random.nextInt(4);
            int out = 1 + random.nextInt(5);
            int side = 7 + random.nextInt(6);
            Conv2d conv = Conv2d.withoutBias(device, in, out, 3, Conv2dOptions.of(1 + random.nextInt(2), 1));
            conv.weight().set(floats(random, conv.weight().shape().size()));
            Sequential net = new Sequential(conv, new BatchNorm2d(device, out), new ReLU(), new MaxPool2d(3, 2, 1));
            net.eval().requiresGrad(false);
            Tensor x = device.tensor(Shape.of(2, in, side, side), floats(random, 2 * in * side * side)).requiresGrad(true);
            Tensor y = net.call(x);
            Tensor g = device.tensor(y.shape(), floats(random, y.shape().size()));
            double forward = y.detach().mul(g).sum().toDoubles()[0];
            y.backward(g, ReluRule.DECONVNET);
            assertEquals(forward, x.detach().mul(x.grad()).sum().toDoubles()[0], 1e-9 * Math.abs(forward));
        }
    }

    private static float[] floats(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    @Test
    void theRulesOfARelu() {
        try (Device device = Device.reference()) {
            float[][] expected = {{0, 0, 2, -2}, {2, 0, 2, 0}, {0, 0, 2, 0}};
            for (ReluRule rule : ReluRule.values()) {
                Tensor x = device.tensor(Shape.of(4), -1, -1, 1, 1).requiresGrad(true);
                x.relu().backward(device.tensor(Shape.of(4), 2, -2, 2, -2), rule);
                assertArrayEquals(expected[rule.ordinal()], x.grad().toFloats(), 0, rule.name());
            }
            Tensor x = device.ones(Shape.of(2, 1, 2, 2)).requiresGrad(true);
            Tensor trained = new BatchNorm2d(device, 1).call(x);
            assertTrue(assertThrows(IllegalStateException.class, () -> trained.backward(device.ones(trained.shape()), ReluRule.GUIDED))
                    .getMessage().contains("evaluation mode"));
        }
    }

    @Test
    void anInnerTensorRetainsItsGradient() {
        try (Device device = Device.reference()) {
            Tensor x = device.tensor(Shape.of(2), 2, 3).requiresGrad(true);
            Tensor y = x.square().retainGrad();
            y.mul(y).add(y).sum().backward();
            assertArrayEquals(new float[] {9, 19}, y.grad().toFloats());
            assertArrayEquals(new float[] {36, 114}, x.grad().toFloats());
            assertThrows(IllegalStateException.class, () -> device.ones(Shape.of(1)).retainGrad());
        }
    }

    /** The square of non-zero gradients of several images, where all weights are positive, so that none cancels. */
    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource({"conv1,resnet20,33", "layer1.1,resnet20,33", "layer2.0,resnet20,65", "conv1,resnet18,65", "layer1.0,resnet18,65",
        "layer2.0,resnet18,129", "layer1.1,resnet50,97", "layer1.0,resnet18d,65", "layer2.0,resnetaa34d,128",
        "layer1.0,resnetblur18,65"})
    void aReceptiveFieldIsTheGradientsRegion(String name, String architecture, int side) {
        int images = 12;
        try (Device device = Device.cpu(2)) {
            ResNet net = ResNet.of(Architecture.byName(architecture), device, 2, 1);
            net.namedParameters().values().forEach(p -> {
                float[] equal = new float[p.shape().size()];
                Arrays.fill(equal, 0.3f);
                p.set(equal);
            });
            // Different images, whose maxima are at different pixels of a pool.
            Tensor x = device.tensor(Shape.of(images, 3, side, side), floats(new Random(1), images * 3 * side * side));
            try (Scope scope = device.scope(); LayerOutput at = LayerOutput.of(net, name, x)) {
                Shape maps = at.output().shape();
                float[] alone = new float[maps.size()];
                for (int n = 0; n < images; n++) {
                    alone[n * maps.dim(1) * maps.dim(2) * maps.dim(3) + maps.dim(2) / 2 * maps.dim(3) + maps.dim(3) / 2] = 1;
                }
                at.output().backward(device.tensor(maps, alone));
                float[] gradient = x.grad().toFloats();
                // Winograd's transforms leave rounding errors outside the region.
                double least = 1e-6 * new Heatmap(gradient.length, 1, gradient).largest();
                long columns = IntStream.range(0, side).filter(column -> IntStream.range(0, side)
                        .anyMatch(row -> IntStream.range(0, images)
                                .anyMatch(n -> gradient[(n * 3 * side + row) * side + column] > least)))
                        .count();
                Layer last = net.outline(side, side).layers().stream()
                        .filter(layer -> (layer.name().equals(name) || layer.name().startsWith(name + ".conv")))
                        .reduce((a, b) -> b).orElseThrow();
                assertEquals(last.field().size(), columns);
                assertEquals(maps.dim(2), (side + last.field().stride() - 1) / last.field().stride());
            }
        }
    }

    @Test
    void occlusionLowersTheProbabilityWhereTheClassIs() {
        try (Device device = Device.cpu(1)) {
            Tensor image = device.zeros(Shape.of(1, 1, 8, 8));
            float[] pixels = new float[64];
            pixels[6 * 8 + 5] = 4;
            image.set(pixels);
            Heatmap heat = new Occlusion(2, 1).heatmap(new Brightness(device), image, 0);
            assertEquals(7, heat.width());
            for (int i = 0; i < 49; i++) {
                boolean covers = i / 7 >= 5 && i / 7 <= 6 && i % 7 >= 4 && i % 7 <= 5;
                assertEquals(covers ? 1 / (1 + Math.exp(-4)) - 0.5 : 0, heat.values()[i], 1e-6, "square " + i);
            }
            assertEquals(new Occlusion(1, 1), Occlusion.of(4));
        }
    }

    /** Scores the sum of all pixels for class 0, and 0 for class 1. */
    private static final class Brightness extends thaw.engine.nn.Module {
        private final Device device;

        Brightness(Device device) {
            this.device = device;
        }

        @Override
        public Tensor forward(Tensor x) {
            return Functional.cat(java.util.List.of(x.sum(true, 2, 3).reshape(-1, 1), device.zeros(Shape.of(x.shape().dim(0), 1))), 1);
        }
    }

    @Test
    void heatIsInterpolatedBetweenCentres() {
        Heatmap heat = new Heatmap(2, 1, new float[] {0, 4}).resize(4, 2);
        assertArrayEquals(new float[] {0, 1, 3, 4, 0, 1, 3, 4}, heat.values());
        assertEquals(4, heat.largest());
        assertThrows(IllegalArgumentException.class, () -> new Heatmap(2, 2, new float[3]));
    }

    @Test
    void errorsNameWhatIsExpected() {
        try (Device device = Device.cpu(1)) {
            Network net = ResNet.resnet20(device, 2);
            Tensor image = device.zeros(Shape.of(1, 3, 8, 8));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> GradCam.of(net, "layer9").heatmap(image, 0)).getMessage()
                    .contains("no layer \"layer9\"; it has conv1, bn1, relu, layer1"));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> GradCam.of(net, "layer3").heatmap(image, 2)).getMessage()
                    .contains("a class from 0 to 1, got 1 images and class 2"));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> GradCam.of(net, "fc").heatmap(image, 1)).getMessage()
                    .contains("expected a layer with feature maps"));
            assertTrue(assertThrows(IllegalArgumentException.class,
                    () -> Projection.of(net, "layer2", ReluRule.GUIDED).strongest(image, 99)).getMessage().contains("from 0 to 31"));
        }
    }
}
