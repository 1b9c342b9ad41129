package thaw.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import thaw.kernels.reference.ReferenceBackend;

/** Tests of every backend's operators in cases that they define exactly: ties, NaN, edges, rejected arguments. */
public abstract class OperatorContract extends BackendContract {

    private static final double NAN = Double.NaN;

    // ---- ties, NaN and edges ---------------------------------------------------------------------------------------

    @Test
    void theFirstOfEqualMaximaIsChosen() {
        Array x = image(3, 4,
                1, 1, 0, 2,
                1, 1, 2, 2,
                0, 1, 2, 2);
        Backend.Pooled y = backend.maxPool2d(x, Pool2dOptions.of(2, 1, 0), true);
        assertArrayEquals(new float[] {1, 2, 2, 1, 2, 2}, read(y.values()));
        assertArrayEquals(new float[] {0, 6, 3, 4, 6, 6}, read(y.indices()));

        Backend.Pooled cells = backend.adaptiveMaxPool2d(x, 1, 2);
        assertArrayEquals(new float[] {1, 2}, read(cells.values()));
        assertArrayEquals(new float[] {0, 3}, read(cells.indices()));
        assertArrayEquals(new float[] {1, 0}, read(backend.argmax(backend.of(Shape.of(2, 3), new float[] {1, 5, 5, 2, 2, 2}))));
    }

    @Test
    void argmaxTakesNaNForTheLargest() {
        float nan = Float.NaN;
        Array rows = backend.of(Shape.of(3, 4), new float[] {1, nan, 5, nan, nan, 1, 2, 3, 3, 2, 1, nan});
        assertArrayEquals(new float[] {1, 0, 3}, read(backend.argmax(rows)), "as torch.argmax");
    }

    @Test
    void paddingIsNeverTheMaximum() {
        Array x = image(2, 2,
                -4, -3,
                -2, -1);
        Backend.Pooled y = backend.maxPool2d(x, Pool2dOptions.of(3, 2, 1), true);
        assertArrayEquals(new float[] {-1}, read(y.values()));
        assertArrayEquals(new float[] {3}, read(y.indices()));
        Backend.Pooled corners = backend.maxPool2d(x, Pool2dOptions.of(2, 2, 1), true);
        assertArrayEquals(new float[] {-4, -3, -2, -1}, read(corners.values()));
        assertArrayEquals(new float[] {0, 1, 2, 3}, read(corners.indices()));
        Array infinite = image(1, 2, Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY);
        Pool2dOptions pair = new Pool2dOptions(1, 2, 1, 1, 0, 0, true);
        assertArrayEquals(new float[] {0}, read(backend.maxPool2d(infinite, pair, true).indices()));
    }

    @Test
    void notANumberWins() {
        Array x = image(1, 4, 1, NAN, 5, 7);
        Backend.Pooled y = backend.maxPool2d(x, new Pool2dOptions(1, 2, 1, 1, 0, 0, true), true);
        assertArrayEquals(new float[] {Float.NaN, Float.NaN, 7}, read(y.values()));
        assertArrayEquals(new float[] {1, 1, 3}, read(y.indices()));
        assertArrayEquals(new float[] {Float.NaN}, read(backend.adaptiveMaxPool2d(x, 1, 1).values()));
        assertEquals(Float.NaN, read(backend.unary(UnaryOp.RELU, x))[1]);
    }

    @Test
    void averagesCountPaddingIfAskedTo() {
        Array x = image(2, 2,
                4, 8,
                12, 16);
        assertArrayEquals(new float[] {1, 2, 3, 4}, read(backend.avgPool2d(x, new Pool2dOptions(2, 2, 2, 2, 1, 1, true))));
        assertArrayEquals(new float[] {4, 8, 12, 16}, read(backend.avgPool2d(x, new Pool2dOptions(2, 2, 2, 2, 1, 1, false))));
    }

    @Test
    void adaptiveCellsOverlapWhereTheyDoNotDivide() {
        Array x = image(1, 7, 0, 1, 2, 3, 4, 5, 6);
        assertArrayEquals(new float[] {1, 3, 5}, read(backend.adaptiveAvgPool2d(x, 1, 3)));
        assertArrayEquals(new float[] {2, 4, 6}, read(backend.adaptiveMaxPool2d(x, 1, 3).values()));
        Array gy = image(1, 3, 3, 6, 9);
        assertArrayEquals(new float[] {1, 1, 3, 2, 5, 3, 3}, read(backend.adaptiveAvgPool2dGradient(gy, x.shape())));
        Array small = image(1, 2, 10, 20);
        assertArrayEquals(new float[] {10, 15, 20}, read(backend.adaptiveAvgPool2d(small, 1, 3)), "more cells than pixels");
    }

