package thaw.kernels;

import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the operators of a network's layers with the reference: convolutions, products, normalisation, pooling. */
abstract class LayerAgreement extends Agreement {

    // ---- convolution ---------------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("thaw.kernels.ConvolutionCase#all")
    void conv2d(ConvolutionCase v) {
        agree(v.seed(), convolutionTolerance(), b -> {
            Array x = b.normal(v.n(), v.c(), v.h(), v.w());
            Array w = b.normal(v.weight());
            return List.of(b.backend().conv2d(x, w, Epilogue.bias(v.bias() ? b.normal(v.k()) : null), v.options()));
        });
    }

    /** The reference computes the convolution once for all epilogues, which it applies by operators of their own, but for the last. */
    @ParameterizedTest
    @MethodSource("thaw.kernels.ConvolutionCase#light")
    void conv2dEpilogues(ConvolutionCase v) {
        agree(v.seed(), convolutionTolerance(), b -> {
            Array x = b.normal(v.n(), v.c(), v.h(), v.w());
            Array w = b.normal(v.weight());
            Array scale = b.uniform(0.5, 2, v.k());
            Array shift = b.normal(v.k());
            Array residual = b.normal(v.options().outputShape(x.shape(), w.shape()));
            List<Array> results = new ArrayList<>();
            for (int use = 0; use < 16; use++) {
                Epilogue epilogue = new Epilogue((use & 1) == 0 ? null : scale, (use & 2) == 0 ? null : shift,
                        (use & 4) == 0 ? null : residual, (use & 8) != 0);
                boolean fused = b.backend() == backend || use == 0 || use == 15;
                results.add(fused ? b.backend().conv2d(x, w, epilogue, v.options()) : apply(epilogue, results.get(0), b.backend()));
            }
            return results;
        });
    }

    private static Array apply(Epilogue epilogue, Array convolved, Backend backend) {
        Array y = backend.copy(convolved);
        Shape channels = Shape.of(1, y.shape().dim(1), 1, 1);
        if (epilogue.scale() != null) {
            y = backend.binary(BinaryOp.MUL, y, backend.reshape(epilogue.scale(), channels));
        }
        if (epilogue.shift() != null) {
            y = backend.binary(BinaryOp.ADD, y, backend.reshape(epilogue.shift(), channels));
        }
        if (epilogue.residual() != null) {
            y = backend.binary(BinaryOp.ADD, y, epilogue.residual());
        }
        return epilogue.relu() ? backend.unary(UnaryOp.RELU, y) : y;
    }

    @ParameterizedTest
    @MethodSource("thaw.kernels.ConvolutionCase#all")
    void conv2dGradients(ConvolutionCase v) {
        agree(v.seed(), convolutionTolerance(), b -> {
            Array x = b.normal(v.n(), v.c(), v.h(), v.w());
            Array w = b.normal(v.weight());
            Array gy = b.normal(v.options().outputShape(x.shape(), w.shape()));
            Array sum = b.mutable(b.normal(x.shape()));
            b.backend().addConv2dInputGradient(sum, gy, w, v.options());
            return List.of(b.backend().conv2dInputGradient(gy, w, x.shape(), v.options()),
                    b.backend().conv2dWeightGradient(gy, x, w.shape(), v.options()), sum);
        });
    }

    /** A backend that caches a rearranged weight must notice when the weight changes, and when its memory is reused. */
    @Test
    void conv2dSeesThatItsWeightHasChanged() {
        Conv2dOptions options = Conv2dOptions.of(1, 1);
        agree(7, convolutionTolerance(), b -> {
            Backend backend = b.backend();
            Array x = b.normal(2, 16, 8, 8);
            Array other = b.normal(16, 16, 3, 3);
            List<Array> results = new ArrayList<>();
            Array w = b.mutable(b.normal(16, 16, 3, 3));
            results.add(backend.conv2d(x, w, options));
            backend.add(w, other);
            results.add(backend.conv2d(x, w, options));
            results.add(backend.conv2dInputGradient(x, w, x.shape(), options));
            backend.sgd(new SgdOps.Options(0.5, 0, 0, 0, false, false), List.of(w), List.of(other), List.of(), new boolean[0]);
            results.add(backend.conv2d(x, w, options));
            results.add(backend.conv2dInputGradient(x, w, x.shape(), options));
            w.release();
            Array next = b.mutable(other);
            results.add(backend.conv2d(x, next, options));
            next.release();
            return results;
        });
    }

