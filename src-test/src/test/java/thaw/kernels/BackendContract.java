package thaw.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests of every backend's guarantees on memory, element order and reproducibility. {@link OperatorContract} tests the results
 * of operators.
 */
public abstract class BackendContract {

    protected Backend backend;

    /** Opens a new instance of the backend under test. */
    protected abstract Backend create();

    /** Opens backends that must give the same bits as {@link #create}, such as one with another number of threads. */
    protected List<Backend> createEquals() {
        return List.of();
    }

    @BeforeEach
    void open() {
        backend = create();
    }

    @AfterEach
    void close() {
        backend.close();
    }

    // ---- memory ------------------------------------------------------------------------------------------------

    @Test
    void everyNumberOfChannelsReadsBackAsWritten() {
        for (int c = 1; c <= 40; c++) {
            Shape shape = Shape.of(2, c, 3, 2);
            float[] values = counting(shape);
            Array x = backend.of(shape, values);
            assertArrayEquals(values, read(x), "of and read with " + c + " channels");

            float[] others = new float[values.length];
            for (int i = 0; i < others.length; i++) {
                others[i] = 1 / (1f + i);
            }
            backend.write(x, others);
            assertArrayEquals(others, read(x), "write and read with " + c + " channels");
            double[] doubles = Bench.readDoubles(backend, x);
            for (int i = 0; i < others.length; i++) {
                assertEquals(others[i], doubles[i], "element " + i + " with " + c + " channels");
            }
            x.release();
        }
    }

    @Test
    void everyRankReadsBackAsWritten() {
        for (Shape shape : List.of(Shape.SCALAR, Shape.of(1), Shape.of(37), Shape.of(5, 7), Shape.of(3, 17, 5),
                Shape.of(2, 1, 1, 1), Shape.of(1, 3, 1, 19), Shape.of(2, 3, 2, 5, 3))) {
            float[] values = counting(shape);
            Array fromFloats = backend.of(shape, values);
            assertEquals(shape, fromFloats.shape());
            assertArrayEquals(values, read(fromFloats), "shape " + shape);
            double[] doubles = new double[values.length];
            for (int i = 0; i < doubles.length; i++) {
                doubles[i] = values[i];
            }
            assertArrayEquals(values, read(backend.of(shape, doubles)), "shape " + shape);
        }
    }

    @Test
    void zerosFillCopyAndAssign() {
        Shape shape = Shape.of(2, 17, 3, 5);
        Array x = backend.zeros(shape);
        assertArrayEquals(new float[shape.size()], read(x));
        backend.fill(x, 2.5);
        float[] filled = new float[shape.size()];
        Arrays.fill(filled, 2.5f);
        assertArrayEquals(filled, read(x));

        Array copy = backend.copy(x);
        backend.fill(x, -1);
        assertArrayEquals(filled, read(copy), "a copy has its own memory");
        backend.assign(x, copy);
        assertArrayEquals(filled, read(x));
        backend.fill(copy, 0);
        assertArrayEquals(filled, read(x), "assign copies");
    }

    @Test
    void recycledMemoryComesBackAsZeros() {
        Shape shape = Shape.of(2, 5, 3, 3);
        for (int i = 0; i < 3; i++) {
            Array x = backend.zeros(shape);
            assertArrayEquals(new float[shape.size()], read(x));
            backend.fill(x, 7);
            x.release();
        }
    }

    @Test
    void releasedArraysRefuseToBeUsed() {
        Array x = backend.zeros(Shape.of(2, 3));
        x.release();
        assertThrows(IllegalStateException.class, x::release);
        assertThrows(IllegalStateException.class, x::retain);
        assertThrows(IllegalStateException.class, () -> read(x));
        assertThrows(IllegalStateException.class, () -> backend.fill(x, 1));
        assertThrows(IllegalStateException.class, () -> backend.unary(UnaryOp.RELU, x));
        assertThrows(IllegalStateException.class, () -> backend.matmul(x, false, x, true));
        assertThrows(IllegalStateException.class, () -> backend.reshape(x, Shape.of(6)));
    }

    @Test
    void memoryLivesAsLongAsItsLastOwner() {
        long before = backend.memory().inUse();
        Array x = backend.of(Shape.of(2, 3, 2, 2), counting(Shape.of(2, 3, 2, 2)));
        assertTrue(backend.memory().inUse() >= before + 24 * Float.BYTES);
        Array view = backend.reshape(x, Shape.of(2, 12));
        x.retain();
        x.release();
        x.release();
        assertArrayEquals(counting(Shape.of(24)), read(view), "a view owns the memory, too");
        view.release();
        assertEquals(before, backend.memory().inUse());
    }