    @Test
    void derivativesAtKinksAreZero() {
        Array x = backend.of(Shape.of(3), new float[] {-2, 0, 2});
        Array gy = backend.of(Shape.of(3), new float[] {5, 5, 5});
        Array y = backend.unary(UnaryOp.RELU, x);
        assertArrayEquals(new float[] {0, 0, 5}, read(backend.unaryGradient(UnaryOp.RELU, gy, null, y)));
        assertArrayEquals(new float[] {-5, 0, 5}, read(backend.unaryGradient(UnaryOp.ABS, gy, x, null)));
    }

    @Test
    void clampBringsWhatLiesOutsideToItsBoundsExactly() {
        Array x = backend.of(Shape.of(7), new float[] {1e9f, -1e9f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN,
            1e-20f, 0.1f});
        assertArrayEquals(new float[] {0.1f, -0.3f, 0.1f, -0.3f, Float.NaN, 1e-20f, 0.1f},
                read(backend.clamp(x, -0.3f, 0.1f)));
    }

    @Test
    void largeScoresDoNotOverflow() {
        Array scores = backend.of(Shape.of(2, 2), new float[] {1000, 0, -1000, -1000});
        Array target = backend.of(Shape.of(2), new float[] {0, 1});
        Backend.Loss loss = backend.crossEntropy(scores, target, null, 0, Reduction.SUM);
        assertEquals(Math.log(2), read(loss.value())[0], 1e-6);
        assertArrayEquals(new float[] {0, 0, 0.5f, -0.5f}, read(loss.gradient()), 1e-6f);
        float half = (float) Math.log(0.5);
        assertArrayEquals(new float[] {0, -1000, half, half}, read(backend.logSoftmax(scores)), 1e-6f);
    }

    /** Values by PyTorch: the mean over hard targets divides by the sum of class weights, the mean over soft ones by the rows. */
    @Test
    void classesWithoutWeightCountNothing() {
        Array scores = backend.of(Shape.of(2, 3), new double[] {0.5, -1, 2, 1, 0, -0.5});
        Array labels = backend.of(Shape.of(2), new double[] {0, 1});
        Array soft = backend.of(Shape.of(2, 3), new double[] {0.7, 0.3, 0, 0.2, 0.8, 0});
        Array first = backend.of(Shape.of(3), new double[] {0, 1.5, 2});
        assertLoss(backend.crossEntropy(scores, labels, first, 0, Reduction.MEAN), 1.46436878,
                0, 0, 0, 0.62853172, -0.76877610, 0.14024438);
        assertLoss(backend.crossEntropy(scores, labels, first, 0.1, Reduction.MEAN), 1.57281813,
                0.01363370, -0.03029124, 0.01665755, 0.61456435, -0.70724774, 0.09268339);
        Array both = backend.of(Shape.of(3), new double[] {0, 0, 2});
        Array all = backend.zeros(Shape.of(3));
        for (Array weights : List.of(both, all)) {
            for (double smoothing : new double[] {0, 0.1}) {
                assertLoss(backend.crossEntropy(scores, labels, weights, smoothing, Reduction.MEAN), NAN,
                        NAN, NAN, NAN, NAN, NAN, NAN);
            }
            assertLoss(backend.crossEntropy(scores, labels, weights, 0, Reduction.SUM), 0, 0, 0, 0, 0, 0, 0);
            assertLoss(backend.crossEntropy(scores, soft, weights, 0, Reduction.MEAN), 0, 0, 0, 0, 0, 0, 0);
        }
        assertLoss(backend.crossEntropy(scores, labels, both, 0.1, Reduction.SUM), 0.14704534,
                0.01168603, 0.00260750, -0.01429353, 0.04190211, 0.01541493, -0.05731704);
        assertLoss(backend.crossEntropy(scores, soft, both, 0.1, Reduction.MEAN), 0.07352267,
                0.00584301, 0.00130375, -0.00714677, 0.02095106, 0.00770746, -0.02865856);

        Array x = backend.of(Shape.of(2, 2), new double[] {0.5, -1, 1, 2});
        Array shown = backend.of(Shape.of(2, 2), new double[] {1, 0, 1, 1});
        assertLoss(backend.binaryCrossEntropy(x, shown, backend.zeros(Shape.of(2)), Reduction.MEAN), 0.07831542,
                0, 0.06723536, 0, 0);
        assertLoss(backend.binaryCrossEntropy(x, shown, backend.of(Shape.of(2), new double[] {0, 2}), Reduction.SUM), 0.56711771,
                0, 0.26894142, 0, -0.23840584);
    }