    /** A backend that keeps rearranged images for the gradient of the weight must notice when they change. */
    @Test
    void conv2dWeightGradientSeesThatTheImagesHaveChanged() {
        Conv2dOptions options = Conv2dOptions.of(1, 1);
        agree(8, convolutionTolerance(), b -> {
            Backend backend = b.backend();
            Array x = b.mutable(b.normal(8, 16, 8, 8));
            Array other = b.normal(8, 16, 8, 8);
            Array w = b.normal(16, 16, 3, 3);
            Array y = backend.conv2d(x, w, options);
            List<Array> results = new ArrayList<>(List.of(x, y));
            results.add(backend.conv2dWeightGradient(y, x, w.shape(), options));
            results.add(backend.conv2dWeightGradient(y, x, w.shape(), options));
            backend.conv2d(x, w, options).release();
            backend.add(x, other);
            results.add(backend.conv2dWeightGradient(y, x, w.shape(), options));
            return results;
        });
    }

    // ---- linear algebra --------------------------------------------------------------------------------------------

    @Test
    void matmul() {
        SplittableRandom random = new SplittableRandom(2);
        List<int[]> sizes = new ArrayList<>(List.of(new int[] {1, 1, 1}, new int[] {1, 512, 1000}, new int[] {64, 64, 64},
                new int[] {17, 1, 33}, new int[] {130, 70, 1}));
        IntStream.range(0, SHAPES).forEach(i -> sizes.add(random.ints(3, 1, 90).toArray()));
        for (int[] s : sizes) {
            for (int transposes = 0; transposes < 4; transposes++) {
                boolean ta = (transposes & 1) != 0;
                boolean tb = (transposes & 2) != 0;
                agree(s[0], tolerance(), b -> List.of(b.backend().matmul(ta ? b.normal(s[1], s[0]) : b.normal(s[0], s[1]), ta,
                        tb ? b.normal(s[2], s[1]) : b.normal(s[1], s[2]), tb)));
            }
        }
    }

    // ---- batch normalisation -----------------------------------------------------------------------------------------

    @Test
    void batchNormTrain() {
        overShapes((shape, seed) -> agree(seed, tolerance(), b -> {
            Array x = b.normal(shape, 2, 3);
            int c = shape.dim(1);
            Array weight = b.normal(c);
            Array mean = b.mutable(b.normal(c));
            Array var = b.mutable(b.uniform(0.5, 1.5, c));
            Backend.Normalized tracked = b.backend().batchNormTrain(x, weight, b.normal(c), mean, var, 0.1, 1e-5, null, false);
            Backend.NormGradients g = b.backend().batchNormTrainGradient(b.normal(shape), x, null, weight, tracked.mean(),
                    tracked.invStd(), true, false);
            Backend.NormGradients parameters = b.backend().batchNormTrainGradient(b.normal(shape), x, null, weight,
                    tracked.mean(), tracked.invStd(), false, true);
            return Arrays.asList(tracked.y(), tracked.mean(), tracked.invStd(), mean, var, g.x(), g.weight(), g.bias(),
                    parameters.x(), parameters.weight(), parameters.bias(), parameters.residual());
        }));
    }

    /** With residual and ReLU. Backward takes the ReLU's mask from {@code y}, which is a random input here, free of rounding. */
    @Test
    void batchNormTrainWithEpilogue() {
        overShapes((shape, seed) -> agree(seed, tolerance(), b -> {
            Array x = b.normal(shape, 2, 3);
            int c = shape.dim(1);
            Array weight = b.normal(c);
            Array bias = b.normal(c);
            Array residual = b.normal(shape);
            Array gy = b.normal(shape);
            Array y = b.normal(shape);
            List<Array> results = new ArrayList<>();
            for (int use = 1; use < 4; use++) {
                Backend.Normalized n = b.backend().batchNormTrain(x, weight, bias, null, null, 0.1, 1e-5,
                        (use & 1) == 0 ? null : residual, (use & 2) != 0);
                results.addAll(List.of(n.y(), n.mean(), n.invStd()));
            }
            Backend.Normalized n = b.backend().batchNormTrain(x, weight, bias, null, null, 0.1, 1e-5, null, true);
            results.addAll(List.of(n.y(), n.mean(), n.invStd()));
            for (int needs = 0; needs < 4; needs++) {
                Backend.NormGradients g = b.backend().batchNormTrainGradient(gy, x, y, weight, n.mean(), n.invStd(),
                        (needs & 1) != 0, (needs & 2) != 0);
                results.addAll(Arrays.asList(g.x(), g.weight(), g.bias(), g.residual()));
            }
            return results;
        }));
    }

