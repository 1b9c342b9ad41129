package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Bench;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionCase;
import thaw.kernels.Epilogue;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;

/** Scalar loops give the same bits as vector loops, so that a network can switch between them at any time. */
class ScalarBlockLoopsTest {

    private Backend scalars;
    private Backend vectors;

    @BeforeAll
    static void vectors() {
        assumeTrue(CpuBackend.hasVectors(), "the Vector API is missing: run Java with --add-modules jdk.incubator.vector");
    }

    @BeforeEach
    void open() {
        vectors = CpuBackend.create(1);
        scalars = CpuBackend.scalar(1);
    }

    @AfterEach
    void close() {
        scalars.close();
        vectors.close();
    }

    private void same(long seed, Function<Bench, List<Array>> operators) {
        List<float[]> expected = results(vectors, seed, operators);
        List<float[]> found = results(scalars, seed, operators);
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), found.get(i), "result " + i);
        }
    }

    private static List<float[]> results(Backend backend, long seed, Function<Bench, List<Array>> operators) {
        try (Bench bench = new Bench(backend, seed)) {
            return operators.apply(bench).stream().map(y -> Bench.read(backend, y)).toList();
        }
    }

    static Stream<ConvolutionCase> cases() {
        return ConvolutionCase.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void convolutions(ConvolutionCase v) {
        same(v.seed(), b -> {
            Array x = b.normal(v.n(), v.c(), v.h(), v.w());
            Array w = b.normal(v.weight());
            List<Array> results = new ArrayList<>();
            Array y = b.backend().conv2d(x, w, v.options());
            results.add(y);
            Array scale = b.normal(v.k());
            Array residual = b.normal(y.shape());
            for (boolean relu : new boolean[] {false, true}) {
                for (Array added : Arrays.asList(null, residual)) {
                    Epilogue epilogue = new Epilogue(scale, b.normal(v.k()), added, relu);
                    results.add(b.backend().conv2d(x, w, epilogue, v.options()));
                }
            }
            results.add(b.backend().conv2dInputGradient(y, w, x.shape(), v.options()));
            results.add(b.backend().conv2dWeightGradient(y, x, w.shape(), v.options()));
            return results;
        });
    }

    /** Signed zeros, infinities and NaN through ReLU and maximum, which sums of normal numbers do not test. */
    @Test
    void specialNumbers() {
        float[] special = {0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, -1f, 1f};
        SplittableRandom random = new SplittableRandom(3);
        float[] values = new float[2 * 16 * 13 * 13];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(40) == 0 ? special[random.nextInt(special.length)] : random.nextInt(-1, 2) * 0f;
        }
        ConvolutionCase v = new ConvolutionCase(2, 16, 13, 13, 16, 1, 1, false, Conv2dOptions.DEFAULT);
        same(4, b -> {
            Array x = b.backend().of(Shape.of(2, 16, 13, 13), values);
            Epilogue epilogue = new Epilogue(b.normal(16), b.integers(2, 16), x, true);
            Backend.Pooled pooled = b.backend().maxPool2d(x, Pool2dOptions.of(3, 2, 1), true);
            return List.of(b.backend().conv2d(x, b.normal(v.weight()), epilogue, v.options()),
                    pooled.values(), pooled.indices());
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void pools(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Shape shape = Shape.of(random.nextInt(1, 4), random.nextInt(1, 40), random.nextInt(3, 30), random.nextInt(3, 30));
        Pool2dOptions options = Pool2dOptions.of(random.nextInt(2, 4), random.nextInt(1, 4), 1);
        int out = random.nextInt(1, 4);
        same(seed, b -> {
            Array x = b.normal(shape);
            Backend.Pooled max = b.backend().maxPool2d(x, options, true);
            Array few = b.integers(3, shape.dim(0), shape.dim(1), shape.dim(2), shape.dim(3));
            Backend.Pooled ties = b.backend().maxPool2d(few, options, true);
            Backend.Pooled adaptive = b.backend().adaptiveMaxPool2d(x, out, out);
            return List.of(max.values(), max.indices(), b.backend().maxPool2d(x, options, false).values(), ties.values(),
                    ties.indices(), adaptive.values(), adaptive.indices(), b.backend().avgPool2d(x, options),
                    b.backend().adaptiveAvgPool2d(x, out, out));
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void products(int seed) {
        int[] s = new SplittableRandom(seed).ints(3, 1, 90).toArray();
        same(seed, b -> List.of(b.backend().matmul(b.normal(s[0], s[1]), false, b.normal(s[2], s[1]), true),
                b.backend().matmul(b.normal(s[1], s[0]), true, b.normal(s[1], s[2]), false)));
    }
}