    @Test
    void changesInPlaceCountAsANewVersion() {
        Shape shape = Shape.of(3);
        Array x = backend.zeros(shape);
        Array y = backend.of(shape, new float[] {1, 2, 3});
        assertChanges(x, () -> backend.write(x, new float[] {4, 5, 6}));
        assertChanges(x, () -> backend.fill(x, 1));
        assertChanges(x, () -> backend.assign(x, y));
        assertChanges(x, () -> backend.add(x, y));
        SgdOps.Options options = new SgdOps.Options(0.1, 0.9, 0, 0, false, false);
        Array momentum = backend.zeros(shape);
        assertChanges(x, () -> backend.sgd(options, List.of(x), List.of(y), List.of(momentum), new boolean[] {true}));
        assertChanges(momentum, () -> backend.sgd(options, List.of(x), List.of(y), List.of(momentum), new boolean[] {false}));
        Array images = backend.of(Shape.of(2, 3), new float[] {1, 2, 3, 4, 5, 6});
        assertChanges(x, () -> backend.batchNormTrain(images, y, y, x, momentum, 0.1, 1e-5, null, false));
    }

    private static void assertChanges(Array x, Runnable change) {
        int before = x.storage().version();
        change.run();
        assertNotEquals(before, x.storage().version());
    }

    // ---- rearranging, against index arithmetic -------------------------------------------------------------------

