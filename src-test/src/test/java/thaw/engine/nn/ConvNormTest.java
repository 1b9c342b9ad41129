package thaw.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static thaw.engine.GradientCheck.check;
import static thaw.engine.GradientCheck.input;
import static thaw.engine.GradientCheck.positive;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.CountingBackend;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Activation;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/** Convolution, norm, residual and ReLU give the same results fused as one by one. */
class ConvNormTest {

    private final CountingBackend counting = CountingBackend.of();
    private final Device device = Device.of(counting.backend());

    @AfterEach
    void close() {
        device.close();
    }

    private ConvNorm layer(boolean bias) {
        ConvNorm layer = new ConvNorm(bias ? new Conv2d(device, 3, 4, 3, Conv2dOptions.of(1, 1))
                : Conv2d.withoutBias(device, 3, 4, 3, Conv2dOptions.of(1, 1)), new BatchNorm2d(device, 4));
        layer.norm().weight().copyFrom(input(device, 1, 4));
        layer.norm().bias().copyFrom(input(device, 2, 4));
        layer.norm().runningMean().copyFrom(input(device, 3, 4));
        layer.norm().runningVar().copyFrom(positive(device, 4, 4));
        return layer;
    }

    private static Map<String, double[]> gradients(Map<String, Tensor> leaves) {
        Map<String, double[]> gradients = new LinkedHashMap<>();
        leaves.forEach((name, t) -> {
            gradients.put(name, t.grad() == null ? new double[0] : t.grad().toDoubles());
            t.zeroGrad();
        });
        return gradients;
    }

