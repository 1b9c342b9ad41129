package thaw.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.GradientCheck.check;
import static thaw.engine.GradientCheck.input;
import static thaw.engine.GradientCheck.positive;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.functional.Activation;
import thaw.engine.functional.Functional;
import thaw.engine.functional.Normalization;
import thaw.engine.functional.StatisticsExchange;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/** Compares every function's backward rule with finite differences. */
class FunctionsGradientTest {

    private final Device device = Device.reference();

    @AfterEach
    void close() {
        device.close();
    }

    @ParameterizedTest
    @EnumSource(UnaryOp.class)
    void unary(UnaryOp op) {
        Tensor x = op == UnaryOp.LOG || op == UnaryOp.SQRT ? positive(device, 1, 3, 4) : input(device, 1, 3, 4);
        check(() -> Elementwise.unary(op, x), x);
    }

    @ParameterizedTest
    @EnumSource(BinaryOp.class)
    void binaryBroadcasts(BinaryOp op) {
        int[][][] shapes = {{{2, 3, 4}, {2, 3, 4}}, {{2, 3, 4}, {3, 1}}, {{1, 4}, {2, 3, 1}}, {{}, {2, 2}}, {{3, 2}, {}}};
        for (int[][] s : shapes) {
            Tensor a = input(device, 1, s[0]);
            Tensor b = input(device, 2, s[1]);
            check(() -> Elementwise.binary(op, a, b), a, b);
            a.requiresGrad(false);
            check(() -> Elementwise.binary(op, a, b), b);
            a.requiresGrad(true);
            b.requiresGrad(false);
            check(() -> Elementwise.binary(op, a, b), a);
        }
    }

    @ParameterizedTest
    @EnumSource(BinaryOp.class)
    void binaryOfATensorWithItself(BinaryOp op) {
        Tensor a = input(device, 1, 2, 3);
        check(() -> Elementwise.binary(op, a, a), a);
    }

    @Test
    void affine() {
        Tensor x = input(device, 1, 2, 3);
        check(() -> x.mul(-2.5).add(1).sub(0.25).div(3), x);
    }

    @Test
    void sumsAndMeans() {
        Tensor x = input(device, 1, 2, 3, 4);
        check(x::sum, x);
        check(() -> x.sum(1), x);
        check(() -> x.sum(true, 0, 2), x);
        check(() -> x.mean(-1), x);
        check(() -> x.mean(true), x);
        assertEquals(Shape.of(1, 3, 1), x.mean(true, 0, 2).shape());
    }

    @Test
    void rearranging() {
        Tensor x = input(device, 1, 2, 3, 4, 2);
        Tensor y = input(device, 2, 2, 1, 4, 2);
        check(() -> x.reshape(4, -1), x);
        check(() -> x.flatten(1), x);
        check(() -> x.permute(2, 0, 3, 1), x);
        check(() -> x.permute(-1, 0, 1, 2), x);
        check(() -> x.narrow(2, 1, 2), x);
        check(() -> x.narrow(-3, 0, 3), x);
        check(() -> Functional.cat(List.of(x, y, x), 1), x, y);
        check(() -> Functional.cat(List.of(x, y), -3), x, y);
    }

    @Test
    void products() {
        Tensor a = input(device, 1, 3, 4);
        Tensor b = input(device, 2, 4, 2);
        Tensor w = input(device, 3, 5, 4);
        Tensor bias = input(device, 4, 5);
        check(() -> a.matmul(b), a, b);
        check(() -> Functional.linear(a, w, bias), a, w, bias);
        check(() -> Functional.linear(a, w), a, w);
    }

    @ParameterizedTest
    @CsvSource({"1,0,1,1", "2,1,1,1", "1,2,2,1", "3,1,1,2", "2,0,2,4"})
    void conv2d(int stride, int padding, int dilation, int groups) {
        Conv2dOptions options = Conv2dOptions.of(stride, padding, dilation, groups);
        Tensor x = input(device, 1, 2, 4, 7, 6);
        Tensor w = input(device, 2, 4, 4 / groups, 3, 2);
        Tensor b = input(device, 3, 4);
        check(() -> Functional.conv2d(x, w, b, options), x, w, b);
        x.requiresGrad(false);
        check(() -> Functional.conv2d(x, w, b, options), w, b);
        x.requiresGrad(true);
        w.requiresGrad(false);
        check(() -> Functional.conv2d(x, w, options), x);
    }

