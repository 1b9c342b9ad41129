package thaw.bench;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;

/** Matrix products {@code [M, K] × [K, N]}; the right matrix is packed again each time, as for one that changes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MatMulBenchmark {

    @Param({"1024x1024x1024", "2048x2048x2048", "64x576x3136", "512x4608x49", "32x2048x1000"})
    String shape;

    /** {@code vector} or {@code plain}. */
    @Param("vector")
    String kernels;

    private Backend backend;
    private Array a;
    private Array b;
    private double operations;

    @Setup
    public void setUp() {
        backend = Backends.open(kernels);
        String[] extents = shape.split("x");
        int m = Integer.parseInt(extents[0]);
        int k = Integer.parseInt(extents[1]);
        int n = Integer.parseInt(extents[2]);
        SplittableRandom random = new SplittableRandom(1);
        a = Backends.random(backend, random, Shape.of(m, k));
        b = Backends.random(backend, random, Shape.of(k, n));
        operations = 2.0 * m * k * n;
    }

    @TearDown
    public void tearDown() {
        backend.close();
    }

    @Benchmark
    public void matmul(Flops flops) {
        b.storage().changed();
        backend.matmul(a, false, b, false).release();
        flops.count(operations, backend);
    }
}