    @Test
    void reshapeKeepsRowMajorOrderForEveryNumberOfChannels() {
        for (int c = 1; c <= 40; c++) {
            Shape image = Shape.of(2, c, 3, 2);
            for (Shape other : List.of(Shape.of(2, c * 6), Shape.of(c * 12), Shape.of(2, 2 * c, 1, 3), Shape.of(c, 2, 3, 2),
                    Shape.of(12, c, 1, 1))) {
                Array x = backend.of(image, counting(image));
                Array there = backend.reshape(x, other);
                Array back = backend.reshape(there, image);
                assertEquals(other, there.shape());
                assertArrayEquals(counting(other), read(there), image + " as " + other);
                assertArrayEquals(counting(image), read(back), other + " as " + image);
                List.of(x, there, back).forEach(Array::release);
            }
        }
        assertEquals(0, backend.memory().inUse());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8, 16, 17, 33})
    void permuteMovesIndices(int c) {
        Shape shape = Shape.of(2, c, 4, 3);
        float[] values = counting(shape);
        for (int[] dims : List.of(new int[] {0, 2, 3, 1}, new int[] {0, 3, 1, 2}, new int[] {3, 2, 1, 0}, new int[] {1, 0, 2, 3},
                new int[] {0, 1, 3, 2})) {
            Array y = backend.permute(backend.of(shape, values), dims);
            float[] out = read(y);
            int[] index = new int[4];
            for (int i = 0; i < out.length; i++) {
                for (int d = 0; d < 4; d++) {
                    index[dims[d]] = i / y.shape().rowMajorStrides()[d] % y.shape().dim(d);
                }
                assertEquals(values[((index[0] * c + index[1]) * 4 + index[2]) * 3 + index[3]], out[i]);
            }
        }
        Array matrix = backend.of(Shape.of(2, 3), counting(Shape.of(6)));
        assertArrayEquals(new float[] {0, 3, 1, 4, 2, 5}, read(backend.permute(matrix, 1, 0)));
    }

    @Test
    void narrowTakesAPartAndCatPutsTheseTogether() {
        for (int c : new int[] {2, 7, 16, 17, 33}) {
            Shape shape = Shape.of(3, c, 4, 5);
            Array x = backend.of(shape, counting(shape));
            for (int dim = 0; dim < 4; dim++) {
                int extent = shape.dim(dim);
                int inner = shape.rowMajorStrides()[dim];
                List<Array> parts = new ArrayList<>();
                for (int start = 0; start < extent; start += 1 + start) {
                    int length = Math.min(1 + start, extent - start);
                    Array part = backend.narrow(x, dim, start, length);
                    assertEquals(shape.with(dim, length), part.shape());
                    float[] out = read(part);
                    for (int i = 0; i < out.length; i++) {
                        int outer = i / (inner * length);
                        assertEquals(outer * inner * extent + start * inner + i % (inner * length), out[i]);
                    }
                    parts.add(part);
                }
                assertArrayEquals(counting(shape), read(backend.cat(parts, dim - 4)), "cat of narrow, dimension " + dim);
            }
        }
    }

    @Test
    void sumAndExpandMoveAlongEachDimension() {
        Shape shape = Shape.of(3, 17, 2, 5);
        float[] values = counting(shape);
        Array x = backend.of(shape, values);
        for (int dim = 0; dim < 4; dim++) {
            int inner = shape.rowMajorStrides()[dim];
            int extent = shape.dim(dim);
            Array sum = backend.sum(x, true, dim);
            assertEquals(shape.with(dim, 1), sum.shape());
            assertArrayEquals(read(sum), read(backend.sum(x, false, dim - 4)));
            float[] sums = read(sum);
            float[] expanded = read(backend.expand(sum, shape));
            for (int i = 0; i < sums.length; i++) {
                float expected = 0;
                for (int k = 0; k < extent; k++) {
                    expected += values[i / inner * inner * extent + k * inner + i % inner];
                }
                assertEquals(expected, sums[i]);
            }
            for (int i = 0; i < values.length; i++) {
                assertEquals(sums[i / (inner * extent) * inner + i % inner], expanded[i]);
            }
        }
        float total = (values.length - 1) * values.length / 2f;
        assertEquals(Shape.SCALAR, backend.sum(x, false).shape());
        assertEquals(total, read(backend.sum(x, false))[0]);
        assertEquals(total, read(backend.sum(x, true, 0, 1, 2, 3))[0]);
        Array row = backend.of(Shape.of(2), new float[] {1, 2});
        assertArrayEquals(new float[] {1, 2, 1, 2, 1, 2}, read(backend.expand(row, Shape.of(3, 2))));
    }

    // ---- repetition ------------------------------------------------------------------------------------------------

    @Test
    void theSameArgumentsGiveTheSameBits() {
        List<float[]> expected = sample(backend);
        assertSameBits(expected, sample(backend));
        for (Backend other : createEquals()) {
            try (other) {
                assertSameBits(expected, sample(other));
            }
        }
    }

    @Test
    void warmingUpInTheBackgroundChangesNothing() {
        List<float[]> expected = sample(backend);
        backend.warmUpInBackground();
        assertSameBits(expected, sample(backend));
        backend.warmUp(false);
        assertSameBits(expected, sample(backend));
    }

    @Test
    void severalThreadsMayCallAtOnce() throws InterruptedException, ExecutionException {
        List<float[]> expected = sample(backend);
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Future<List<float[]>>> runs = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                runs.add(threads.submit(() -> sample(backend)));
            }
            for (Future<List<float[]>> run : runs) {
                assertSameBits(expected, run.get());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Results of operators that could depend on the order of additions, or on the division of work among threads. */
    private static List<float[]> sample(Backend backend) {
        List<float[]> results = new ArrayList<>();
        try (Bench bench = new Bench(backend, 5)) {
            Array x = bench.normal(3, 19, 14, 14);
            Array w = bench.normal(21, 19, 3, 3);
            Conv2dOptions options = Conv2dOptions.of(1, 1);
            Array y = backend.conv2d(x, w, options);
            Array gamma = bench.normal(21);
            Backend.Normalized n = backend.batchNormTrain(y, gamma, gamma, null, null, 0.1, 1e-5, null, false);
            Backend.NormGradients g = backend.batchNormTrainGradient(n.y(), y, null, gamma, n.mean(), n.invStd(), true, false);
            Array gx = backend.conv2dInputGradient(g.x(), w, x.shape(), options);
            Array gw = backend.conv2dWeightGradient(g.x(), x, w.shape(), options);
            Array product = backend.matmul(bench.normal(37, 150), false, bench.normal(41, 150), true);
            Array total = backend.sum(x, false);
            Array perChannel = backend.sum(x, false, 0, 2, 3);
            Backend.Loss loss = backend.crossEntropy(product, bench.integers(41, 37), null, 0.1, Reduction.MEAN);
            Array dropped = backend.dropout(x, 0.5, 3);
            for (Array a : List.of(y, n.y(), n.mean(), n.invStd(), g.x(), g.weight(), g.bias(), gx, gw, product, total,
                    perChannel, loss.value(), loss.gradient(), dropped)) {
                results.add(Bench.read(backend, a));
                a.release();
            }
        }
        return results;
    }

    static void assertSameBits(List<float[]> expected, List<float[]> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), "result " + i);
        }
    }

    // ---- numbers -----------------------------------------------------------------------------------------------

    protected final float[] read(Array x) {
        return Bench.read(backend, x);
    }

    /** The numbers 0, 1, 2, … */
    private static float[] counting(Shape shape) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        return values;
    }
}
