package thaw.kernels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests of a fast backend: every operator agrees with the reference on random shapes and numbers, changes no argument and leaks
 * no memory. This class tests element-wise operators, losses and optimizers; superclasses test the others.
 */
public abstract class ReferenceAgreement extends LayerAgreement {

    // ---- element-wise and reductions ---------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    void unary(UnaryOp op) {
        overShapes((shape, seed) -> agree(seed, tolerance(), b -> {
            boolean positive = op == UnaryOp.LOG || op == UnaryOp.SQRT;
            Array x = positive ? b.uniform(1.5, 9, shape.toArray()) : b.normal(shape);
            Array y = b.backend().unary(op, x);
            boolean input = op.gradientNeedsInput();
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
            // several rows, because a gradient 1 − p near 0 has few significant digits in float32
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
        List<AdamWOps.Options> rules = List.of(new AdamWOps.Options(1e-2, 0.9, 0.999, 1e-8, 0, false),
                new AdamWOps.Options(1e-3, 0.9, 0.99, 1e-5, 0.1, false), new AdamWOps.Options(1e-2, 0.5, 0.9, 1e-3, 0.01, true));
        for (AdamWOps.Options rule : rules) {
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
        List<SgdOps.Options> rules = List.of(
                new SgdOps.Options(0.1, 0, 0, 0, false, false),
                new SgdOps.Options(0.01, 0.9, 0, 1e-4, false, false),
                new SgdOps.Options(0.01, 0.9, 0.1, 0.05, false, false),
                new SgdOps.Options(0.01, 0.9, 0, 1e-4, true, false),
                new SgdOps.Options(0.01, 0.5, 0.1, 0.05, false, true));
        for (SgdOps.Options rule : rules) {
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

    /** A missing {@code foundInf}, 0, NaN or 1 by step; the optimizer updates only without one or if it is 0. */
    private static Array foundInf(Bench b, int step) {
        return step == 0 ? null : b.normal(Shape.SCALAR, step == 1 ? 0 : step == 2 ? Double.NaN : 1, 0);
    }

    /** More parameters than a device updates in one launch; every third has no momentum yet. */
    @Test
    void sgdOfManyParameters() {
        SgdOps.Options rule = new SgdOps.Options(0.01, 0.9, 0.1, 0.05, false, false);
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
}
