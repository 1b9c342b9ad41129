package thaw.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import thaw.Extent;
import thaw.kernels.reference.ReferenceBackend;

/** Compares a backend's results with those of {@link ReferenceBackend}, on the same random inputs. */
public abstract class Agreement extends OperatorContract {

    static final int SHAPES = 12;
    static final int[] CHANNELS = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 48};

    /** The largest allowed relative L2 error of a result. */
    protected double tolerance() {
        return 1e-5;
    }

    /** The largest allowed relative L2 error of a convolution's result. */
    protected double convolutionTolerance() {
        return tolerance();
    }

    /** The seeds of random calls. */
    protected IntStream seeds() {
        return IntStream.rangeClosed(1, Extent.times(12, 1000));
    }

    @ParameterizedTest
    @EnumSource
    void randomCalls(RandomCall call) {
        for (int seed : seeds().toArray()) {
            int number = seed;
            double tolerance = call == RandomCall.CONV2D ? convolutionTolerance() : tolerance();
            try {
                agree(seed, tolerance, b -> call.results(b, new RandomCall.RandomShapes(number, 7)));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(call + " with seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    /** Larger shapes than those of {@link #randomCalls}, whose work is divided among threads. */
    @ParameterizedTest
    @EnumSource
    void equalBackendsGiveTheSameBits(RandomCall call) {
        for (Backend other : createEquals()) {
            try (other) {
                for (int seed = 1; seed <= Extent.times(2, 8); seed++) {
                    assertSameBits(random(backend, call, seed), random(other, call, seed));
                }
            }
        }
    }

    private static List<float[]> random(Backend backend, RandomCall call, int seed) {
        try (Bench bench = new Bench(backend, seed)) {
            List<float[]> values = new ArrayList<>();
            for (Array result : call.results(bench, new RandomCall.RandomShapes(seed, 33))) {
                if (result != null) {
                    values.add(Bench.read(backend, result));
                    result.release();
                }
            }
            return values;
        }
    }

    /** Runs a test on activations with various numbers of channels, single pixels and odd image sizes, and on rows. */
    static void overShapes(ObjIntConsumer<Shape> test) {
        SplittableRandom random = new SplittableRandom(9);
        int seed = 0;
        for (int c : CHANNELS) {
            test.accept(Shape.of(random.nextInt(2, 4), c, random.nextInt(3, 10), random.nextInt(3, 10)), seed++);
            test.accept(Shape.of(random.nextInt(8, 20), c, 1, 1), seed++);
            test.accept(Shape.of(random.nextInt(8, 20), c), seed++);
        }
    }

    /** Runs a computation on both backends with the same random inputs, and compares its results, some of which may be null. */
    void agree(long seed, double tolerance, Function<Bench, List<Array>> computation) {
        long before = backend.memory().inUse();
        try (ReferenceBackend reference = new ReferenceBackend();
                Bench expectedBench = new Bench(reference, seed);
                Bench actualBench = new Bench(backend, seed)) {
            List<Array> expected = computation.apply(expectedBench);
            List<Array> actual = computation.apply(actualBench);
            assertEquals(expected.size(), actual.size());
            for (int i = 0; i < expected.size(); i++) {
                Array e = expected.get(i);
                Array a = actual.get(i);
                assertEquals(e == null, a == null, "whether result " + i + " is null");
                if (e != null) {
                    assertEquals(e.shape(), a.shape(), "shape of result " + i);
                    double error = error(Bench.readDoubles(backend, a), Bench.readDoubles(reference, e));
                    assertTrue(error <= tolerance, "result " + i + " " + e.shape() + " has a relative error of " + error);
                    a.release();
                }
            }
        }
        assertEquals(before, backend.memory().inUse(), "bytes in use after all arrays were released");
    }

    /** Like {@link #relativeError}, but relative to a root mean square of 1 if that of the expected numbers is below 1. */
    private static double error(double[] actual, double[] expected) {
        double norm = Math.sqrt(Arrays.stream(expected).map(v -> v * v).sum());
        return relativeError(actual, expected) * Math.min(1, norm == 0 ? 1 : norm / Math.sqrt(expected.length));
    }

    /** {@code ‖actual − expected‖ / ‖expected‖}, or {@code ‖actual‖} if all expected numbers are 0. */
    public static double relativeError(double[] actual, double[] expected) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return Math.sqrt(norm == 0 ? difference : difference / norm);
    }
}
