package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.Extent;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionCase;
import thaw.kernels.Epilogue;
import thaw.kernels.KernelTime;
import thaw.kernels.NormOps.NormGradients;
import thaw.kernels.Shape;
import thaw.kernels.opencl.GemmTile.Staging;
import thaw.kernels.reference.ReferenceBackend;

/** Products and convolutions are correct with any tiling, for GPUs and for CPUs, with and without Winograd's algorithm. */
class OpenClTilesTest {

    private static final int NEVER = Integer.MAX_VALUE;

    /** Convolutions with more products than this are not tested here. */
    private static final long MOST_PRODUCTS = 1_000_000;

    /** The reference's results, with which all tiles are compared. */
    private static final Map<ConvolutionCase, List<float[]>> EXPECTED = new ConcurrentHashMap<>();

    /** 3×3 convolutions of stride 1 in batches: all kinds of borders, and more channels than a tile has. */
    private static final List<ConvolutionCase> WINOGRAD = List.of(
            new ConvolutionCase(8, 5, 8, 8, 7, 3, 3, true, Conv2dOptions.of(1, 1)),
            new ConvolutionCase(8, 17, 7, 9, 19, 3, 3, false, Conv2dOptions.of(1, 1)),
            new ConvolutionCase(3, 16, 16, 12, 33, 3, 3, true, Conv2dOptions.of(1, 2)),
            new ConvolutionCase(4, 40, 10, 10, 24, 3, 3, false, Conv2dOptions.of(1, 0)),
            new ConvolutionCase(3, 6, 15, 14, 4, 3, 3, false, new Conv2dOptions(1, 1, 0, 2, 1, 1, 1)));

    /** A convolution whose pixels and channels form whole vectors, and are divided by a tile's edge. */
    private static final ConvolutionCase ALIGNED = new ConvolutionCase(3, 20, 8, 6, 36, 1, 1, true, Conv2dOptions.of(1, 0));

    @BeforeAll
    static void device() {
        OpenClHere.require();
    }

    static List<Tuning> tunings() {
        return Extent.everyNth(3, Stream.of(
                Tuning.of(new GemmTile(Staging.AHEAD, 8, 4, 4, 4, 16, 4), NEVER),
                Tuning.of(new GemmTile(Staging.SHARED, 4, 8, 2, 4, 8, 2), NEVER),
                Tuning.of(new GemmTile(Staging.AHEAD, 2, 2, 3, 1, 4, 1), NEVER),
                Tuning.of(new GemmTile(Staging.SOLO, 3, 2, 6, 32, 20, 16), NEVER),
                Tuning.of(new GemmTile(Staging.SOLO, 1, 3, 1, 2, 1, 2), NEVER),
                Tuning.of(new GemmTile(Staging.DIRECT, 2, 2, 3, 1, 4, 1), NEVER),
                Tuning.of(new GemmTile(Staging.DIRECT, 4, 8, 4, 4, 16, 4), NEVER)));
    }

    private static OpenClBackend open(Tuning tuning) {
        return OpenClBackend.open(OpenClDevices.best().index(), OpenClBackend.Options.DEFAULT, tuning);
    }

    private static float[] normal(int length, SplittableRandom random) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static float[] take(Backend backend, Array x) {
        float[] values = new float[x.shape().size()];
        backend.read(x, values);
        x.release();
        return values;
    }

