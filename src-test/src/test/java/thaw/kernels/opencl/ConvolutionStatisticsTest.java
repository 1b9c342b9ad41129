package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionCase;
import thaw.kernels.NormOps.Normalized;
import thaw.kernels.Shape;
import thaw.kernels.opencl.GemmTile.Staging;
import thaw.kernels.reference.ReferenceBackend;

/** A batch norm takes its statistics from the convolution before it, whose kernels leave them for parts of each channel. */
class ConvolutionStatisticsTest {

    private static final int NEVER = Integer.MAX_VALUE;
    private static final double MOMENTUM = 0.1;
    private static final double EPS = 1e-5;

    /** Columns that fill tiles, that end within a vector of a tile, and that have less than a tile; borders of Winograd's tiles. */
    private static final List<ConvolutionCase> CASES = List.of(
            new ConvolutionCase(4, 12, 8, 8, 20, 1, 1, false, Conv2dOptions.of(1, 0)),
            new ConvolutionCase(3, 5, 9, 7, 33, 3, 3, false, Conv2dOptions.of(2, 1)),
            new ConvolutionCase(2, 7, 1, 1, 5, 1, 1, false, Conv2dOptions.of(1, 0)),
            new ConvolutionCase(8, 5, 8, 7, 7, 3, 3, false, Conv2dOptions.of(1, 1)));

    private static final BiFunction<Backend, Array, Array> ITSELF = (on, convolved) -> convolved.retain();

    @BeforeAll
    static void device() {
        OpenClHere.require();
    }

    static Stream<Tuning> tunings() {
        return Stream.of(Tuning.of(new GemmTile(Staging.AHEAD, 16, 16, 8, 8, 16, 4), NEVER),
                Tuning.of(new GemmTile(Staging.AHEAD, 2, 2, 3, 1, 4, 1), 1), Tuning.of(new GemmTile(Staging.SOLO, 3, 2, 6, 32, 20, 16), 1),
                Tuning.of(new GemmTile(Staging.DIRECT, 4, 2, 4, 4, 8, 4), NEVER));
    }

    /** The mean, the inverse deviation, both running statistics and the result of a batch norm of {@code of(backend, convolution)}. */
    private static List<float[]> normalized(Backend backend, ConvolutionCase v, BiFunction<Backend, Array, Array> of) {
        SplittableRandom random = new SplittableRandom(v.seed());
        Shape shape = Shape.of(v.n(), v.c(), v.h(), v.w());
        Array x = backend.of(shape, random.doubles(shape.size(), 30, 31).toArray());
        Array w = backend.of(v.weight(), random.doubles(v.weight().size(), -0.1, 1).toArray());
        Array convolved = backend.conv2d(x, w, v.options());
        Array y = of.apply(backend, convolved);
        Shape channels = Shape.of(y.shape().dim(1));
        Array weight = backend.of(channels, random.doubles(y.shape().dim(1), 1, 2).toArray());
        Array bias = backend.of(channels, random.doubles(y.shape().dim(1), -1, 1).toArray());
        Array mean = backend.zeros(channels);
        Array var = backend.zeros(channels);
        Normalized n = backend.batchNormTrain(y, weight, bias, mean, var, MOMENTUM, EPS, null, false);
        List<float[]> results = Stream.of(n.mean(), n.invStd(), mean, var, n.y()).map(array -> {
            float[] values = new float[array.shape().size()];
            backend.read(array, values);
            return values;
        }).toList();
        Stream.of(x, w, convolved, y, weight, bias, mean, var, n.mean(), n.invStd(), n.y()).forEach(Array::release);
        return results;
    }

    /** Channels have means of up to hundreds of deviations, which sums of squares about 0 would not bear. */
    @ParameterizedTest
    @MethodSource("tunings")
    void theyAreThoseOfTheResult(Tuning tuning) {
        OpenClBackend.Options profiled = new OpenClBackend.Options(Long.MAX_VALUE, true);
        try (OpenClBackend backend = OpenClBackend.open(OpenClDevices.best().index(), profiled, tuning);
                Backend reference = new ReferenceBackend()) {
            for (ConvolutionCase v : CASES) {
                List<float[]> actual = normalized(backend, v, ITSELF);
                assertEquals(List.of(), backend.profile().orElseThrow().kernelTimes().stream().map(time -> time.kernel())
                        .filter(kernel -> kernel.matches("batch_norm.*_statistics")).toList(), "second passes");
                List<float[]> again = normalized(backend, v, ITSELF);
                List<float[]> expected = normalized(reference, v, ITSELF);
                for (int i = 0; i < actual.size(); i++) {
                    assertArrayEquals(actual.get(i), again.get(i), "the bits of another run");
                    assertClose(expected.get(i), actual.get(i), v + ", result " + i);
                }
            }
            normalized(backend, CASES.get(0), Backend::copy);
            assertEquals(1, backend.profile().orElseThrow().kernelTimes().stream()
                    .filter(time -> time.kernel().matches("batch_norm.*_statistics")).count(), "second passes for an array of its own");
            assertEquals(0, backend.memory().inUse());
        }
    }

    /** A view of a convolution's result has its memory, but other channels. */
    @ParameterizedTest
    @MethodSource("tunings")
    void aViewHasStatisticsOfItsOwn(Tuning tuning) {
        try (OpenClBackend backend = OpenClBackend.open(OpenClDevices.best().index(), OpenClBackend.Options.DEFAULT, tuning);
                Backend reference = new ReferenceBackend()) {
            ConvolutionCase v = CASES.get(0);
            BiFunction<Backend, Array, Array> view = (on, y) -> on.reshape(y, Shape.of(v.n(), v.k() / 2, 2 * v.h(), v.w()));
            List<float[]> expected = normalized(reference, v, view);
            List<float[]> actual = normalized(backend, v, view);
            for (int i = 0; i < actual.size(); i++) {
                assertClose(expected.get(i), actual.get(i), "result " + i);
            }
            assertEquals(0, backend.memory().inUse());
        }
    }

    private static void assertClose(float[] expected, float[] actual, String what) {
        double scale = 0;
        for (float value : expected) {
            scale = Math.max(scale, Math.abs(value));
        }
        assertArrayEquals(expected, actual, (float) (1e-3 * scale), what);
    }
}