    /** The gradient of a convolution's input is added in place to one that came from elsewhere, unless others hold it, too. */
    @Test
    void convolutionsOfOneInput() {
        Tensor x = input(device, 1, 2, 3, 4, 4);
        Tensor w = input(device, 2, 3, 3, 1, 1);
        Tensor v = input(device, 3, 3, 3, 1, 1);
        check(() -> {
            Tensor y = x.mul(2);
            return Functional.conv2d(y, w, Conv2dOptions.DEFAULT).mul(Functional.conv2d(y, v, Conv2dOptions.DEFAULT));
        }, x, w, v);
        check(() -> {
            Tensor y = x.mul(2);
            return y.add(Functional.conv2d(y, w, Conv2dOptions.DEFAULT));
        }, x, w);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void batchNorm(boolean training) {
        for (int[] s : new int[][] {{4, 3}, {2, 3, 2, 3}}) {
            Tensor x = input(device, 1, s);
            Tensor weight = input(device, 2, 3);
            Tensor bias = input(device, 3, 3);
            Tensor mean = input(device, 4, 3).requiresGrad(false);
            Tensor var = positive(device, 5, 3).requiresGrad(false);
            Normalization norm = new Normalization(weight, bias, mean, var, 0.1, 1e-3);
            Supplier<Tensor> f = () -> training ? Functional.batchNormTrain(x, norm.withoutStatistics())
                    : Functional.batchNormEval(x, norm);
            check(f, x, weight, bias);
            x.requiresGrad(false);
            check(f, weight, bias);
            weight.requiresGrad(false);
            check(f, bias);
            weight.requiresGrad(true);
            bias.requiresGrad(false);
            check(f, weight);
            x.requiresGrad(true);
            weight.requiresGrad(false);
            check(f, x);
        }
    }

    @ParameterizedTest
    @CsvSource({"true, true, true", "true, true, false", "true, false, true", "false, true, true", "false, true, false",
        "false, false, true"})
    void batchNormWithResidualAndRelu(boolean training, boolean residual, boolean relu) {
        for (int[] s : new int[][] {{5, 3}, {2, 3, 2, 3}}) {
            Tensor x = input(device, 1, s);
            Tensor weight = input(device, 2, 3);
            Tensor bias = input(device, 3, 3);
            Tensor added = residual ? input(device, 6, s) : null;
            Tensor mean = input(device, 4, 3).requiresGrad(false);
            Tensor var = positive(device, 5, 3).requiresGrad(false);
            Normalization norm = new Normalization(weight, bias, mean, var, 0.1, 1e-3);
            Activation activation = relu ? Activation.RELU : Activation.IDENTITY;
            Supplier<Tensor> f = () -> training ? Functional.batchNormTrain(x, norm.withoutStatistics(), added, activation)
                    : Functional.batchNormEval(x, norm, added, activation);
            check(f, x, weight, bias);
            if (residual) {
                check(f, added, x);
                List.of(x, weight, bias).forEach(t -> t.requiresGrad(false));
                check(f, added);
            }
        }
    }

    /** The norm of one process, whose sums are those over all. */
    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void syncBatchNorm(boolean residual, boolean relu) {
        StatisticsExchange alone = new Exchange(true, values -> {});
        for (int[] s : new int[][] {{5, 3}, {2, 3, 2, 3}}) {
            Tensor x = input(device, 1, s);
            Tensor weight = input(device, 2, 3);
            Tensor bias = input(device, 3, 3);
            Tensor added = residual ? input(device, 6, s) : null;
            Normalization norm = new Normalization(weight, bias, null, null, 0.1, 1e-3);
            Activation activation = relu ? Activation.RELU : Activation.IDENTITY;
            Supplier<Tensor> f = () -> Functional.syncBatchNorm(x, norm, alone, added, activation);
            assertArrayEquals(Functional.batchNormTrain(x, norm, added, activation).toDoubles(), f.get().toDoubles(), 1e-12);
            check(f, x, weight, bias);
            x.requiresGrad(false);
            check(f, weight, bias);
            x.requiresGrad(true);
            List.of(weight, bias).forEach(t -> t.requiresGrad(false));
            check(f, x);
            if (residual) {
                x.requiresGrad(false);
                check(f, added);
            }
        }
    }

    private record Exchange(boolean hasImages, Consumer<double[]> summing) implements StatisticsExchange {
        @Override
        public void sum(double[] values) {
            summing.accept(values);
        }
    }

    /**
     * Two processes with the same images, which exchange sums in float precision, normalise as one does; a third without images
     * adds nothing and normalises by their statistics.
     */
    @Test
    void syncBatchNormOfSeveralProcesses() {
        Tensor x = device.tensor(Shape.of(4, 3), new Random(1).doubles(12, 999, 1001).toArray()).requiresGrad(true);
        Tensor weight = input(device, 2, 3);
        Tensor bias = input(device, 3, 3);
        Tensor r = input(device, 4, 4, 3).requiresGrad(false);
        Tensor mean = device.full(Shape.of(3), 800);
        Tensor var = device.ones(Shape.of(3));
        Normalization norm = new Normalization(weight, bias, mean, var, 0.25, 1e-3);
        Tensor one = Functional.batchNormTrain(x, norm.withoutStatistics());
        one.backward(r);
        double[] gradient = x.grad().toDoubles();
        x.zeroGrad();

        Deque<double[]> sums = new ArrayDeque<>();
        Tensor y = Functional.syncBatchNorm(x, norm, new Exchange(true, values -> {
            Arrays.setAll(values, i -> (float) (2 * values[i]));
            sums.add(values.clone());
        }), null, Activation.IDENTITY);
        y.backward(r);
        assertArrayEquals(one.toDoubles(), y.toDoubles(), 1e-6);
        assertArrayEquals(gradient, x.grad().toDoubles(), 1e-6);
        double[] pixels = x.toDoubles();
        for (int c = 0; c < 3; c++) {
            double[] channel = {pixels[c], pixels[3 + c], pixels[6 + c], pixels[9 + c]};
            double of = Arrays.stream(channel).average().orElseThrow();
            double squares = Arrays.stream(channel).map(v -> (v - of) * (v - of)).sum();
            assertEquals(0.75 * 800 + 0.25 * of, mean.toDoubles()[c], 1e-6);
            assertEquals(0.75 + 0.25 * 2 * squares / 7, var.toDoubles()[c], 1e-6, "the unbiased variance of 8 values");
        }

        Tensor standIn = device.ones(Shape.of(4, 3)).requiresGrad(true);
        Tensor z = Functional.syncBatchNorm(standIn, norm.withoutStatistics(), new Exchange(false, values -> {
            assertArrayEquals(new double[values.length], values);
            double[] total = sums.remove();
            System.arraycopy(total, 0, values, 0, total.length);
        }), null, Activation.IDENTITY);
        Tensor slope = y.sub(z).div(x.detach().sub(1));     // both are linear in x
        z.backward(device.ones(Shape.of(4, 3)));
        assertArrayEquals(slope.toDoubles(), standIn.grad().toDoubles(), 1e-6);
        assertTrue(sums.isEmpty());
    }

    @Test
    void syncBatchNormOfOneValueIsRefused() {
        Tensor c = device.ones(Shape.of(3));
        Normalization norm = new Normalization(c, device.zeros(Shape.of(3)), null, null, 0.1, 1e-5);
        Exchange alone = new Exchange(true, values -> {});
        Tensor two = device.tensor(Shape.of(2, 3), 1.0, 2.0, 3.0, 3.0, 4.0, 5.0);
        assertEquals(-1, Functional.syncBatchNorm(two, norm, alone, null, Activation.IDENTITY).toDoubles()[0], 1e-4);
        assertThrows(IllegalArgumentException.class,
                () -> Functional.syncBatchNorm(two.narrow(0, 0, 1), norm, alone, null, Activation.IDENTITY));
    }

    @Test
    void pooling() {
        Tensor x = input(device, 1, 2, 3, 7, 5);
        check(() -> Functional.maxPool2d(x, Pool2dOptions.of(3, 2, 1)), x);
        check(() -> Functional.avgPool2d(x, Pool2dOptions.of(3, 2, 1)), x);
        check(() -> Functional.avgPool2d(x, new Pool2dOptions(3, 2, 1, 2, 1, 1, false)), x);
        check(() -> Functional.adaptiveAvgPool2d(x, 3, 2), x);
        check(() -> Functional.adaptiveMaxPool2d(x, 3, 2), x);
        check(() -> Functional.adaptiveMaxPool2d(x, 1, 1), x);
    }

    @Test
    void losses() {
        Tensor x = input(device, 1, 4, 5);
        Tensor labels = device.labels(0, 4, 2, 2);
        Tensor weight = positive(device, 2, 5).requiresGrad(false);
        Tensor soft = device.tensor(Shape.of(4, 5), new Random(3).doubles(20, 0, 0.4).toArray());
        check(x::logSoftmax, x);
        check(() -> Functional.crossEntropy(x, labels), x);
        check(() -> Functional.crossEntropy(x, labels, weight, 0.1, Reduction.MEAN), x);
        check(() -> Functional.crossEntropy(x, labels, weight, 0, Reduction.SUM), x);
        check(() -> Functional.crossEntropy(x, soft, weight, 0.2, Reduction.MEAN), x);
        check(() -> Functional.crossEntropy(x, soft).mul(3), x);
    }

    @Test
    void binaryCrossEntropy() {
        Tensor x = input(device, 1, 4, 5);
        Tensor target = device.tensor(Shape.of(4, 5), new Random(3).doubles(20).toArray());
        Tensor weight = positive(device, 2, 5).requiresGrad(false);
        check(() -> Functional.binaryCrossEntropy(x, target), x);
        check(() -> Functional.binaryCrossEntropy(x, target).mul(3), x);
        check(() -> Functional.binaryCrossEntropy(x, target, weight, Reduction.MEAN), x);
        check(() -> Functional.binaryCrossEntropy(x, target, weight, Reduction.SUM), x);
        assertThrows(IllegalArgumentException.class, () -> Functional.binaryCrossEntropy(x, x));
    }

    /** Values by PyTorch's binary_cross_entropy_with_logits in float64. */
    @Test
    void binaryCrossEntropyIsPyTorchs() {
        Tensor x = device.tensor(Shape.of(2, 3), 1.5, -2, 0.25, 30, -40, 0).requiresGrad(true);
        Tensor target = device.tensor(Shape.of(2, 3), 1, 0, 0.3, 0, 1, 1.0);
        Tensor weight = device.tensor(Shape.of(3), 2, 0.5, 3.0);
        Tensor mean = Functional.binaryCrossEntropy(x, target);
        mean.backward();
        assertEquals(11.962071314910768, mean.toDoubles()[0], 1e-12);
        assertArrayEquals(new double[] {-0.030404254, 0.0198671537, 0.0436960835, 0.1666666667, -0.1666666667, -0.0833333333},
                x.grad().toDoubles(), 1e-10);
        x.zeroGrad();
        Tensor sum = Functional.binaryCrossEntropy(x, target, weight, Reduction.SUM);
        sum.backward();
        assertEquals(53.705699180494555, sum.toDoubles()[0], 1e-12);
        assertArrayEquals(new double[] {-0.3648510476, 0.119202922, -0.0005175986, 1, -0.5, -1.5}, x.grad().toDoubles(), 1e-10);
    }

    @Test
    void dropout() {
        Tensor x = input(device, 1, 4, 50);
        check(() -> Functional.dropout(x, 0.4, 7), x);
    }
}
