package thaw.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.functional.Functional;
import thaw.engine.nn.AdaptiveAvgPool2d;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.CheckpointedModule;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.Dropout;
import thaw.engine.nn.Flatten;
import thaw.engine.nn.Linear;
import thaw.engine.nn.MaxPool2d;
import thaw.engine.nn.Module;
import thaw.engine.nn.ReLU;
import thaw.engine.nn.Sequential;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

class ScopeTest {

    private final CountingBackend counting = CountingBackend.of();
    private final Device device = Device.of(counting.backend());

    @AfterEach
    void close() {
        device.close();
    }

    private long inUse() {
        return device.backend().memory().inUse();
    }

    private Module network() {
        return network(device);
    }

    private static Module network(Device device) {
        return new Sequential(
                new Conv2d(device, 3, 4, 3, Conv2dOptions.of(1, 1)), new BatchNorm2d(device, 4), new ReLU(),
                new MaxPool2d(2, 2, 0),
                new CheckpointedModule(new Sequential(Conv2d.withoutBias(device, 4, 4, 3, Conv2dOptions.of(1, 1)),
                        new BatchNorm2d(device, 4), new ReLU(), new Dropout(0.3))),
                new AdaptiveAvgPool2d(1), new Flatten(), new Linear(device, 4, 3));
    }

    private void step(Module net, SGD sgd) {
        step(device, net, sgd);
    }

    private static void step(Device device, Module net, SGD sgd) {
        try (Scope step = device.scope()) {
            Tensor x = GradientCheck.input(device, 1, 4, 3, 6, 6).requiresGrad(false);
            Tensor loss = Functional.crossEntropy(net.forward(x), device.labels(0, 1, 2, 0));
            sgd.zeroGrad();
            loss.backward();
            sgd.step();
        }
    }

    @Test
    void stepsLeaveNothingBehind() {
        Module net = network();
        SGD sgd = new SGD(ParamGroup.group("all", net).lr(0.01).momentum(0.9));
        step(net, sgd);
        long warm = inUse();
        for (int i = 0; i < 5; i++) {
            step(net, sgd);
            assertEquals(warm, inUse());
        }
        sgd.zeroGrad();
        sgd.close();
        net.release();
        assertEquals(0, inUse());
    }

    @Test
    void onceWarmTheProcessorAllocatesNothing() {
        // one thread, because it is random when several first run at the same time and each allocates its own memory
        try (Device cpu = Device.cpu(1)) {
            Module net = network(cpu);
            SGD sgd = new SGD(ParamGroup.group("all", net).lr(0.01).momentum(0.9));
            step(cpu, net, sgd);
            step(cpu, net, sgd);
            Backend.MemoryUse warm = cpu.backend().memory();
            for (int i = 0; i < 100; i++) {
                step(cpu, net, sgd);
            }
            assertEquals(warm, cpu.backend().memory());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"crossEntropy", "maxPool2d", "batchNormTrain", "conv2dWeightGradient", "conv2dInputGradient",
        "batchNormTrainGradient", "unaryGradient", "maxPool2dGradient", "matmul", "sum", "dropout", "expand"})
    void failuresLeaveNothingBehind(String operator) {
        Module net = network();
        SGD sgd = new SGD(ParamGroup.group("all", net).lr(0.01).momentum(0.9));
        step(net, sgd);
        sgd.zeroGrad();
        long before = inUse();
        counting.fail(operator);
        try {
            step(net, sgd);
        } catch (IllegalStateException expected) {
            assertTrue(expected.getMessage().contains("made to fail"), expected.getMessage());
        }
        counting.fail("");
        sgd.zeroGrad();
        assertEquals(before, inUse());
        step(net, sgd);
    }

    @Test
    void aForwardPassWithoutBackwardIsFreedToo() {
        Module net = network();
        long before = inUse();
        try (Scope scope = device.scope()) {
            net.forward(device.ones(Shape.of(2, 3, 6, 6)));
        }
        assertEquals(before, inUse());
    }

    @Test
    void inferenceHoldsOneActivationAtATime() {
        Module net = new Sequential(new ReLU(), new ReLU(), new ReLU(), new ReLU());
        Tensor x = device.ones(Shape.of(1000));
        long one = inUse();
        AtomicReference<Long> most = new AtomicReference<>(0L);
        net.children().values().forEach(m -> m.onForward((module, y) -> most.updateAndGet(old -> Math.max(old, inUse()))));
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            net.call(x);
            assertEquals(2 * one, inUse());
        }
        assertEquals(3 * one, most.get());
    }

    @Test
    void withoutAUserScopeTheGraphSurvivesTheModulesOwn() {
        Module net = network();
        Functional.crossEntropy(net.call(device.ones(Shape.of(4, 3, 6, 6))), device.labels(0, 1, 2, 0)).backward();
        net.namedParameters().forEach((name, p) -> assertNotNull(p.grad(), name));
    }

    @Test
    void keepHandsOutward() {
        Tensor outside;
        Tensor middle;
        try (Scope outer = device.scope()) {
            try (Scope inner = device.scope()) {
                outside = outer.keep(inner.keep(device.ones(Shape.of(2))));
                middle = inner.keep(device.ones(Shape.of(2)));
            }
            assertEquals(1, middle.toFloats()[0]);
        }
        assertEquals(1, outside.toFloats()[0]);
        String message = assertThrows(IllegalStateException.class, middle::toFloats).getMessage();
        assertTrue(message.contains("scope.keep"), message);
    }

    @Test
    void aKeptResultKeepsItsGraph() {
        Tensor x = device.scalar(3).requiresGrad(true);
        Tensor kept;
        Tensor dropped;
        try (Scope scope = device.scope()) {
            kept = scope.keep(x.square().mul(2));
            dropped = x.exp().square();
        }
        kept.backward();
        assertEquals(12, x.grad().item());
        assertThrows(IllegalStateException.class, dropped::backward);
    }

    @Test
    void aKeptResultThatIsClosedKeepsNothing() {
        Tensor x = device.scalar(3).requiresGrad(true);
        long before = inUse();
        try (Scope scope = device.scope()) {
            scope.keep(x.exp().square()).close();
        }
        assertEquals(before, inUse());
    }

    @Test
    void parametersMadeInAScopeOutliveIt() {
        Module net;
        try (Scope scope = device.scope()) {
            net = network();
        }
        net.stateDict();
    }

    @Test
    void gradientsOutliveTheScope() {
        Tensor x = device.scalar(3).requiresGrad(true);
        try (Scope scope = device.scope()) {
            x.square().backward();
        }
        assertEquals(6, x.grad().item());
    }

    @Test
    void scopesBelongToTheirThread() throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Scope scope = device.scope()) {
            Thread other = new Thread(scope::close);
            other.setUncaughtExceptionHandler((t, e) -> failure.set(e));
            other.start();
            other.join();
            assertEquals(2, device.scalar(2).item());
        }
        assertTrue(failure.get() instanceof IllegalStateException);
    }

    @Test
    void scopesCloseInReverseOrder() {
        Scope outer = device.scope();
        Scope inner = device.scope();
        assertThrows(IllegalStateException.class, outer::close);
        inner.close();
        inner.close();
        outer.close();
    }
}
