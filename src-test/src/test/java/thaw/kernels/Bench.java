package thaw.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * Creates random input arrays on a backend. Two benches with the same seed give the same numbers in the same order, so that a
 * computation can run on two backends. Closing a bench checks that operators have not changed its inputs, and releases them.
 */
public final class Bench implements AutoCloseable {

    private final Backend backend;
    private final SplittableRandom random;
    private final Map<Array, float[]> inputs = new LinkedHashMap<>();

    public Bench(Backend backend, long seed) {
        this.backend = backend;
        this.random = new SplittableRandom(seed);
    }

    public Backend backend() {
        return backend;
    }

    /** Normal random numbers with mean 0 and variance 1. */
    public Array normal(int... dims) {
        return make(Shape.of(dims), random::nextGaussian);
    }

    public Array normal(Shape shape) {
        return make(shape, random::nextGaussian);
    }

    public Array normal(Shape shape, double mean, double deviation) {
        return make(shape, () -> mean + deviation * random.nextGaussian());
    }

    public Array uniform(double from, double to, int... dims) {
        return make(Shape.of(dims), () -> random.nextDouble(from, to));
    }

    /** Random integers from 0 to {@code bound} - 1: class indices, or values with many ties. */
    public Array integers(int bound, int... dims) {
        return make(Shape.of(dims), () -> random.nextInt(bound));
    }

    /** A copy of an input that an operator may change in place; the caller releases it. */
    public Array mutable(Array input) {
        return backend.copy(input);
    }

    private Array make(Shape shape, DoubleSupplier next) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) next.getAsDouble();
        }
        Array x = backend.of(shape, values);
        inputs.put(x, values);
        return x;
    }

    public static float[] read(Backend backend, Array x) {
        float[] values = new float[x.shape().size()];
        backend.read(x, values);
        return values;
    }

    public static double[] readDoubles(Backend backend, Array x) {
        double[] values = new double[x.shape().size()];
        backend.read(x, values);
        return values;
    }

    @Override
    public void close() {
        inputs.forEach((x, values) -> {
            assertArrayEquals(values, read(backend, x), "an operator changed its argument " + x.shape());
            x.release();
        });
    }
}
