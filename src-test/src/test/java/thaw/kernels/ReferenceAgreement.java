package thaw.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import thaw.kernels.reference.ReferenceBackend;

/**
 * A fast backend's contract: every operator gives what {@link ReferenceBackend} gives, over random shapes and numbers,
 * changes no argument and keeps no memory.
 */
public abstract class ReferenceAgreement extends OperatorContract {

    private static final int SHAPES = 12;
    private static final int[] CHANNELS = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 48};

    /** The largest relative L2 error of a result. */
    protected double tolerance() {
        return 1e-5;
    }

    /** As {@link #tolerance}, for convolutions. */
    protected double convolutionTolerance() {
        return tolerance();
    }

    // ---- convolution ---------------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("thaw.kernels.ConvolutionCase#all")
    void conv2d(ConvolutionCase v) {
        agree(v.seed(), convolutionTolerance(), b -> {
            Array x = b.normal(v.n(), v.c(), v.h(), v.w());
            Array w = b.normal(v.weight());
            return List.of(b.backend().conv2d(x, w, v.bias() ? b.normal(v.k()) : null, v.options()));
        });
    }

    @ParameterizedTest
    @MethodSource("thaw.kernels.ConvolutionCase#light")
    void conv2dWithEpilogue(ConvolutionCase v) {
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
                results.add(b.backend().conv2dWithEpilogue(x, w, epilogue, v.options()));
            }
            return results;
        });
    }

    @ParameterizedTest
    @MethodSource("thaw.kernels.ConvolutionCase#all")
    void conv2dGradients(ConvolutionCase v) {
        agree(v.seed(), convolutionTolerance(), b -> {
            Array x = b.normal(v.n(), v.c(), v.h(), v.w());
            Array w = b.normal(v.weight());
            Array gy = b.normal(v.options().outputShape(x.shape(), w.shape()));
            return List.of(b.backend().conv2dInputGradient(gy, w, x.shape(), v.options()),
                    b.backend().conv2dWeightGradient(gy, x, w.shape(), v.options()));
        });
    }

    /** A backend that keeps a weight in another form must notice that the weight has changed, or its memory another owner. */
    @Test
    void conv2dSeesThatItsWeightHasChanged() {
        Conv2dOptions options = Conv2dOptions.of(1, 1);
        agree(7, convolutionTolerance(), b -> {
            Backend backend = b.backend();
            Array x = b.normal(2, 16, 8, 8);
            Array other = b.normal(16, 16, 3, 3);
            List<Array> results = new ArrayList<>();
            Array w = b.mutable(b.normal(16, 16, 3, 3));
            results.add(backend.conv2d(x, w, null, options));
            backend.add(w, other);
            results.add(backend.conv2d(x, w, null, options));
            results.add(backend.conv2dInputGradient(x, w, x.shape(), options));
            backend.sgd(new SgdOptions(0.5, 0, 0, 0, false, false), List.of(w), List.of(other), List.of(), new boolean[0]);
            results.add(backend.conv2d(x, w, null, options));
            results.add(backend.conv2dInputGradient(x, w, x.shape(), options));
            w.release();
            Array next = b.mutable(other);
            results.add(backend.conv2d(x, next, null, options));
            next.release();
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

    /** With a residual and a ReLU; its gradient is told by any {@code y}, here one that doesn't depend on rounding. */
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

    /** Far from 0 the variance is a small difference of large squares, unless it is computed about the mean. */
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

    // ---- element-wise and reductions ---------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    void unary(UnaryOp op) {
        overShapes((shape, seed) -> agree(seed, tolerance(), b -> {
            boolean positive = op == UnaryOp.LOG || op == UnaryOp.SQRT;
            Array x = positive ? b.uniform(1.5, 9, shape.toArray()) : b.normal(shape);
            Array y = b.backend().unary(op, x);
            boolean input = Backend.gradientNeedsInput(op);
            return List.of(y, b.backend().unaryGradient(op, b.normal(shape), input ? x : null, input ? null : y));
        }));
    }

    @ParameterizedTest
    @EnumSource
    void binary(BinaryOp op) {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 4 * SHAPES; i++) {
            int[] full = random.ints(random.nextInt(0, 5), 1, 20).toArray();
            int[] a = Arrays.stream(full).map(d -> random.nextInt(3) == 0 ? 1 : d).toArray();
            int[] b = Arrays.stream(full).map(d -> random.nextInt(3) == 0 ? 1 : d).toArray();
            int missing = full.length == 0 ? 0 : random.nextInt(full.length);
            int[] shorter = Arrays.copyOfRange(b, missing, b.length);
            boolean swap = random.nextBoolean();
            agree(i, tolerance(), bench -> List.of(bench.backend().binary(op, bench.uniform(0.5, 2, swap ? shorter : a),
                    bench.uniform(0.5, 2, swap ? a : shorter))));
        }
        overShapes((shape, seed) -> agree(seed, tolerance(), b -> {
            Array x = b.uniform(1, 2, shape.toArray());
            Array perChannel = b.uniform(1, 2, shape.with(0, 1).toArray());
            return List.of(b.backend().binary(op, x, x), b.backend().binary(op, x, perChannel),
                    b.backend().binary(op, b.uniform(1, 2), x), b.backend().binary(op, x, b.uniform(1, 2)));
        }));
    }

    @Test
    void affineClampAddAndDropout() {
        overShapes((shape, seed) -> agree(seed, tolerance(), b -> {
            Array x = b.normal(shape);
            Array sum = b.mutable(x);
            b.backend().add(sum, b.normal(shape));
            return List.of(b.backend().affine(x, -1.5, 0.25), b.backend().clamp(x, -0.5, 0.75), b.backend().clamp(x, 0.25, 2),
                    sum, b.backend().dropout(x, 0.3, seed),
                    b.backend().dropout(x, 0.9, -1L - seed));
        }));
    }

    @Test
    void sumAndExpand() {
        SplittableRandom random = new SplittableRandom(6);
        overShapes((shape, seed) -> {
            int[] dims = IntStream.range(0, shape.rank()).filter(d -> random.nextBoolean()).toArray();
            agree(seed, tolerance(), b -> {
                Array x = b.uniform(-0.5, 1.5, shape.toArray());
                Array kept = b.backend().sum(x, true, dims);
                List<Array> sums = new ArrayList<>(List.of(kept, b.backend().expand(kept, shape), b.backend().sum(x, false, dims),
                        b.backend().sum(x, false), b.backend().sum(x, false, 0), b.backend().sum(x, true, -1)));
                if (shape.rank() == 4) {
                    sums.add(b.backend().sum(x, false, 0, 2, 3));
                    sums.add(b.backend().sum(x, true, 2, 3));
                }
                return sums;
            });
        });
    }

    @Test
    void rearranging() {
        SplittableRandom random = new SplittableRandom(7);
        overShapes((shape, seed) -> {
            int[] dims = IntStream.range(0, shape.rank()).toArray();
            for (int i = dims.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swap = dims[i];
                dims[i] = dims[j];
                dims[j] = swap;
            }
            int dim = random.nextInt(shape.rank());
            int start = random.nextInt(shape.dim(dim));
            int length = random.nextInt(shape.dim(dim) - start) + 1;
            agree(seed, 0, b -> {
                Array x = b.normal(shape);
                Array more = b.normal(shape.with(dim, length));
                return List.of(b.backend().permute(x, dims), b.backend().narrow(x, dim, start, length),
                        b.backend().cat(List.of(x, more, x), dim), b.backend().reshape(x, Shape.of(shape.size())),
                        b.backend().copy(x));
            });
        });
    }

    // ---- loss and optimisation -----------------------------------------------------------------------------------------

    @Test
    void softmaxAndCrossEntropy() {
        SplittableRandom random = new SplittableRandom(8);
        for (int i = 0; i < 2 * SHAPES; i++) {
            // several rows, as a gradient 1 − p that is nearly 0 has few digits in float32
            int n = random.nextInt(6, 16);
            int c = i == 0 ? 1000 : random.nextInt(2, 40);
            double smoothing = i % 3 == 0 ? 0 : 0.1;
            Reduction reduction = i % 2 == 0 ? Reduction.MEAN : Reduction.SUM;
            double scale = i % 5 == 0 ? 20 : 3;
            agree(i, tolerance(), b -> {
                Array scores = b.normal(Shape.of(n, c), 0, scale);
                Array weight = b.uniform(0.1, 1.1, c);
                Array y = b.backend().logSoftmax(scores);
                Array gx = b.backend().logSoftmaxGradient(b.normal(n, c), y);
                Array labels = b.integers(c, n);
                Backend.Loss hard = b.backend().crossEntropy(scores, labels, null, smoothing, reduction);
                Backend.Loss weighted = b.backend().crossEntropy(scores, labels, weight, smoothing, reduction);
                Array q = b.uniform(0, 2.0 / c, n, c);
                Backend.Loss soft = b.backend().crossEntropy(scores, q, null, smoothing, reduction);
                Backend.Loss softWeighted = b.backend().crossEntropy(scores, q, weight, smoothing, reduction);
                Array best = b.backend().argmax(scores);
                return List.of(y, gx, best, hard.value(), hard.gradient(), weighted.value(), weighted.gradient(),
                        soft.value(), soft.gradient(), softWeighted.value(), softWeighted.gradient());
            });
        }
    }

    @Test
    void binaryCrossEntropy() {
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < SHAPES; i++) {
            Shape shape = i == 0 ? Shape.of(7) : Shape.of(random.nextInt(6, 16), random.nextInt(2, 40));
            Reduction reduction = i % 2 == 0 ? Reduction.MEAN : Reduction.SUM;
            double scale = i % 5 == 0 ? 40 : 3;
            agree(i, tolerance(), b -> {
                Array scores = b.normal(shape, 0, scale);
                Array hard = b.integers(2, shape.toArray());
                Array soft = b.uniform(0, 1, shape.toArray());
                Array weight = b.uniform(0.1, 4, shape.dim(-1));
                List<Array> results = new ArrayList<>();
                for (Array target : List.of(hard, soft)) {
                    for (Array v : Arrays.asList(null, weight)) {
                        Backend.Loss loss = b.backend().binaryCrossEntropy(scores, target, v, reduction);
                        results.addAll(List.of(loss.value(), loss.gradient()));
                    }
                }
                return results;
            });
        }
    }

    @Test
    void adamW() {
        List<AdamWOptions> rules = List.of(new AdamWOptions(1e-2, 0.9, 0.999, 1e-8, 0, false),
                new AdamWOptions(1e-3, 0.9, 0.99, 1e-5, 0.1, false), new AdamWOptions(1e-2, 0.5, 0.9, 1e-3, 0.01, true));
        for (AdamWOptions rule : rules) {
            agree(rules.indexOf(rule), 1e-6, b -> {
                List<Array> p = new ArrayList<>();
                List<Array> m = new ArrayList<>();
                List<Array> v = new ArrayList<>();
                for (Shape shape : List.of(Shape.of(17, 5, 3, 3), Shape.of(64, 64, 1, 1), Shape.of(33), Shape.of(3))) {
                    p.add(b.mutable(b.normal(shape)));
                    m.add(b.backend().zeros(shape));
                    v.add(b.backend().zeros(shape));
                }
                for (int step = 1; step <= 4; step++) {
                    List<Array> g = p.stream().map(a -> b.normal(a.shape(), 1, 1)).toList();
                    b.backend().adamW(rule, p, g, m, v, new long[] {step, step + 10, step, 2L * step}, foundInf(b, step));
                }
                List<Array> results = new ArrayList<>(p);
                results.addAll(m);
                results.addAll(v);
                return results;
            });
        }
    }

    @Test
    void lerp() {
        overShapes((shape, seed) -> agree(seed, tolerance(), b -> {
            Array average = b.mutable(b.normal(shape));
            b.backend().lerp(average, b.normal(shape), 0.125);
            return List.of(average);
        }));
    }

    @Test
    void sgd() {
        List<SgdOptions> rules = List.of(
                new SgdOptions(0.1, 0, 0, 0, false, false),
                new SgdOptions(0.01, 0.9, 0, 1e-4, false, false),
                new SgdOptions(0.01, 0.9, 0.1, 0.05, false, false),
                new SgdOptions(0.01, 0.9, 0, 1e-4, true, false),
                new SgdOptions(0.01, 0.5, 0.1, 0.05, false, true));
        for (SgdOptions rule : rules) {
            agree(rules.indexOf(rule), 1e-6, b -> {
                List<Array> p = new ArrayList<>();
                List<Array> buffers = new ArrayList<>();
                for (Shape shape : List.of(Shape.of(17, 5, 3, 3), Shape.of(64, 64, 1, 1), Shape.of(33), Shape.of(10, 70),
                        Shape.of(3))) {
                    p.add(b.mutable(b.normal(shape)));
                    buffers.add(b.backend().zeros(shape));
                }
                for (int step = 0; step < 4; step++) {
                    List<Array> g = p.stream().map(a -> b.normal(a.shape())).toList();
                    boolean[] first = new boolean[p.size()];
                    Arrays.fill(first, step == 0);
                    b.backend().sgd(rule, p, g, buffers, first, foundInf(b, step));
                }
                p.addAll(buffers);
                return p;
            });
        }
    }

    /** Steps are taken without one and where it is 0. */
    private static Array foundInf(Bench b, int step) {
        return step == 0 ? null : b.normal(Shape.SCALAR, step == 1 ? 0 : step == 2 ? Double.NaN : 1, 0);
    }

    /** More parameters than any device updates by one launch, of which every third is new. */
    @Test
    void sgdOfManyParameters() {
        SgdOptions rule = new SgdOptions(0.01, 0.9, 0.1, 0.05, false, false);
        agree(1, 1e-6, b -> {
            List<Array> p = new ArrayList<>();
            List<Array> buffers = new ArrayList<>();
            boolean[] first = new boolean[140];
            for (int i = 0; i < first.length; i++) {
                p.add(b.mutable(b.normal(Shape.of(1 + i % 7 * 5))));
                buffers.add(b.mutable(b.normal(p.get(i).shape())));
                first[i] = i % 3 == 0;
            }
            b.backend().sgd(rule, p, p.stream().map(a -> b.normal(a.shape())).toList(), buffers, first);
            p.addAll(buffers);
            return p;
        });
    }

    // ---- comparison ------------------------------------------------------------------------------------------------

    /** Activations with each awkward number of channels, one pixel and odd images, and rows. */
    private static void overShapes(ObjIntConsumer<Shape> test) {
        SplittableRandom random = new SplittableRandom(9);
        int seed = 0;
        for (int c : CHANNELS) {
            test.accept(Shape.of(random.nextInt(2, 4), c, random.nextInt(3, 10), random.nextInt(3, 10)), seed++);
            test.accept(Shape.of(random.nextInt(8, 20), c, 1, 1), seed++);
            test.accept(Shape.of(random.nextInt(8, 20), c), seed++);
        }
    }

    /** Runs a computation on both backends, with the same random inputs, and compares its results (some may be null). */
    private void agree(long seed, double tolerance, Function<Bench, List<Array>> computation) {
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
        assertEquals(before, backend.memory().inUse(), "bytes in use after all was released");
    }

    /** As {@link #relativeError}, but sums of numbers of size 1 that nearly cancel are measured against 1. */
    private static double error(double[] actual, double[] expected) {
        double norm = Math.sqrt(Arrays.stream(expected).map(v -> v * v).sum());
        return relativeError(actual, expected) * Math.min(1, norm == 0 ? 1 : norm / Math.sqrt(expected.length));
    }

    /** {@code ‖actual − expected‖ / ‖expected‖}; where nothing but zeros is expected, {@code ‖actual‖} */
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
