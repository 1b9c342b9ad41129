package thaw.engine;

import static thaw.engine.GradientCheck.check;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import thaw.Extent;
import thaw.engine.functional.Activation;
import thaw.engine.functional.Functional;
import thaw.engine.functional.Normalization;
import thaw.kernels.BinaryOp;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/** Compares every function's backward rule with finite differences, in double precision and over random shapes. */
class RandomShapesGradientTest {

    private static final int SEEDS = Extent.times(5, 50);

    @TestFactory
    Stream<DynamicTest> gradients() {
        return Stream.of(
                on("unary", RandomShapesGradientTest::unary),
                on("binary", RandomShapesGradientTest::binary),
                on("sum and mean", RandomShapesGradientTest::reductions),
                on("rearranging", RandomShapesGradientTest::rearranging),
                on("matmul and linear", RandomShapesGradientTest::products),
                on("conv2d", RandomShapesGradientTest::conv2d),
                on("batch norm", RandomShapesGradientTest::batchNorm),
                on("pooling", RandomShapesGradientTest::pooling),
                on("cross-entropy", RandomShapesGradientTest::crossEntropy),
                on("binary cross-entropy", RandomShapesGradientTest::binaryCrossEntropy));
    }

    private static DynamicTest on(String name, BiConsumer<Device, Random> checks) {
        return DynamicTest.dynamicTest(name, () -> {
            for (int seed = 1; seed <= SEEDS; seed++) {
                try (Device device = Device.reference()) {
                    checks.accept(device, new Random(seed));
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError(name + " with seed " + seed + ": " + e.getMessage(), e);
                }
            }
        });
    }

    private static int upTo(Random random, int largest) {
        return 1 + random.nextInt(largest);
    }

    /** A shape of some rank, with extents of 1 to 4. */
    private static int[] shape(Random random, int rank) {
        return IntStream.range(0, rank).map(i -> upTo(random, 4)).toArray();
    }

    private static Tensor input(Device device, Random random, int... dims) {
        return GradientCheck.input(device, random.nextLong(), dims);
    }

    private static Tensor positive(Device device, Random random, int... dims) {
        return GradientCheck.positive(device, random.nextLong(), dims);
    }

    private static void unary(Device device, Random random) {
        int[] shape = shape(random, random.nextInt(4));
        for (UnaryOp op : UnaryOp.values()) {
            Tensor x = op == UnaryOp.LOG || op == UnaryOp.SQRT ? positive(device, random, shape) : input(device, random, shape);
            check(() -> Elementwise.unary(op, x), x);
        }
        Tensor x = input(device, random, shape);
        double number = 0.5 + random.nextDouble();
        long seed = random.nextLong();
        check(() -> x.mul(number).add(number).sub(2 * number).div(number).neg(), x);
        check(() -> Functional.dropout(x, number / 2, seed), x);
    }

    private static void binary(Device device, Random random) {
        int[] full = shape(random, random.nextInt(4));
        Tensor a = input(device, random, Arrays.stream(full).map(d -> random.nextInt(3) == 0 ? 1 : d).toArray());
        Tensor b = input(device, random, Arrays.copyOfRange(full, random.nextInt(full.length + 1), full.length));
        for (BinaryOp op : BinaryOp.values()) {
            check(() -> Elementwise.binary(op, a, b), a, b);
            check(() -> Elementwise.binary(op, b, a), a, b);
        }
    }

    private static void reductions(Device device, Random random) {
        int rank = upTo(random, 4);
        Tensor x = input(device, random, shape(random, rank));
        int[] dims = IntStream.range(0, rank).filter(d -> random.nextBoolean()).toArray();
        check(() -> x.sum(true, dims), x);
        check(() -> x.sum(dims), x);
        check(() -> x.mean(true, dims), x);
        check(() -> x.mean(dims), x);
    }

    private static void rearranging(Device device, Random random) {
        int[] shape = shape(random, 4);
        Tensor x = input(device, random, shape);
        int dim = random.nextInt(4);
        int start = random.nextInt(shape[dim]);
        int length = upTo(random, shape[dim] - start);
        Tensor more = input(device, random, x.shape().with(dim, upTo(random, 3)).toArray());
        int turn = random.nextInt(4);
        int[] order = IntStream.range(0, 4).map(i -> (i + turn) % 4).toArray();
        check(() -> x.reshape(shape[3], -1, shape[0]), x);
        check(() -> x.flatten(dim), x);
        check(() -> x.permute(order), x);
        check(() -> x.narrow(dim, start, length), x);
        check(() -> Functional.cat(List.of(more, x, more), dim), x, more);
    }