    /** Channels that a kernel may reduce at once, in rounds or in parts; the gradient gets the very output of the ReLU. */
    @ParameterizedTest
    @CsvSource({"3, 32", "8, 32", "20, 32", "9, 43"})
    void batchNormOfManyValues(int images, int side) {
        agree(side, tolerance(), b -> {
            Array x = b.normal(Shape.of(images, 3, side, side), 5, 1);
            Array weight = b.normal(3);
            Array mean = b.mutable(b.normal(3));
            Array var = b.mutable(b.uniform(0.5, 1.5, 3));
            Backend.Normalized n = b.backend().batchNormTrain(x, weight, b.normal(3), mean, var, 0.1, 1e-5, b.normal(x.shape()), true);
            Backend.NormGradients g = b.backend().batchNormTrainGradient(b.normal(x.shape()), x, n.y(), weight, n.mean(), n.invStd(),
                    true, true);
            return List.of(n.y(), n.mean(), n.invStd(), mean, var, g.x(), g.weight(), g.bias(), g.residual());
        });
    }

    /** The gradient of a residual, which another norm reads and to which a convolution's gradient is added. */
    @ParameterizedTest
    @CsvSource({"8, 1, 1", "8, 3, 1", "8, 3, 2", "7, 1, 1", "7, 3, 1"})
    void gradientsOfResidualsGoOn(int side, int filter, int stride) {
        Conv2dOptions options = Conv2dOptions.of(stride, filter / 2);
        agree(side + filter, convolutionTolerance(), b -> {
            Backend backend = b.backend();
            Array x = b.normal(8, 16, side, side);
            Array weight = b.normal(16);
            Array w = b.normal(16, 16, filter, filter);
            Backend.Normalized n = backend.batchNormTrain(x, weight, b.normal(16), null, null, 0.1, 1e-5, null, false);
            Backend.NormGradients first = backend.batchNormTrainGradient(b.normal(x.shape()), x, b.normal(x.shape()), weight,
                    n.mean(), n.invStd(), true, true);
            Backend.NormGradients second = backend.batchNormTrainGradient(first.residual(), x, null, weight, n.mean(), n.invStd(),
                    true, false);
            Array gy = b.normal(options.outputShape(x.shape(), w.shape()));
            backend.addConv2dInputGradient(first.residual(), gy, w, options);
            return List.of(n.y(), n.mean(), n.invStd(), first.x(), first.weight(), first.bias(), first.residual(), second.x(),
                    second.weight(), second.bias());
        });
    }

    /** A mask is by the planes of the residual, whose sizes a view need not have. */
    @Test
    void gradientsOfResidualsGoOnInOtherShapes() {
        agree(1, tolerance(), b -> {
            Backend backend = b.backend();
            Array x = b.normal(8, 16, 7, 7);
            Array weight = b.normal(16);
            Backend.Normalized n = backend.batchNormTrain(x, weight, b.normal(16), null, null, 0.1, 1e-5, null, false);
            Backend.NormGradients first = backend.batchNormTrainGradient(b.normal(x.shape()), x, b.normal(x.shape()), weight,
                    n.mean(), n.invStd(), true, true);
            Array other = b.normal(8, 49, 4, 4);
            Array otherWeight = b.normal(49);
            Backend.Normalized m = backend.batchNormTrain(other, otherWeight, b.normal(49), null, null, 0.1, 1e-5, null, false);
            Array view = backend.reshape(first.residual(), other.shape());
            Backend.NormGradients second = backend.batchNormTrainGradient(view, other, null, otherWeight, m.mean(), m.invStd(), true,
                    false);
            return List.of(n.y(), n.mean(), n.invStd(), m.y(), m.mean(), m.invStd(), view, first.x(), first.weight(), first.bias(),
                    first.residual(), second.x(), second.weight(), second.bias());
        });
    }

