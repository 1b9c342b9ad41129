package thaw.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import thaw.engine.functional.Functional;
import thaw.engine.functional.Normalization;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;

class TensorTest {

    private final Device device = Device.reference();

    @AfterEach
    void close() {
        device.close();
    }

    private static void assertRefused(Class<? extends Exception> type, String part, Executable code) {
        String message = assertThrows(type, code).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void values() {
        Tensor t = device.tensor(Shape.of(2, 2), 1f, 2f, 3f, 4f);
        t.set(5, 6, 7, 8);
        assertArrayEquals(new float[] {5, 6, 7, 8}, t.toFloats());
        assertArrayEquals(new double[] {1, 1}, device.ones(Shape.of(2)).toDoubles());
        assertArrayEquals(new float[][] {{1, 2, 3}, {4, 5, 6}},
                device.tensor(Shape.of(2, 3), 1f, 2f, 3f, 4f, 5f, 6f).toRows().toArray(float[][]::new));
        assertRefused(IllegalStateException.class, "expected a matrix [N, M], got a tensor [2]", device.ones(Shape.of(2))::toRows);
        assertEquals(2.5f, device.scalar(2.5).item());
        assertArrayEquals(new float[] {0, 2}, device.labels(0, 2).toFloats());
        assertRefused(IllegalArgumentException.class, "has 4 elements, but 3 numbers were given", () -> t.set(1, 2, 3));
        assertRefused(IllegalArgumentException.class, "has 4 elements, but 1 numbers were given", () -> device.tensor(Shape.of(2, 2), 1f));
        assertRefused(IllegalStateException.class, "4 elements, not one", t::item);
    }

    @Test
    void copiesBetweenDevices() {
        try (Device cpu = Device.cpu(1)) {
            Tensor there = cpu.zeros(Shape.of(3));
            there.copyFrom(device.tensor(Shape.of(3), 1f, 2f, 3f));
            assertArrayEquals(new float[] {1, 2, 3}, there.toFloats());
            assertRefused(IllegalArgumentException.class, "[2] to [3]", () -> there.copyFrom(device.ones(Shape.of(2))));
        }
    }

    @Test
    void arithmeticWithNumbers() {
        Tensor t = device.tensor(Shape.of(2), 4.0, -2.0);
        assertArrayEquals(new double[] {5, -1}, t.add(1).toDoubles());
        assertArrayEquals(new double[] {3, -3}, t.sub(1).toDoubles());
        assertArrayEquals(new double[] {8, -4}, t.mul(2).toDoubles());
        assertArrayEquals(new double[] {1, -0.5}, t.div(4).toDoubles());
        assertArrayEquals(new double[] {-4, 2}, t.neg().toDoubles());
    }

    @Test
    void sumsAndMeans() {
        Tensor t = device.tensor(Shape.of(2, 3), 1.0, 2.0, 3.0, 4.0, 5.0, 9.0);
        assertArrayEquals(new double[] {24}, t.sum().toDoubles());
        assertArrayEquals(new double[] {4}, t.mean().toDoubles());
        assertArrayEquals(new double[] {2, 6}, t.mean(1).toDoubles(), 1e-15);
        assertArrayEquals(new double[] {2.5, 3.5, 6}, t.mean(true, 0).toDoubles(), 1e-15);
    }

    @Test
    void whatATensorIs() {
        Tensor t = device.ones(Shape.of(2));
        assertEquals("Tensor [2]", t.toString());
        assertEquals("Tensor [2] requiresGrad", t.requiresGrad(true).toString());
        assertEquals("Tensor [] requiresGrad from sum", t.sum().toString());
        assertTrue(t.isLeaf() && t.detach().sum().isLeaf());
        assertFalse(t.sum().isLeaf());
    }

    @Test
    void shapes() {
        Tensor t = device.zeros(Shape.of(2, 3, 4));
        assertEquals(Shape.of(6, 4), t.reshape(-1, 4).shape());
        assertEquals(Shape.of(2, 12), t.flatten(1).shape());
        assertEquals(Shape.of(24), t.flatten(0).shape());
        assertEquals(Shape.of(4, 2, 3), t.permute(2, 0, 1).shape());
        assertEquals(Shape.of(2, 2, 4), t.narrow(1, 1, 2).shape());
        assertEquals(Shape.SCALAR, t.mean().shape());
        assertRefused(IllegalArgumentException.class, "[2, 3, 4] has 24 elements", () -> t.reshape(5, -1));
        assertRefused(IllegalArgumentException.class, "do not fit [0, -1]", () -> device.zeros(Shape.of(0, 3)).reshape(0, -1));
        assertRefused(IllegalArgumentException.class, "do not fit [-1, 0]", () -> device.zeros(Shape.of(0, 3)).reshape(-1, 0));
        assertRefused(IllegalArgumentException.class, "[2, 3, 4] has 24 elements", () -> t.reshape(2, 3));
        assertRefused(IllegalArgumentException.class, "more than 2^31 - 9 elements", () -> t.reshape(1 << 16, 1 << 16, -1));
        Tensor empty = device.zeros(Shape.of(0, 1 << 16, 1 << 16));
        assertRefused(IllegalArgumentException.class, "more than 2^31 - 9 elements", () -> empty.flatten(1));
        assertRefused(IllegalArgumentException.class, "only one extent may be -1", () -> t.reshape(-1, -1));
    }

    @Test
    void evaluationNeedsStatistics() {
        Tensor c = device.ones(Shape.of(3));
        assertRefused(IllegalArgumentException.class, "running mean and variance",
                () -> Functional.batchNormEval(device.ones(Shape.of(2, 3)), new Normalization(c, c, null, null, 0.1, 1e-5)));
    }

    @Test
    void argmaxTakesTheFirstOfEquals() {
        assertArrayEquals(new float[] {1, 0}, device.tensor(Shape.of(2, 3), 0f, 2f, 2f, 5f, 1f, 5f).argmax().toFloats());
    }

    @Test
    void closedTensorsSaySo() {
        Tensor t = device.ones(Shape.of(2));
        t.close();
        t.close();
        assertRefused(IllegalStateException.class, "was released", t::toFloats);
        assertEquals(0, device.backend().memory().inUse());
    }

    @Test
    void viewsOutliveWhatTheyView() {
        Tensor t = device.ones(Shape.of(2, 2));
        Tensor view = t.detach().reshape(4);
        t.close();
        assertArrayEquals(new float[] {1, 1, 1, 1}, view.toFloats());
    }

    @Test
    void detachingCopiesNothing() {
        try (Device cpu = Device.cpu(1)) {
            Tensor activation = Functional.maxPool2d(cpu.ones(Shape.of(2, 5, 4, 4)), Pool2dOptions.of(2, 2, 0));
            long before = cpu.backend().memory().inUse();
            Tensor detached = activation.detach();
            assertEquals(before, cpu.backend().memory().inUse());
            detached.set(new float[2 * 5 * 2 * 2]);
            assertEquals(0, activation.sum().item());
        }
    }

    @Test
    void theGeneratorIsSplitMix64() {
        Generator ours = new Generator(42);
        SplittableRandom javas = new SplittableRandom(42);
        for (int i = 0; i < 100; i++) {
            assertEquals(javas.nextLong(), ours.nextLong());
        }
        Generator skipping = new Generator(42);
        skipping.skip(100);
        assertEquals(ours.nextLong(), skipping.nextLong());
    }
}
