package thaw.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.GradientCheck;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.kernels.Conv2dOptions;

/** A checkpointed network gives the same results as the plain one in less memory. */
class CheckpointTest {

    private final Device device = Device.reference();

    @AfterEach
    void close() {
        device.close();
    }

    private Module block() {
        return new Sequential(new Conv2d(device, 3, 3, 3, Conv2dOptions.of(1, 1)), new BatchNorm2d(device, 3),
                new Dropout(0.4), new ReLU());
    }

    private Module network(Function<Module, Module> wrap) {
        device.generator().seed(5);
        return new Sequential(wrap.apply(block()), wrap.apply(new Sequential(wrap.apply(block()), block())), wrap.apply(block()));
    }

    /** Runs three training passes; returns outputs, gradients and buffers of the last. */
    private Map<String, double[]> train(Module net) {
        Map<String, double[]> seen = new LinkedHashMap<>();
        device.generator().seed(9);
        for (int i = 0; i < 3; i++) {
            try (Scope step = device.scope()) {
                Tensor x = GradientCheck.input(device, i, 2, 3, 5, 5);
                Tensor y = net.call(x);
                y.square().mean().backward();
                seen.put("y", y.toDoubles());
                seen.put("x", x.grad().toDoubles());
            }
        }
        net.namedParameters().forEach((name, p) -> seen.put(name, p.grad().toDoubles()));
        net.namedBuffers().forEach((name, b) -> seen.put(name, b.toDoubles()));
        net.stateDict().forEach((name, t) -> seen.put("state " + name, t.toDoubles()));
        return seen;
    }

    @Test
    void checkpointsChangeNoNumber() {
        Map<String, double[]> plain = train(network(m -> m));
        Map<String, double[]> checkpointed = train(network(CheckpointedModule::new));
        assertEquals(plain.keySet(), checkpointed.keySet());
        plain.forEach((name, values) -> assertArrayEquals(values, checkpointed.get(name), 1e-14, name));
    }

    @Test
    void manyRandomLayersInASegment() {
        Module dropouts = new Sequential(IntStream.range(0, 9).mapToObj(i -> new Dropout(0.1)).toList());
        assertArrayEquals(train(dropouts).get("x"), train(new CheckpointedModule(dropouts)).get("x"));
    }

    @Test
    void checkpointsHoldLess() {
        long plain = heldBetweenForwardAndBackward(network(m -> m));
        long checkpointed = heldBetweenForwardAndBackward(network(CheckpointedModule::new));
        assertTrue(checkpointed < plain / 2, checkpointed + " bytes, without checkpointing " + plain);
    }

    private long heldBetweenForwardAndBackward(Module net) {
        long before = device.backend().memory().inUse();
        try (Scope step = device.scope()) {
            Tensor y = net.call(GradientCheck.input(device, 1, 2, 3, 9, 9));
            long held = device.backend().memory().inUse() - before;
            y.sum().backward();
            return held;
        }
    }

    @Test
    void aFrozenSegmentIsNotRunTwice() {
        Module block = block();
        AtomicInteger runs = new AtomicInteger();
        Module net = new CheckpointedModule(new Module() {
            @Override
            public Tensor forward(Tensor x) {
                runs.incrementAndGet();
                return block.call(x);
            }
        });
        Tensor x = GradientCheck.input(device, 1, 2, 3, 5, 5).requiresGrad(false);
        net.call(x);
        assertEquals(1, runs.get());
    }

    @Test
    void hooksSeeOnePass() {
        Module net = network(CheckpointedModule::new);
        AtomicInteger seen = new AtomicInteger();
        net.namedModules().values().stream().filter(m -> m instanceof ReLU)
                .forEach(m -> m.onForward((module, y) -> seen.incrementAndGet()));
        net.call(GradientCheck.input(device, 1, 2, 3, 5, 5)).sum().backward();
        assertEquals(4, seen.get());
    }
}
