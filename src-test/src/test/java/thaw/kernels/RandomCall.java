package thaw.kernels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import thaw.kernels.LossOps.Loss;
import thaw.kernels.NormOps.ChannelAffine;
import thaw.kernels.NormOps.NormGradients;
import thaw.kernels.NormOps.Normalized;
import thaw.kernels.PoolOps.Pooled;

/** Calls of an operator and of its gradients, with random shapes, options and numbers. */
enum RandomCall {

    MEMORY {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Array x = b.normal(s.any());
            Array filled = b.backend().zeros(x.shape());
            b.backend().fill(filled, 0.5 + x.shape().rank());
            Array assigned = b.backend().zeros(x.shape());
            b.backend().assign(assigned, x);
            return List.of(b.backend().zeros(x.shape()), filled, assigned, b.backend().copy(x));
        }
    },
    RESHAPE {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Array x = b.normal(s.images());
            int[] d = x.shape().toArray();
            return List.of(b.backend().reshape(x, Shape.of(d[0], d[1] * d[2] * d[3])),
                    b.backend().reshape(x, Shape.of(d[3], d[2], d[1], d[0])));
        }
    },
    PERMUTE {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape shape = s.any();
            List<Integer> left = new ArrayList<>(IntStream.range(0, shape.rank()).boxed().toList());
            int[] dims = new int[shape.rank()];
            for (int i = 0; i < dims.length; i++) {
                dims[i] = left.remove(s.random.nextInt(left.size()));
            }
            return List.of(b.backend().permute(b.normal(shape), dims));
        }
    },
    CAT_AND_NARROW {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape shape = s.images();
            int dim = s.random.nextInt(4);
            Array x = b.normal(shape);
            Array other = b.normal(shape.with(dim, s.upTo(shape.dim(dim))));
            int start = s.random.nextInt(shape.dim(dim));
            return List.of(b.backend().cat(List.of(other, x, other), dim),
                    b.backend().narrow(x, dim, start, s.upTo(shape.dim(dim) - start)));
        }
    },
    SUM_AND_EXPAND {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape shape = s.any();
            int[] dims = IntStream.range(0, shape.rank()).filter(d -> s.random.nextBoolean()).toArray();
            Array x = b.uniform(-0.5, 1.5, shape.toArray());
            Array kept = b.backend().sum(x, true, dims);
            return List.of(kept, b.backend().sum(x, false, dims), b.backend().expand(kept, shape));
        }
    },
    ARGMAX {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape rows = s.rows();
            return List.of(b.backend().argmax(b.normal(rows)), b.backend().argmax(b.integers(3, rows.toArray())));
        }
    },
    UNARY {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape shape = s.any();
            List<Array> results = new ArrayList<>();
            for (UnaryOp op : UnaryOp.values()) {
                boolean positive = op == UnaryOp.LOG || op == UnaryOp.SQRT;
                Array x = positive ? b.uniform(1.5, 9, shape.toArray()) : b.normal(shape);
                Array y = b.backend().unary(op, x);
                boolean input = op.gradientNeedsInput();
                results.addAll(List.of(y, b.backend().unaryGradient(op, b.normal(shape), input ? x : null, input ? null : y)));
            }
            return results;
        }
    },
    BINARY {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape full = s.any();
            Array x = b.uniform(0.5, 2, s.broadcast(full));
            int[] dims = s.broadcast(full);
            Array y = b.uniform(0.5, 2, Arrays.copyOfRange(dims, s.random.nextInt(dims.length + 1), dims.length));
            List<Array> results = new ArrayList<>();
            for (BinaryOp op : BinaryOp.values()) {
                results.addAll(List.of(b.backend().binary(op, x, y), b.backend().binary(op, y, x)));
            }
            return results;
        }
    },
    AFFINE_AND_CLAMP {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Array x = b.normal(s.any());
            double low = s.random.nextDouble(-2, 1);
            return List.of(b.backend().affine(x, s.random.nextDouble(-3, 3), s.random.nextDouble()),
                    b.backend().clamp(x, low, low + s.random.nextDouble()));
        }
    },
    DROPOUT {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            return List.of(b.backend().dropout(b.normal(s.any()), s.random.nextDouble(0.9), s.random.nextLong()));
        }
    },
    ADD_AND_LERP {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Array x = b.normal(s.any());
            Array sum = b.mutable(b.normal(x.shape()));
            b.backend().add(sum, x);
            Array average = b.mutable(b.normal(x.shape()));
            b.backend().lerp(average, x, s.random.nextDouble());
            return List.of(sum, average);
        }
    },
    MATMUL {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            int[] d = s.random.ints(3, 1, 4 * s.side).toArray();
            boolean ta = s.random.nextBoolean();
            boolean tb = s.random.nextBoolean();
            return List.of(b.backend().matmul(ta ? b.normal(d[1], d[0]) : b.normal(d[0], d[1]), ta,
                    tb ? b.normal(d[2], d[1]) : b.normal(d[1], d[2]), tb));
        }
    },
    CONV2D {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            ConvolutionCase v = ConvolutionCase.random(s.random, s.random.nextInt(4));
            Array x = b.normal(v.n(), v.c(), v.h(), v.w());
            Array w = b.normal(v.weight());
            Shape y = v.options().outputShape(x.shape(), w.shape());
            Epilogue epilogue = new Epilogue(s.random.nextBoolean() ? b.uniform(0.5, 2, v.k()) : null,
                    v.bias() ? b.normal(v.k()) : null, s.random.nextBoolean() ? b.normal(y) : null, s.random.nextBoolean());
            Array gy = b.normal(y);
            Array sum = b.mutable(b.normal(x.shape()));
            b.backend().addConv2dInputGradient(sum, gy, w, v.options());
            return List.of(b.backend().conv2d(x, w, epilogue, v.options()), sum,
                    b.backend().conv2dInputGradient(gy, w, x.shape(), v.options()),
                    b.backend().conv2dWeightGradient(gy, x, w.shape(), v.options()));
        }
    },
    /** Backward takes the ReLU's mask from a random {@code y}, free of rounding. */
    BATCH_NORM_TRAIN {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape shape = s.normalized();
            int c = shape.dim(1);
            Array x = b.normal(shape, 2, 3);
            Array weight = b.normal(c);
            Array mean = b.mutable(b.normal(c));
            Array var = b.mutable(b.uniform(0.5, 1.5, c));
            Array residual = s.random.nextBoolean() ? b.normal(shape) : null;
            boolean relu = s.random.nextBoolean();
            Normalized n = b.backend().batchNormTrain(x, weight, b.normal(c), mean, var, s.random.nextDouble(), 1e-5, residual, relu);
            NormGradients g = b.backend().batchNormTrainGradient(b.normal(shape), x, relu ? b.normal(shape) : null, weight, n.mean(),
                    n.invStd(), s.random.nextBoolean(), s.random.nextBoolean());
            return Arrays.asList(n.y(), n.mean(), n.invStd(), mean, var, g.x(), g.weight(), g.bias(), g.residual());
        }
    },
    BATCH_NORM_EVAL {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape shape = s.normalized();
            int c = shape.dim(1);
            Array x = b.normal(shape);
            Array weight = b.normal(c);
            Array bias = b.normal(c);
            Array mean = b.normal(c);
            Array var = b.uniform(0.5, 1.5, c);
            NormGradients g = b.backend().batchNormEvalGradient(b.normal(shape), x, weight, mean, var, 1e-3,
                    s.random.nextBoolean(), s.random.nextBoolean());
            ChannelAffine affine = b.backend().batchNormAffine(weight, bias, mean, var, 1e-3);
            return Arrays.asList(b.backend().batchNormEval(x, weight, bias, mean, var, 1e-3), affine.scale(), affine.shift(), g.x(),
                    g.weight(), g.bias());
        }
    },
    POOL2D {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            int kh = s.upTo(4);
            int kw = s.upTo(4);
            Pool2dOptions options = new Pool2dOptions(kh, kw, s.upTo(3), s.upTo(3), s.random.nextInt(kh / 2 + 1),
                    s.random.nextInt(kw / 2 + 1), s.random.nextBoolean());
            Shape images = s.images();
            Shape shape = Shape.of(images.dim(0), images.dim(1), kh + images.dim(2), kw + images.dim(3));
            Array x = b.normal(shape);
            Array few = b.integers(3, shape.toArray());
            Pooled max = b.backend().maxPool2d(x, options, true);
            Pooled ties = b.backend().maxPool2d(few, options, true);
            Array gy = b.normal(max.values().shape());
            return List.of(max.values(), max.indices(), ties.values(), ties.indices(),
                    b.backend().maxPool2d(x, options, false).values(), b.backend().maxPool2dGradient(gy, ties.indices(), shape),
                    b.backend().avgPool2d(x, options), b.backend().avgPool2dGradient(gy, shape, options));
        }
    },
    ADAPTIVE_POOL2D {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape shape = s.images();
            int outH = s.upTo(6);
            int outW = s.upTo(6);
            Pooled max = b.backend().adaptiveMaxPool2d(b.integers(5, shape.toArray()), outH, outW);
            Array gy = b.normal(max.values().shape());
            return List.of(max.values(), max.indices(), b.backend().maxPool2dGradient(gy, max.indices(), shape),
                    b.backend().adaptiveAvgPool2d(b.normal(shape), outH, outW), b.backend().adaptiveAvgPool2dGradient(gy, shape));
        }
    },
    LOG_SOFTMAX {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Array y = b.backend().logSoftmax(b.normal(s.rows(), 0, s.random.nextDouble(10)));
            return List.of(y, b.backend().logSoftmaxGradient(b.normal(y.shape()), y));
        }
    },
    CROSS_ENTROPY {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape rows = s.rows();
            int c = rows.dim(1);
            Array scores = b.normal(rows, 0, s.random.nextDouble(10));
            Array target = s.random.nextBoolean() ? b.integers(c, rows.dim(0)) : b.uniform(0, 2.0 / c, rows.toArray());
            Loss loss = b.backend().crossEntropy(scores, target, s.random.nextBoolean() ? b.uniform(0.1, 1.1, c) : null,
                    s.random.nextInt(3) * 0.1, s.reduction());
            return List.of(loss.value(), loss.gradient());
        }
    },
    BINARY_CROSS_ENTROPY {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            Shape rows = s.rows();
            Array target = s.random.nextBoolean() ? b.integers(2, rows.toArray()) : b.uniform(0, 1, rows.toArray());
            Loss loss = b.backend().binaryCrossEntropy(b.normal(rows, 0, s.random.nextDouble(10)), target,
                    s.random.nextBoolean() ? b.uniform(0.1, 4, rows.dim(1)) : null, s.reduction());
            return List.of(loss.value(), loss.gradient());
        }
    },
    SGD {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            double momentum = s.random.nextInt(3) * 0.45;
            boolean nesterov = momentum > 0 && s.random.nextBoolean();
            SgdOps.Options rule = new SgdOps.Options(s.random.nextDouble(), momentum, nesterov ? 0 : s.random.nextInt(2) * 0.1,
                    s.random.nextInt(2) * 1e-2, nesterov, s.random.nextBoolean());
            List<Array> p = parameters(b, s);
            List<Array> buffers = p.stream().map(x -> b.mutable(b.normal(x.shape()))).toList();
            boolean[] first = new boolean[p.size()];
            Arrays.fill(first, s.random.nextBoolean());
            b.backend().sgd(rule, p, p.stream().map(x -> b.normal(x.shape())).toList(), buffers, first);
            return join(p, buffers);
        }
    },
    ADAMW {
        @Override
        List<Array> results(Bench b, RandomShapes s) {
            AdamWOps.Options rule = new AdamWOps.Options(s.random.nextDouble(0.1), s.random.nextDouble(0.95),
                    s.random.nextDouble(0.5, 0.999), 1e-8, s.random.nextInt(2) * 0.1, s.random.nextBoolean());
            List<Array> p = parameters(b, s);
            List<Array> m = p.stream().map(x -> b.mutable(b.normal(x.shape()))).toList();
            List<Array> v = p.stream().map(x -> b.mutable(b.uniform(0.5, 1.5, x.shape().toArray()))).toList();
            long[] steps = s.random.longs(p.size(), 1, 1000).toArray();
            b.backend().adamW(rule, p, p.stream().map(x -> b.normal(x.shape())).toList(), m, v, steps);
            return join(p, m, v);
        }
    };

    /** The results, some of which may be null; the caller releases them. */
    abstract List<Array> results(Bench b, RandomShapes s);

    /** One to three parameters. */
    private static List<Array> parameters(Bench b, RandomShapes s) {
        return IntStream.range(0, s.upTo(3)).mapToObj(i -> b.mutable(b.normal(s.any()))).toList();
    }

    @SafeVarargs
    private static List<Array> join(List<Array>... lists) {
        return Arrays.stream(lists).flatMap(List::stream).toList();
    }

    /** Random shapes. Two with the same seed give the same shapes in the same order. */
    static final class RandomShapes {

        final SplittableRandom random;
        final int side;

        /** @param side the largest extent of images; numbers of channels go up to three times it */
        RandomShapes(long seed, int side) {
            this.random = new SplittableRandom(seed);
            this.side = side;
        }

        int upTo(int largest) {
            return 1 + random.nextInt(largest);
        }

        /** {@code [N, C, H, W]} */
        Shape images() {
            return Shape.of(upTo(3), upTo(random.nextBoolean() ? 4 : 3 * side), upTo(side), upTo(side));
        }

        /** {@code [N, C]} */
        Shape rows() {
            return Shape.of(upTo(2 * side), upTo(5 * side));
        }

        /** Images or rows with at least eight values per channel: with two, a variance may have no correct digit in float32. */
        Shape normalized() {
            Shape shape = random.nextInt(4) == 0 ? rows() : images();
            int values = shape.size() / shape.dim(0) / shape.dim(1);
            return shape.with(0, Math.max(shape.dim(0), (7 + values) / values));
        }

        /** A shape of rank 0 to 4. */
        Shape any() {
            int rank = random.nextInt(5);
            return rank == 4 ? images() : rank == 2 ? rows() : Shape.of(IntStream.range(0, rank).map(i -> upTo(3 * side)).toArray());
        }

        /** The extents, some of them replaced by 1. */
        int[] broadcast(Shape full) {
            return Arrays.stream(full.toArray()).map(d -> random.nextInt(3) == 0 ? 1 : d).toArray();
        }

        Reduction reduction() {
            return random.nextBoolean() ? Reduction.MEAN : Reduction.SUM;
        }
    }
}
