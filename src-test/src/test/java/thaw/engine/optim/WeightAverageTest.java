package thaw.engine.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.engine.nn.BatchNorm2d;

class WeightAverageTest {

    private final Device device = Device.cpu(1);
    private final BatchNorm2d norm = new BatchNorm2d(device, 2);

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void averagesParametersAndBuffersByHand() {
        norm.bias().set(0, 4);
        try (WeightAverage average = new WeightAverage(norm, new WeightAverage.Decay(0.75, false))) {
            norm.bias().set(8, 4);
            norm.runningMean().set(1, 2);
            average.update();               // 0.75·0 + 0.25·8
            average.update();               // 0.75·2 + 0.25·8
            assertEquals(2, average.updates());
            Weights state = average.stateDict();
            assertArrayEquals(new float[] {3.5f, 4}, state.get("bias").toFloats());
            assertArrayEquals(new float[] {0.4375f, 0.875f}, state.get("running_mean").toFloats());
            assertArrayEquals(new float[] {1, 1}, state.get("weight").toFloats());
        }
    }

    /** timm's warm-up: 1 − t^(−2/3), at most the decay. */
    @Test
    void warmUpRaisesTheDecay() {
        double[] expected = {0, 0.37003947505256344, 0.5192501432308639, 0.6, 0.6};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], new WeightAverage.Decay(0.6, true).at(i + 1), 1e-12);
        }
    }

    @Test
    void aSwapIsUndoneToTheBit() {
        norm.bias().set(0.1f, 0.2f);
        try (WeightAverage average = new WeightAverage(norm, new WeightAverage.Decay(0.9, false))) {
            norm.bias().set(0.3f, 0.7f);
            average.update();
            try (WeightAverage.Swap swap = average.swap()) {
                assertArrayEquals(new float[] {0.12f, 0.25f}, norm.bias().toFloats(), 1e-6f);
                assertThrows(IllegalStateException.class, average::update);
                assertThrows(IllegalStateException.class, average::stateDict);
                assertThrows(IllegalStateException.class, average::swap);
                assertThrows(IllegalStateException.class, average::copyToModule);
                assertThrows(IllegalStateException.class, () -> average.loadStateDict(Weights.of(Map.of(), Map.of())));
            }
            assertArrayEquals(new float[] {0.3f, 0.7f}, norm.bias().toFloats());
            average.copyToModule();
            assertArrayEquals(new float[] {0.12f, 0.25f}, norm.bias().toFloats(), 1e-6f);
        }
    }

    @Test
    void stateGoesOnAsIfNeverStopped() {
        try (WeightAverage one = new WeightAverage(norm, new WeightAverage.Decay(0.999, true))) {
            norm.bias().set(1, 2);
            one.update();
            norm.bias().set(3, -1);
            one.update();
            Weights state = one.stateDict();
            norm.bias().set(0.5f, 0.25f);
            try (WeightAverage other = new WeightAverage(norm, new WeightAverage.Decay(0.999, true))) {
                other.loadStateDict(state);
                one.update();
                other.update();
                assertArrayEquals(one.stateDict().get("bias").toFloats(), other.stateDict().get("bias").toFloats());
                assertEquals(3, other.updates());
            }
        }
    }

    @Test
    void closingGivesItsMemoryBack() {
        long before = device.backend().memory().inUse();
        WeightAverage average = new WeightAverage(norm, new WeightAverage.Decay(0, false));
        average.close();
        average.close();
        assertEquals(before, device.backend().memory().inUse());
    }

    @Test
    void wrongOnesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new WeightAverage.Decay(1, false));
        try (WeightAverage average = new WeightAverage(norm, new WeightAverage.Decay(0.9, false))) {
            assertThrows(IllegalArgumentException.class, () -> average.loadStateDict(Weights.of(average.stateDict(), Map.of())));
            assertThrows(IllegalArgumentException.class,
                    () -> average.loadStateDict(Weights.of(Map.of(), Map.of("updates", "1"))));
        }
    }
}