    private static void assertEqual(Map<String, double[]> expected, Map<String, double[]> given) {
        assertEquals(expected.keySet(), given.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, given.get(name), 1e-12, name));
    }

    /** Compares values and gradients in each mode, first fused, then with hooks, which require every module's own result. */
    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void hooksChangeNoNumber(boolean residual, boolean relu) {
        Activation activation = relu ? Activation.RELU : Activation.IDENTITY;
        for (boolean bias : new boolean[] {true, false}) {
            for (boolean training : new boolean[] {true, false}) {
                for (boolean frozenNorm : new boolean[] {true, false}) {
                    ConvNorm layer = layer(bias);
                    layer.norm().train(training).requiresGrad(!frozenNorm);
                    Tensor x = input(device, 5, 2, 3, 4, 5);
                    Tensor direct = residual ? input(device, 6, 2, 4, 4, 5) : null;
                    Map<String, Tensor> leaves = new LinkedHashMap<>(Map.of("x", x, "w", layer.conv().weight()));
                    layer.norm().namedParameters().forEach(leaves::put);
                    if (residual) {
                        leaves.put("residual", direct);
                    }
                    Tensor fused = layer.call(x, direct, activation);
                    fused.square().sum().backward();
                    Map<String, double[]> expected = gradients(leaves);

                    List<Tensor> seen = new ArrayList<>();
                    layer.conv().onForward((m, y) -> seen.add(y.detach().unscoped()));
                    layer.norm().onForward((m, y) -> seen.add(y.detach().unscoped()));
                    Tensor apart = layer.call(x, direct, activation);
                    apart.square().sum().backward();
                    assertArrayEquals(apart.toDoubles(), fused.toDoubles(), 1e-12);
                    assertEqual(expected, gradients(leaves));

                    assertArrayEquals(layer.conv().forward(x).toDoubles(), seen.get(0).toDoubles(), 0);
                    Tensor sum = residual ? seen.get(1).add(direct) : seen.get(1);
                    assertArrayEquals((relu ? sum.relu() : sum).toDoubles(), apart.toDoubles(), 0);
                }
            }
        }
    }

    /** Pooling before the activation gives the same result, also if a whole window is negative: the norm's shift is -0.5. */
    @Test
    void aStemPoolsBeforeItsActivationAndChangesNoNumber() {
        ConvNorm layer = layer(false);
        layer.norm().bias().copyFrom(device.full(Shape.of(4), -0.5));
        ReLU relu = new ReLU();
        List<Module> stem = List.of(layer.conv(), layer.norm(), relu, new MaxPool2d(3, 2, 1));
        Tensor x = input(device, 5, 2, 3, 9, 8);
        Map<String, Tensor> leaves = new LinkedHashMap<>(Map.of("x", x, "w", layer.conv().weight()));
        layer.norm().namedParameters().forEach(leaves::put);

        Tensor pooledFirst = Sequential.run(stem, x);
        pooledFirst.square().sum().backward();
        Map<String, double[]> expected = gradients(leaves);

        List<Tensor> seen = new ArrayList<>();
        relu.onForward((m, y) -> seen.add(y.detach().unscoped()));
        Tensor inOrder = Sequential.run(stem, x);
        inOrder.square().sum().backward();
        assertEquals(Shape.of(2, 4, 9, 8), seen.get(0).shape());
        assertArrayEquals(inOrder.toDoubles(), pooledFirst.toDoubles(), 0);
        assertEqual(expected, gradients(leaves));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gradientsOfAFrozenNorm(boolean bias) {
        ConvNorm layer = layer(bias);
        layer.norm().eval().requiresGrad(false);
        Tensor x = input(device, 5, 2, 3, 4, 3);
        Tensor residual = input(device, 6, 2, 4, 4, 3);
        List<Tensor> leaves = new ArrayList<>(layer.conv().parameters());
        leaves.add(x);
        leaves.add(residual);
        check(() -> layer.call(x, residual, Activation.RELU), leaves);
        check(() -> layer.call(x, Activation.RELU), layer.conv().parameters());
        layer.conv().requiresGrad(false);
        check(() -> layer.call(x, Activation.IDENTITY), x);
        x.requiresGrad(false);
        check(() -> layer.call(x, residual, Activation.RELU), residual);
        assertEquals(0, counting.calls("batchNormEval"));
    }

    /** Convolution and norm are frozen, but the norm uses the batch's statistics, which is fastai's default. */
    @Test
    void gradientOfTheResidualAlone() {
        ConvNorm layer = layer(false);
        layer.conv().requiresGrad(false);
        layer.norm().requiresGrad(false);
        Tensor x = input(device, 5, 2, 3, 4, 3).requiresGrad(false);
        Tensor residual = input(device, 6, 2, 4, 4, 3);
        check(() -> layer.call(x, residual, Activation.RELU), residual);
        assertEquals(0, counting.calls("batchNormTrainGradient"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsFrozenHoldsItsResultOnly(boolean training) {
        ConvNorm layer = layer(false);
        layer.conv().requiresGrad(false);
        layer.norm().train(training).requiresGrad(false);
        Tensor x = input(device, 5, 2, 3, 4, 3).requiresGrad(false);
        try (Scope scope = device.scope()) {
            long before = device.backend().memory().inUse();
            Tensor y = layer.call(x, Activation.RELU);
            assertFalse(y.requiresGrad());
            assertEquals(2 * 4 * 4 * 3 * Double.BYTES, device.backend().memory().inUse() - before);
        }
    }

    @Test
    void neighboursInASequenceAreComputedTogether() {
        ConvNorm first = layer(false);
        BatchNorm2d alone = new BatchNorm2d(device, 4);
        ReLU relu = new ReLU();
        Sequential net = new Sequential(first.conv(), first.norm(), relu, alone, new ReLU(), new Conv2d(device, 4, 2, 1),
                new BatchNorm2d(device, 2), new Conv2d(device, 2, 3, 1), new ReLU());
        net.eval();
        Tensor x = input(device, 5, 2, 3, 4, 3);
        counting.reset();
        double[] fused;
        try (NoGrad off = device.noGrad()) {
            fused = net.call(x).toDoubles();
        }
        assertEquals(3, counting.calls("conv2d"));
        assertEquals(1, counting.calls("batchNormEval"));
        assertArrayEquals(net.call(x).toDoubles(), fused, 1e-12);

        net.train();
        counting.reset();
        net.call(x);
        assertEquals(3, counting.calls("batchNormTrain"));
        assertEquals(1, counting.calls("unary"), "the ReLU after a convolution");
    }

    @Test
    void aHookOnAReluSeesItsValueAndTheNormsIsNotRectified() {
        ConvNorm layer = layer(false);
        ReLU relu = new ReLU();
        Sequential net = new Sequential(layer.conv(), layer.norm(), relu);
        net.eval();
        Tensor x = input(device, 5, 2, 3, 4, 3);
        try (NoGrad off = device.noGrad()) {
            double[] plain = net.call(x).toDoubles();
            List<double[]> seen = new ArrayList<>();
            try (ForwardHook.Registration hook = relu.onForward((m, y) -> seen.add(y.toDoubles()))) {
                assertArrayEquals(plain, net.call(x).toDoubles(), 1e-12);
            }
            assertArrayEquals(plain, seen.get(0), 1e-12);
            layer.norm().onForward((m, y) -> seen.add(y.toDoubles()));
            assertArrayEquals(plain, net.call(x).toDoubles(), 1e-12);
            assertArrayEquals(layer.norm().forward(layer.conv().forward(x)).toDoubles(), seen.get(1), 1e-12);
        }
    }

    /** Each hook receives what its layer computes by itself, though without hooks the four are one convolution and a pooling. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void hooksSeeEveryLayer(boolean training) {
        ConvNorm layer = layer(true);
        List<Module> stem = List.of(layer.conv(), layer.norm(), new ReLU(), new MaxPool2d(3, 2, 1));
        Sequential net = new Sequential(stem);
        net.train(training);
        Tensor x = input(device, 5, 2, 3, 9, 8);
        List<double[]> seen = new ArrayList<>();
        stem.forEach(m -> m.onForward((module, y) -> seen.add(y.toDoubles())));
        double[] result = net.call(x).toDoubles();
        assertEquals(stem.size(), seen.size());
        Tensor y = x;
        for (int i = 0; i < stem.size(); i++) {
            y = stem.get(i).forward(y);
            assertArrayEquals(y.toDoubles(), seen.get(i), 0);
        }
        assertArrayEquals(y.toDoubles(), result, 0);
    }

    @Test
    void batchesAreCountedOnceEachAndNotInASecondPass() {
        ConvNorm layer = layer(false);
        Module checkpoint = new CheckpointedModule(new Sequential(layer.conv(), layer.norm(), new ReLU()));
        checkpoint.call(input(device, 5, 2, 3, 4, 3)).sum().backward();
        assertEquals(1, layer.norm().batchesTracked());
        layer.call(input(device, 5, 2, 3, 4, 3), Activation.RELU);
        assertEquals(2, layer.norm().batchesTracked());
        layer.norm().eval();
        layer.call(input(device, 5, 2, 3, 4, 3), Activation.RELU);
        assertEquals(2, layer.norm().batchesTracked());
    }
}