    private static void assertClose(float[] expected, float[] actual, double tolerance, String what) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - actual[i], 2);
            size += Math.pow(expected[i], 2);
        }
        assertTrue(difference <= tolerance * tolerance * size, what + ": " + Math.sqrt(difference / size));
    }

    /** The results of a convolution with a full epilogue, of both gradients, and of one added to a masked residual's. */
    private static List<float[]> convolutions(Backend backend, ConvolutionCase v) {
        SplittableRandom random = new SplittableRandom(v.seed());
        Shape shape = Shape.of(v.n(), v.c(), v.h(), v.w());
        Shape outputs = v.options().outputShape(shape, v.weight());
        Array x = backend.of(shape, normal(shape.size(), random));
        Array w = backend.of(v.weight(), normal(v.weight().size(), random));
        Array gy = backend.of(outputs, normal(outputs.size(), random));
        Array residual = backend.of(outputs, normal(outputs.size(), random));
        Array scale = backend.of(Shape.of(v.k()), normal(v.k(), random));
        Array shift = backend.of(Shape.of(v.k()), normal(v.k(), random));
        Epilogue epilogue = v.bias() ? new Epilogue(scale, shift, residual, true) : Epilogue.bias(null);
        List<float[]> results = new ArrayList<>();
        // Twice, because a weight's rearranged form may be cached for its second use.
        for (int i = 0; i < 2; i++) {
            results.add(take(backend, backend.conv2d(x, w, epilogue, v.options())));
            results.add(take(backend, backend.conv2dInputGradient(gy, w, shape, v.options())));
        }
        results.add(take(backend, backend.conv2dWeightGradient(gy, x, v.weight(), v.options())));
        Array channels = backend.of(Shape.of(v.c()), normal(v.c(), random));
        NormGradients masked = backend.batchNormTrainGradient(x, x, x, channels, channels, channels, false, true);
        backend.addConv2dInputGradient(masked.residual(), gy, w, v.options());
        results.add(take(backend, masked.residual()));
        Stream.of(x, w, gy, residual, scale, shift, channels, masked.weight(), masked.bias()).forEach(Array::release);
        return results;
    }

    private static void agree(Backend backend, Stream<ConvolutionCase> cases, double tolerance) {
        cases.forEach(v -> {
            List<float[]> expected = EXPECTED.computeIfAbsent(v, OpenClTilesTest::reference);
            List<float[]> actual = convolutions(backend, v);
            for (int i = 0; i < expected.size(); i++) {
                assertClose(expected.get(i), actual.get(i), tolerance, v + ", result " + i);
            }
        });
        assertEquals(0, backend.memory().inUse());
    }

    private static List<float[]> reference(ConvolutionCase v) {
        try (Backend reference = new ReferenceBackend()) {
            return convolutions(reference, v);
        }
    }

    private static boolean isSmall(ConvolutionCase v) {
        return (long) v.options().outputShape(Shape.of(v.n(), v.c(), v.h(), v.w()), v.weight()).size() * v.weight().size()
                / v.k() < MOST_PRODUCTS;
    }

    /** Every second convolution, because each is compiled for its tile; the next tile in the list has the others. */
    @ParameterizedTest
    @MethodSource("tunings")
    void convolutionsOfEveryTileAreRight(Tuning tuning) {
        List<ConvolutionCase> small = ConvolutionCase.all().filter(OpenClTilesTest::isSmall).toList();
        int step = Extent.times(5, 2);
        int first = tunings().indexOf(tuning) % step;
        try (OpenClBackend backend = open(tuning)) {
            agree(backend, IntStream.range(0, small.size()).filter(i -> i % step == first).mapToObj(small::get), 1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("tunings")
    void vectorsOfEveryTileAreRight(Tuning tuning) {
        Correlation c = new Correlation(Shape.of(3, 20, 8, 6), ALIGNED.weight(), Shape.of(3, 36, 8, 6), ALIGNED.options());
        for (GemmProblem p : List.of(c.forward(), c.weightGradient(), c.inputGradient().get(0))) {
            assertTrue(Math.min(p.leftVector(), Math.min(p.rightVector(), p.resultVector())) >= 4, p::toString);
        }
        try (OpenClBackend backend = open(tuning)) {
            agree(backend, Stream.of(ALIGNED), 1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("tunings")
    void matricesOfEveryTileAreRight(Tuning tuning) {
        SplittableRandom random = new SplittableRandom(1);
        try (OpenClBackend backend = open(tuning); Backend reference = new ReferenceBackend()) {
            for (int[] s : Extent.everyNth(2,
                    Stream.of(new int[][] {{1, 1, 1}, {3, 700, 2}, {65, 17, 130}, {129, 64, 64}, {30, 9000, 5}}))) {
                for (int transposes = 0; transposes < 4; transposes++) {
                    boolean ta = (transposes & 1) != 0;
                    boolean tb = (transposes & 2) != 0;
                    Shape left = ta ? Shape.of(s[1], s[0]) : Shape.of(s[0], s[1]);
                    Shape right = tb ? Shape.of(s[2], s[1]) : Shape.of(s[1], s[2]);
                    float[] a = normal(left.size(), random);
                    float[] b = normal(right.size(), random);
                    assertClose(take(reference, reference.matmul(reference.of(left, a), ta, reference.of(right, b), tb)),
                            take(backend, backend.matmul(backend.of(left, a), ta, backend.of(right, b), tb)), 1e-5,
                            left + " · " + right);
                }
            }
        }
    }

    @Test
    void winogradsConvolutionsAreRight() {
        for (GemmTile tile : List.of(new GemmTile(Staging.SHARED, 8, 8, 4, 4, 16, 4), new GemmTile(Staging.SOLO, 2, 2, 8, 16, 32, 16))) {
            try (OpenClBackend backend = open(Tuning.of(tile, 1))) {
                agree(backend, WINOGRAD.stream(), 1e-4);
            }
        }
    }

    /** Winograd's algorithm is used from the tuning's number of channels on; the profile of kernels shows which ran. */
    @Test
    void winogradsAlgorithmIsTakenFromSoManyChannelsOn() {
        ConvolutionCase v = new ConvolutionCase(8, 16, 8, 8, 16, 3, 3, false, Conv2dOptions.of(1, 1));
        for (int channels : new int[] {16, 17}) {
            Tuning tuning = Tuning.usual(OpenClDevices.best()).withWinogradChannels(channels);
            OpenClBackend.Options profiled = new OpenClBackend.Options(Long.MAX_VALUE, true);
            try (OpenClBackend backend = OpenClBackend.open(OpenClDevices.best().index(), profiled, tuning)) {
                convolutions(backend, v);
                List<String> ran = backend.profile().orElseThrow().kernelTimes().stream().map(KernelTime::kernel).toList();
                assertEquals(channels == 16, ran.contains("winograd_output"));
                assertEquals(channels == 16, ran.contains("winograd_weight_gradient"));
            }
        }
    }

    /** The parts of split sums are added in a fixed order. */
    @Test
    void twoRunsGiveTheSameBits() {
        ConvolutionCase v = new ConvolutionCase(8, 16, 40, 40, 16, 3, 3, false, Conv2dOptions.of(1, 1));
        try (OpenClBackend one = OpenClBackend.open(); OpenClBackend other = OpenClBackend.open()) {
            List<float[]> expected = convolutions(one, v);
            for (Backend backend : List.of(one, other)) {
                List<float[]> again = convolutions(backend, v);
                for (int i = 0; i < expected.size(); i++) {
                    assertArrayEquals(expected.get(i), again.get(i));
                }
            }
        }
    }

    /** A tile adds in the same order, however its operands come to the work-items. */
    @Test
    void theWayOfTheOperandsDoesNotChangeTheBits() {
        for (ConvolutionCase v : List.of(ALIGNED, WINOGRAD.get(1))) {
            GemmTile tile = new GemmTile(Staging.SHARED, 4, 4, 4, 4, 8, 4);
            List<List<float[]>> results = new ArrayList<>();
            for (Staging staging : List.of(Staging.SHARED, Staging.AHEAD, Staging.DIRECT)) {
                try (OpenClBackend backend = open(Tuning.of(tile.with(staging), NEVER))) {
                    results.add(convolutions(backend, v));
                    assertTrue(backend.takes(ProductShape.DEEP, tile.with(staging)), staging::toString);
                }
            }
            for (int i = 0; i < results.get(0).size(); i++) {
                assertArrayEquals(results.get(0).get(i), results.get(1).get(i), v + ", result " + i);
                assertArrayEquals(results.get(0).get(i), results.get(2).get(i), v + ", result " + i);
            }
        }
    }

    /** A tile that exceeds the device's limits is replaced by a smaller one. */
    @Test
    void aTileThatIsTooLargeIsReplaced() {
        try (OpenClBackend backend = open(Tuning.of(new GemmTile(Staging.SHARED, 128, 128, 1, 1, 16, 1), NEVER))) {
            agree(backend, WINOGRAD.stream().limit(2), 1e-5);
        }
        try (OpenClBackend backend = open(Tuning.of(new GemmTile(Staging.SOLO, 500, 500, 8, 32, 64, 16), NEVER))) {
            agree(backend, WINOGRAD.stream().limit(2), 1e-5);
        }
    }

    @Test
    void tilesThatMakeNoSenseAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new GemmTile(Staging.SHARED, 8, 8, 6, 8, 16, 4), "rows are not whole vectors");
        assertThrows(IllegalArgumentException.class, () -> new GemmTile(Staging.SOLO, 8, 8, 8, 12, 16, 8), "columns are not whole vectors");
        assertThrows(IllegalArgumentException.class, () -> new GemmTile(Staging.SHARED, 2, 2, 4, 4, 8, 4), "no work-item for each row");
        assertThrows(IllegalArgumentException.class, () -> new GemmTile(Staging.SHARED, 8, 8, 3, 3, 16, 3), "no vectors of 3");
    }

    /** The usual tile of a GPU is correct, and takes the local memory that gemm.cl states. */
    @Test
    void theUsualTileOfACardTakesWhatItSays() {
        GemmTile tile = new GemmTile(Staging.AHEAD, 16, 16, 8, 8, 16, 4);
        try (OpenClBackend backend = open(Tuning.of(tile, NEVER))) {
            agree(backend, Stream.of(WINOGRAD.get(1), ALIGNED), 1e-5);
            assertTrue(backend.takes(ProductShape.WIDE, tile));
        }
        assertEquals(128, tile.rows());
        assertEquals(256, tile.items());
        assertTrue(tile.localBytes() <= 20 << 10, () -> "local memory: " + tile.localBytes());
    }
}