    private static void products(Device device, Random random) {
        int[] d = shape(random, 3);
        Tensor a = input(device, random, d[0], d[1]);
        Tensor b = input(device, random, d[1], d[2]);
        Tensor weight = input(device, random, d[2], d[1]);
        Tensor bias = input(device, random, d[2]);
        check(() -> a.matmul(b), a, b);
        check(() -> Functional.linear(a, weight, bias), a, weight, bias);
        check(() -> Functional.linear(a, weight), a, weight);
    }

    private static void conv2d(Device device, Random random) {
        int groups = upTo(random, 3);
        Conv2dOptions options = new Conv2dOptions(upTo(random, 3), upTo(random, 3), random.nextInt(3), random.nextInt(3),
                upTo(random, 2), upTo(random, 2), groups);
        Tensor weight = input(device, random, groups * upTo(random, 2), upTo(random, 2), upTo(random, 3), upTo(random, 3));
        Shape w = weight.shape();
        Tensor x = input(device, random, upTo(random, 2), groups * w.dim(1), options.dilationH() * (w.dim(2) - 1) + upTo(random, 3),
                options.dilationW() * (w.dim(3) - 1) + upTo(random, 3));
        Tensor bias = input(device, random, w.dim(0));
        check(() -> Functional.conv2d(x, weight, bias, options), x, weight, bias);
    }

    /** At least eight values per channel: with few, the loss bends too much for a difference. */
    private static void batchNorm(Device device, Random random) {
        int c = upTo(random, 3);
        int[] shape = random.nextBoolean() ? new int[] {7 + upTo(random, 3), c} : new int[] {2, c, 2, 1 + upTo(random, 2)};
        Tensor x = input(device, random, shape);
        Tensor residual = input(device, random, shape);
        Tensor weight = input(device, random, c);
        Tensor bias = input(device, random, c);
        Normalization norm = new Normalization(weight, bias, input(device, random, c).requiresGrad(false),
                positive(device, random, c).requiresGrad(false), 0.1, 1e-2);
        for (Activation activation : Activation.values()) {
            check(() -> Functional.batchNormTrain(x, norm.withoutStatistics(), residual, activation), x, weight, bias, residual);
            check(() -> Functional.batchNormEval(x, norm, residual, activation), x, weight, bias, residual);
        }
        check(() -> Functional.batchNormTrain(x, norm.withoutStatistics()), x, weight, bias);
        check(() -> Functional.batchNormEval(x, norm), x, weight, bias);
    }

    private static void pooling(Device device, Random random) {
        int kh = upTo(random, 3);
        int kw = upTo(random, 3);
        Pool2dOptions options = new Pool2dOptions(kh, kw, upTo(random, 2), upTo(random, 2), random.nextInt(kh / 2 + 1),
                random.nextInt(kw / 2 + 1), random.nextBoolean());
        Tensor x = input(device, random, upTo(random, 2), upTo(random, 2), kh - 1 + upTo(random, 4), kw - 1 + upTo(random, 4));
        int outH = upTo(random, 4);
        int outW = upTo(random, 4);
        check(() -> Functional.maxPool2d(x, options), x);
        check(() -> Functional.avgPool2d(x, options), x);
        check(() -> Functional.adaptiveAvgPool2d(x, outH, outW), x);
        check(() -> Functional.adaptiveMaxPool2d(x, outH, outW), x);
    }

    private static void crossEntropy(Device device, Random random) {
        int n = upTo(random, 4);
        int c = upTo(random, 5);
        Tensor x = input(device, random, n, c);
        Tensor labels = device.labels(random.ints(n, 0, c).toArray());
        Tensor soft = positive(device, random, n, c).requiresGrad(false);
        Tensor weight = random.nextBoolean() ? positive(device, random, c).requiresGrad(false) : null;
        double smoothing = random.nextDouble();
        check(x::logSoftmax, x);
        for (Reduction reduction : Reduction.values()) {
            check(() -> Functional.crossEntropy(x, labels, weight, smoothing, reduction), x);
            check(() -> Functional.crossEntropy(x, soft, weight, smoothing, reduction), x);
        }
    }

    private static void binaryCrossEntropy(Device device, Random random) {
        int[] shape = shape(random, upTo(random, 3));
        Tensor x = input(device, random, shape);
        Tensor target = positive(device, random, shape).requiresGrad(false);
        Tensor weight = random.nextBoolean() ? positive(device, random, shape[shape.length - 1]).requiresGrad(false) : null;
        for (Reduction reduction : Reduction.values()) {
            check(() -> Functional.binaryCrossEntropy(x, target, weight, reduction), x);
        }
    }
}
