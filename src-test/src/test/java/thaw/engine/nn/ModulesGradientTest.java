package thaw.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static thaw.engine.GradientCheck.input;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import thaw.engine.Device;
import thaw.engine.GradientCheck;
import thaw.engine.Tensor;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Pool2dOptions;

/** Compares every module's gradients, with respect to its input and all parameters, with finite differences. */
class ModulesGradientTest {

    private final Device device = Device.reference();

    @AfterEach
    void close() {
        device.close();
    }

    private Sequential block() {
        return new Sequential(Conv2d.withoutBias(device, 3, 4, 3, Conv2dOptions.of(1, 1)), new BatchNorm2d(device, 4),
                new Conv2d(device, 4, 3, 1));
    }

    @TestFactory
    Stream<DynamicTest> images() {
        return Stream.of(new Conv2d(device, 3, 4, 3),
                new Conv2d(input(device, 1, 3, 1, 2, 3), null, Conv2dOptions.of(2, 1, 1, 3)),
                new BatchNorm2d(device, 3), new BatchNorm2d(device, 3).eval(), new ReLU(),
                new MaxPool2d(2, 2, 1), new AvgPool2d(3, 2, 1),
                new AvgPool2d(new Pool2dOptions(2, 2, 1, 1, 1, 1, false)), new AdaptiveAvgPool2d(2), new AdaptiveMaxPool2d(2, 3),
                new AdaptiveConcatPool2d(1), new Flatten(), new Dropout(0.5).eval(), block(), block().eval(),
                new Sequential(block(), new AdaptiveConcatPool2d(1), new Flatten(), new BatchNorm2d(device, 6),
                        new Linear(device, 6, 3)),
                new CheckpointedModule(block()), new Sequential(new CheckpointedModule(block()),
                        new CheckpointedModule(new CheckpointedModule(block()))))
                .map(m -> DynamicTest.dynamicTest(m.toString(), () -> check(m)));
    }

    private void check(Module m) {
        Tensor x = input(device, 1, 2, 3, 5, 4);
        List<Tensor> leaves = new ArrayList<>(m.parameters());
        leaves.add(x);
        GradientCheck.check(() -> m.call(x), leaves);
    }

    @Test
    void linear() {
        Linear linear = new Linear(device, 4, 3);
        Tensor x = input(device, 1, 5, 4);
        GradientCheck.check(() -> linear.call(x), x, linear.weight(), linear.bias());
    }

    @Test
    void aFrozenNormalisationPassesGradientsOn() {
        Sequential net = block();
        net.get(1).eval().requiresGrad(false);
        Tensor x = input(device, 1, 2, 3, 4, 4);
        GradientCheck.check(() -> net.call(x), x, ((Conv2d) net.get(0)).weight(), ((Conv2d) net.get(2)).weight());
        assertArrayEquals(new float[4], ((BatchNorm2d) net.get(1)).runningMean().toFloats());
    }
}
