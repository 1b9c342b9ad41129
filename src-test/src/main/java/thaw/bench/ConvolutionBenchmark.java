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
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;

/** The convolutions of ResNets: forward, with and without an epilogue, and both gradients. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ConvolutionBenchmark {

    /** Input channels, image size, output channels, filter, stride: all of ResNet-18, more of ResNet-50, CIFAR's first. */
    @Param({"3:224:64:7:2", "64:56:64:3:1", "64:56:128:3:2", "128:28:128:3:1", "64:56:128:1:2", "128:28:256:3:2",
        "256:14:256:3:1", "128:28:256:1:2", "256:14:512:3:2", "512:7:512:3:1", "256:14:512:1:2",
        "64:56:64:1:1", "64:56:256:1:1", "256:56:64:1:1", "256:56:128:1:1", "128:56:128:3:2", "128:28:512:1:1",
        "256:56:512:1:2", "512:28:128:1:1", "512:28:256:1:1", "256:28:256:3:2", "256:14:1024:1:1", "512:28:1024:1:2",
        "1024:14:256:1:1", "1024:14:512:1:1", "512:14:512:3:2", "512:7:2048:1:1", "1024:14:2048:1:2", "2048:7:512:1:1",
        "16:32:16:3:1"})
    String layer;

    @Param({"1", "16"})
    int batch;

    /** {@code vector} or {@code plain}. */
    @Param("vector")
    String kernels;

    private Backend backend;
    private Conv2dOptions options;
    private Array x;
    private Array w;
    private Array gy;
    private Epilogue epilogue;
    private double operations;

    @Setup
    public void setUp() {
        backend = Backends.open(kernels);
        String[] p = layer.split(":");
        int channels = Integer.parseInt(p[0]);
        int size = Integer.parseInt(p[1]);
        int outputs = Integer.parseInt(p[2]);
        int filter = Integer.parseInt(p[3]);
        options = Conv2dOptions.of(Integer.parseInt(p[4]), filter / 2);
        SplittableRandom random = new SplittableRandom(1);
        Shape in = Shape.of(batch, channels, size, size);
        x = channels == 3 ? Backends.random(backend, random, in) : Backends.activation(backend, random, in);
        w = Backends.random(backend, random, Shape.of(outputs, channels, filter, filter));
        Shape out = options.outputShape(in, w.shape());
        gy = Backends.activation(backend, random, out);
        // Batch norm in evaluation mode, residual sum and ReLU.
        epilogue = new Epilogue(Backends.random(backend, random, Shape.of(outputs)),
                Backends.random(backend, random, Shape.of(outputs)), Backends.activation(backend, random, out), true);
        operations = 2.0 * out.size() * channels * filter * filter;
    }

    @TearDown
    public void tearDown() {
        backend.close();
    }

    @Benchmark
    public void forward(Flops flops) {
        backend.conv2d(x, w, options).release();
        flops.count(operations, backend);
    }

    @Benchmark
    public void forwardWithEpilogue(Flops flops) {
        backend.conv2d(x, w, epilogue, options).release();
        flops.count(operations, backend);
    }

    @Benchmark
    public void inputGradient(Flops flops) {
        backend.conv2dInputGradient(gy, w, x.shape(), options).release();
        flops.count(operations, backend);
    }

    @Benchmark
    public void weightGradient(Flops flops) {
        backend.conv2dWeightGradient(gy, x, w.shape(), options).release();
        flops.count(operations, backend);
    }
}
