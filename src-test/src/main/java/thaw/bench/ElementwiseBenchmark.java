package thaw.bench;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/** Operators bound by memory, which a network runs between its convolutions. */
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ElementwiseBenchmark {

    private static final double EPS = 1e-5;
    private static final double MOMENTUM = 0.1;

    /** Batch, channels, image size: the first activation is larger than most caches. */
    @Param({"16:64:112", "16:64:56", "16:256:14", "1:64:56"})
    String activation;

    /** {@code vector} or {@code plain}. */
    @Param("vector")
    String kernels;

    private Backend backend;
    private Shape shape;
    private Array x;
    private Array y;
    private Array gy;
    private Array weight;
    private Array bias;
    private Array mean;
    private Array var;
    private Backend.Normalized normalized;
    private Backend.Pooled pooled;
    private Array pooledGradient;

    @Setup
    public void setUp() {
        backend = Backends.open(kernels);
        String[] p = activation.split(":");
        int side = Integer.parseInt(p[2]);
        shape = Shape.of(Integer.parseInt(p[0]), Integer.parseInt(p[1]), side, side);
        SplittableRandom random = new SplittableRandom(1);
        x = Backends.activation(backend, random, shape);
        y = Backends.activation(backend, random, shape);
        gy = Backends.activation(backend, random, shape);
        Shape channels = Shape.of(shape.dim(1));
        weight = Backends.random(backend, random, channels);
        bias = Backends.random(backend, random, channels);
        mean = backend.zeros(channels);
        var = backend.zeros(channels);
        backend.fill(var, 1);
        normalized = backend.batchNormTrain(x, weight, bias, null, null, MOMENTUM, EPS, null, true);
        Pool2dOptions pool = Pool2dOptions.of(3, 2, 1);
        pooled = backend.maxPool2d(x, pool, true);
        pooledGradient = Backends.activation(backend, random, pool.outputShape(shape));
    }

    @TearDown
    public void tearDown() {
        backend.close();
    }

    @Benchmark
    public void relu(Traffic traffic) {
        backend.unary(UnaryOp.RELU, x).release();
        traffic.count(2, shape);
    }

    @Benchmark
    public void reluGradient(Traffic traffic) {
        backend.unaryGradient(UnaryOp.RELU, gy, null, y).release();
        traffic.count(3, shape);
    }

    @Benchmark
    public void sum(Traffic traffic) {
        backend.binary(BinaryOp.ADD, x, y).release();
        traffic.count(3, shape);
    }

    @Benchmark
    public void batchNormEval(Traffic traffic) {
        backend.batchNormEval(x, weight, bias, mean, var, EPS).release();
        traffic.count(2, shape);
    }

    /** Reads the input twice, first for its statistics, and writes the result. */
    @Benchmark
    public void batchNormTrain(Traffic traffic) {
        release(backend.batchNormTrain(x, weight, bias, mean, var, MOMENTUM, EPS, null, true));
        traffic.count(3, shape);
    }

    @Benchmark
    public void batchNormTrainWithResidual(Traffic traffic) {
        release(backend.batchNormTrain(x, weight, bias, mean, var, MOMENTUM, EPS, y, true));
        traffic.count(4, shape);
    }

    private static void release(Backend.Normalized result) {
        result.y().release();
        result.mean().release();
        result.invStd().release();
    }

    /** Reads three arrays twice, and writes the result. */
    @Benchmark
    public void batchNormTrainGradient(Traffic traffic) {
        Backend.NormGradients g = backend.batchNormTrainGradient(gy, x, normalized.y(), weight, normalized.mean(),
                normalized.invStd(), true, false);
        g.x().release();
        g.weight().release();
        g.bias().release();
        traffic.count(7, shape);
    }

    @Benchmark
    public void maxPool(Traffic traffic) {
        backend.maxPool2d(x, Pool2dOptions.of(3, 2, 1), false).values().release();
        traffic.count(1, shape);
    }

    @Benchmark
    public void maxPoolGradient(Traffic traffic) {
        backend.maxPool2dGradient(pooledGradient, pooled.indices(), shape).release();
        traffic.count(1, shape);
    }
}
