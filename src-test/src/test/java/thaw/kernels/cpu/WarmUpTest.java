package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/** Warm-up leaves no memory in use and changes no result. */
class WarmUpTest {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void leavesNothingBehind(boolean training) {
        try (Backend backend = CpuBackend.create(2)) {
            float[] cold = convolution(backend);
            long inUse = backend.memory().inUse();
            backend.warmUp(training);
            assertEquals(inUse, backend.memory().inUse());
            assertArrayEquals(cold, convolution(backend));
        }
    }

    /** A convolution of random numbers, which are the same on each backend. */
    static float[] convolution(Backend backend) {
        SplittableRandom random = new SplittableRandom(4);
        Array x = random(backend, random, Shape.of(2, 16, 14, 14));
        Array w = random(backend, random, Shape.of(32, 16, 3, 3));
        Array y = backend.conv2d(x, w, Conv2dOptions.of(1, 1));
        float[] values = new float[y.shape().size()];
        backend.read(y, values);
        x.release();
        w.release();
        y.release();
        return values;
    }

    private static Array random(Backend backend, SplittableRandom random, Shape shape) {
        return backend.of(shape, random.doubles(shape.size(), -1, 1).toArray());
    }
}