    private void assertLoss(Backend.Loss loss, double value, double... gradient) {
        assertEquals((float) value, read(loss.value())[0], 1e-6f);
        float[] expected = new float[gradient.length];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = (float) gradient[i];
        }
        assertArrayEquals(expected, read(loss.gradient()), 1e-6f);
    }

    /** Values by PyTorch: the softmax and the loss of rows with scores that are not finite. */
    @Test
    void scoresThatAreNotFiniteAreNotHidden() {
        double inf = Double.POSITIVE_INFINITY;
        for (double[] row : List.of(new double[] {NAN, 0, 1}, new double[] {inf, 0, 1}, new double[] {-inf, -inf, -inf})) {
            Array scores = backend.of(Shape.of(1, 3), row);
            assertArrayEquals(new float[] {Float.NaN, Float.NaN, Float.NaN}, read(backend.logSoftmax(scores)));
            for (double label : new double[] {0, 1, 2}) {
                Array target = backend.of(Shape.of(1), new double[] {label});
                assertEquals(Float.NaN, read(backend.crossEntropy(scores, target, null, 0, Reduction.MEAN).value())[0]);
            }
        }
        Array scores = backend.of(Shape.of(1, 3), new double[] {-inf, 0, 1});
        Array first = backend.zeros(Shape.of(1));
        assertArrayEquals(new float[] {Float.NEGATIVE_INFINITY, -1.31326163f, -0.31326166f}, read(backend.logSoftmax(scores)), 1e-6f);
        assertEquals(Float.POSITIVE_INFINITY, read(backend.crossEntropy(scores, first, null, 0, Reduction.MEAN).value())[0]);
    }

    @Test
    void dropoutKeepsItsShareAndItsMask() {
        Shape shape = Shape.of(2, 17, 20, 20);
        Array ones = backend.zeros(shape);
        backend.fill(ones, 1);
        float[] y = read(backend.dropout(ones, 0.25, 42));
        // java.util.SplittableRandom(z).nextLong() is splitmix64(z)
        int kept = 0;
        for (int i = 0; i < y.length; i++) {
            boolean keep = (new SplittableRandom(42L + i).nextLong() >>> 40) / (double) (1 << 24) >= 0.25;
            assertEquals(keep ? 1 / 0.75f : 0, y[i], 1e-6f, "element " + i);
            kept += keep ? 1 : 0;
        }
        assertEquals(0.75, kept / (double) y.length, 0.015);
        assertArrayEquals(read(ones), read(backend.dropout(ones, 0, 42)));
        assertArrayEquals(new float[y.length], read(backend.dropout(ones, 1, 42)));
    }

    @Test
    void momentumIsNotTouchedWhereThereIsNone() {
        Array p = backend.of(Shape.of(2), new float[] {1, 2});
        Array g = backend.of(Shape.of(2), new float[] {10, -10});
        backend.sgd(new SgdOps.Options(0.1, 0, 0, 0.5, false, false), List.of(p), List.of(g), List.of(), new boolean[0]);
        assertArrayEquals(new float[] {1 - 0.1f * 10.5f, 2 + 0.1f * 9}, read(p), 1e-6f);
        assertArrayEquals(new float[] {10, -10}, read(g));
    }

    // ---- rejected arguments ------------------------------------------------------------------------------------

    private final List<String> messages = new ArrayList<>();

    /** Every backend refuses the same call with the same message. */
    @Test
    void shapesThatDoNotFitAreNamed() {
        List<String> messages = refusals();
        backend.close();
        backend = new ReferenceBackend();
        assertEquals(refusals(), messages);
    }

    private List<String> refusals() {
        messages.clear();
        Array x = zeros(2, 3, 5, 5);
        Array w = zeros(8, 64, 3, 3);
        Array m = zeros(3, 4);
        Array c = zeros(3);
        Conv2dOptions conv = Conv2dOptions.DEFAULT;
        refuses(() -> backend.conv2d(x, w, conv), "64", "3", "[2, 3, 5, 5]");
        refuses(() -> backend.conv2d(x, zeros(8, 3, 3, 3), Epilogue.bias(c), conv), "[8]", "[3]");
        refuses(() -> backend.conv2d(x, zeros(8, 3, 7, 7), conv), "[2, 3, 5, 5]", "[8, 3, 7, 7]");
        refuses(() -> backend.conv2d(x, zeros(8, 1, 3, 3), Conv2dOptions.of(1, 1, 1, 3)), "8", "3 groups");
        refuses(() -> backend.conv2dInputGradient(x, zeros(3, 3, 3, 3), x.shape(), conv), "[2, 3, 3, 3]", "[2, 3, 5, 5]");
        refuses(() -> backend.conv2dWeightGradient(x, x, Shape.of(3, 3, 3, 3), conv), "[2, 3, 3, 3]", "[2, 3, 5, 5]");
        refuses(() -> backend.matmul(m, false, m, false), "[3, 4]", "4", "3");
        refuses(() -> backend.matmul(m, false, c, false), "[3, 4]", "[3]");
        refuses(() -> backend.binary(BinaryOp.ADD, m, c), "[3, 4]", "[3]");
        refuses(() -> backend.add(m, c), "[3, 4]", "[3]");
        refuses(() -> backend.assign(m, c), "[3, 4]", "[3]");
        refuses(() -> backend.unaryGradient(UnaryOp.RELU, m, null, c), "[3, 4]", "[3]");
        refuses(() -> backend.reshape(m, Shape.of(5)), "[3, 4]", "[5]");
        refuses(() -> backend.permute(m, 0, 0), "[0, 0]", "[3, 4]");
        refuses(() -> backend.permute(m, 0), "[0]", "[3, 4]");
        refuses(() -> backend.cat(List.of(m, zeros(4, 3)), 0), "[3, 4]", "[4, 3]");
        refuses(() -> backend.cat(List.of(), 0), "at least one");
        refuses(() -> backend.narrow(m, 1, 2, 3), "[3, 4]", "2", "3");
        refuses(() -> backend.expand(m, Shape.of(3, 5)), "[3, 4]", "[3, 5]");
        refuses(() -> backend.sum(m, false, 2), "[3, 4]", "2");
        refuses(() -> backend.sum(m, false, 1, -1), "[3, 4]", "twice");
        refuses(() -> backend.argmax(c), "[3]");
        refuses(() -> backend.maxPool2d(m, Pool2dOptions.of(2, 2, 0), true), "[3, 4]");
        refuses(() -> backend.avgPool2d(x, Pool2dOptions.of(6, 1, 0)), "[2, 3, 5, 5]", "6×6");
        refuses(() -> backend.adaptiveAvgPool2d(x, 0, 1), "0×1", "[2, 3, 5, 5]");
        refuses(() -> backend.adaptiveAvgPool2dGradient(x, Shape.of(2, 4, 9, 9)), "[2, 3, 5, 5]", "[2, 4, 9, 9]");
        refuses(() -> backend.maxPool2dGradient(x, m, x.shape()), "[2, 3, 5, 5]", "[3, 4]");
        refuses(() -> backend.logSoftmax(c), "[3]");
        refuses(() -> backend.of(Shape.of(2, 3), new float[5]), "[2, 3]", "5");
        refuses(() -> backend.read(m, new float[5]), "[3, 4]", "5");
        refuses(() -> backend.write(m, new float[5]), "[3, 4]", "5");
        SgdOps.Options sgd = new SgdOps.Options(0.1, 0.9, 0, 0, false, false);
        refuses(() -> backend.sgd(sgd, List.of(m), List.of(c), List.of(m), new boolean[1]), "[3, 4]", "[3]");
        refuses(() -> backend.sgd(sgd, List.of(m), List.of(m), List.of(), new boolean[0]), "1", "0");
        refuses(() -> backend.dropout(m, 1.5, 0), "1.5");
        refuses(() -> backend.lerp(m, c, 0.5), "[3, 4]", "[3]");
        refuses(() -> backend.binaryCrossEntropy(m, m, c, Reduction.MEAN), "[3, 4]", "[3]");
        refuses(() -> backend.crossEntropy(m, zeros(2), null, 0, Reduction.MEAN), "[3, 4]", "[2]");
        refuses(() -> backend.logSoftmaxGradient(c, m), "[3]", "[3, 4]");
        refuses(() -> backend.batchNormAffine(c, c, c, zeros(4), 1e-5), "[3]", "[4]");
        refuses(() -> backend.batchNormTrainGradient(m, x, null, c, c, c, true, false), "[3, 4]", "[2, 3, 5, 5]");
        refuses(() -> backend.conv2d(x, zeros(8, 3, 3, 3), new Epilogue(null, null, x, false), conv), "[2, 8, 3, 3]");
        Array pixel = zeros(1, 1, 1, 1);
        Array wide = zeros(0, 2_000_000_000);
        String limit = "2^31 - 9 elements";
        refuses(() -> Shape.of(1 << 16, 1 << 16), "[65536, 65536]", limit);
        refuses(() -> Shape.of(1 << 30, 1 << 30, 1 << 30), limit);
        refuses(() -> backend.matmul(zeros(1 << 16, 0), false, zeros(0, 1 << 16), false), "[65536, 65536]", limit);
        refuses(() -> backend.binary(BinaryOp.ADD, zeros(1 << 16, 1), zeros(1 << 16)), "[65536, 65536]", limit);
        refuses(() -> backend.cat(List.of(wide, wide), 1), "[0, 2000000000]", "4000000000", limit);
        refuses(() -> backend.conv2d(pixel, pixel, Conv2dOptions.of(1, 1 << 15)), "[1, 1, 65537, 65537]", limit);
        refuses(() -> backend.conv2d(pixel, pixel, Conv2dOptions.of(1, 1 << 30)), "[1, 1, 1, 1]", "2147483649", limit);
        refuses(() -> backend.adaptiveAvgPool2d(pixel, 1 << 16, 1 << 16), "[1, 1, 65536, 65536]", limit);
        return List.copyOf(messages);
    }

    @Test
    void batchNormNeedsMoreThanOneValuePerChannelToTrain() {
        Array c = zeros(3);
        for (Array x : List.of(zeros(1, 3, 1, 1), zeros(1, 3))) {
            refuses(() -> backend.batchNormTrain(x, c, c, null, null, 0.1, 1e-5, null, false), "more than 1 value per channel",
                    x.shape().toString());
        }
        refuses(() -> backend.batchNormTrain(zeros(2, 4), c, c, null, null, 0.1, 1e-5, null, false), "[2, 4]", "[3]");
        refuses(() -> backend.batchNormEval(zeros(2, 3, 5), c, c, c, c, 1e-5), "[2, 3, 5]");
    }

    @Test
    void classNumbersMustBeInRange() {
        Array scores = zeros(2, 3);
        for (float wrong : new float[] {3, -1, 0.5f, Float.NaN}) {
            Array target = backend.of(Shape.of(2), new float[] {0, wrong});
            refuses(() -> backend.crossEntropy(scores, target, null, 0, Reduction.MEAN), "" + wrong, "sample 1", "3 classes");
        }
        refuses(() -> backend.crossEntropy(scores, zeros(3), null, 0, Reduction.MEAN), "[2, 3]", "[3]");
        refuses(() -> backend.crossEntropy(scores, zeros(2), zeros(2), 0, Reduction.MEAN), "[2, 3]", "[2]");
        refuses(() -> backend.crossEntropy(scores, zeros(2), null, 1.5, Reduction.MEAN), "1.5");
    }

    @Test
    void refusalsLeakNoMemory() {
        long before = backend.memory().inUse();
        Array scores = zeros(2, 3);
        Array target = backend.of(Shape.of(2), new float[] {0, 9});
        assertThrows(IllegalArgumentException.class, () -> backend.crossEntropy(scores, target, null, 0, Reduction.MEAN));
        assertThrows(IllegalArgumentException.class, () -> backend.matmul(scores, false, scores, false));
        scores.release();
        target.release();
        assertEquals(before, backend.memory().inUse());
    }

    private void refuses(Executable call, String... named) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        messages.add(message);
        for (String part : named) {
            assertTrue(message.contains(part), "\"" + message + "\" does not name " + part);
        }
    }

    private Array zeros(int... dims) {
        return backend.zeros(Shape.of(dims));
    }

    private Array image(int h, int w, double... values) {
        return backend.of(Shape.of(1, 1, h, w), values);
    }
}