    @Test
    void batchNormAffine() {
        agree(1, tolerance(), b -> {
            Backend.ChannelAffine a = b.backend().batchNormAffine(b.normal(19), b.normal(19), b.normal(19),
                    b.uniform(0.5, 1.5, 19), 1e-3);
            return List.of(a.scale(), a.shift());
        });
    }

    @Test
    void batchNormEval() {
        overShapes((shape, seed) -> agree(seed, tolerance(), b -> {
            int c = shape.dim(1);
            Array x = b.normal(shape);
            Array weight = b.normal(c);
            Array mean = b.normal(c);
            Array var = b.uniform(0.5, 1.5, c);
            List<Array> results = new ArrayList<>();
            results.add(b.backend().batchNormEval(x, weight, b.normal(c), mean, var, 1e-3));
            for (int needs = 0; needs < 4; needs++) {
                Backend.NormGradients g = b.backend().batchNormEvalGradient(b.normal(shape), x, weight, mean, var, 1e-3,
                        (needs & 1) != 0, (needs & 2) != 0);
                results.addAll(Arrays.asList(g.x(), g.weight(), g.bias()));
            }
            return results;
        }));
    }

    /** With a large mean, the variance is a small difference of large squares unless it is computed about the mean. */
    @Test
    void batchNormOfALargeMean() {
        agree(3, 1e-4, b -> {
            Array x = b.normal(Shape.of(4, 17, 8, 8), 1000, 1);
            Backend.Normalized n = b.backend().batchNormTrain(x, b.normal(17), b.normal(17), null, null, 0.1, 1e-5, null, false);
            return List.of(n.y(), n.mean(), n.invStd());
        });
    }

    // ---- pooling ---------------------------------------------------------------------------------------------------

    @Test
    void pooling() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 2 * SHAPES; i++) {
            int kh = random.nextInt(1, 5);
            int kw = random.nextInt(1, 5);
            Pool2dOptions options = i == 0 ? Pool2dOptions.of(3, 2, 1) : new Pool2dOptions(kh, kw, random.nextInt(1, 4),
                    random.nextInt(1, 4), random.nextInt(kh / 2 + 1), random.nextInt(kw / 2 + 1), random.nextBoolean());
            Shape shape = Shape.of(random.nextInt(1, 4), CHANNELS[i % CHANNELS.length], random.nextInt(4, 19),
                    random.nextInt(4, 19));
            agree(i, tolerance(), b -> {
                Backend.Pooled max = b.backend().maxPool2d(b.normal(shape), options, true);
                Backend.Pooled ties = b.backend().maxPool2d(b.integers(3, shape.toArray()), options, true);
                Backend.Pooled alone = b.backend().maxPool2d(b.normal(shape), options, false);
                assertNull(alone.indices());
                Array gy = b.normal(max.values().shape());
                return List.of(max.values(), max.indices(), ties.values(), ties.indices(), alone.values(),
                        b.backend().maxPool2dGradient(gy, ties.indices(), shape),
                        b.backend().avgPool2d(b.normal(shape), options), b.backend().avgPool2dGradient(gy, shape, options));
            });
        }
    }

    @Test
    void adaptivePooling() {
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 2 * SHAPES; i++) {
            Shape shape = Shape.of(random.nextInt(1, 4), CHANNELS[i % CHANNELS.length], random.nextInt(1, 16),
                    random.nextInt(1, 16));
            int outH = i < 4 ? 1 : random.nextInt(1, 8);
            int outW = i < 4 ? 1 : random.nextInt(1, 8);
            agree(i, tolerance(), b -> {
                Backend.Pooled max = b.backend().adaptiveMaxPool2d(b.integers(5, shape.toArray()), outH, outW);
                Array gy = b.normal(max.values().shape());
                return List.of(max.values(), max.indices(), b.backend().maxPool2dGradient(gy, max.indices(), shape),
                        b.backend().adaptiveAvgPool2d(b.normal(shape), outH, outW),
                        b.backend().adaptiveAvgPool2dGradient(gy, shape));
            });
        }
    }
}
