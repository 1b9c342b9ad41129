package thaw.bench;

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
import thaw.engine.Device;
import thaw.finetune.bench.Mode;
import thaw.finetune.bench.NetworkStep;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** Steps of whole networks. */
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class NetworkBenchmark {

    /** Architecture, batch, image size. */
    @Param({"resnet18:1:224", "resnet18:16:224", "resnet50:1:224", "resnet50:8:224", "resnet50:16:224", "resnet20:128:32"})
    String network;

    @Param({"INFER", "TRAIN", "TRAIN_HEAD"})
    Mode mode;

    /** {@code vector} or {@code plain}. */
    @Param("vector")
    String kernels;

    private Device device;
    private NetworkStep step;
    private long operations;

    @Setup
    public void setUp() {
        device = Device.of(Backends.open(kernels));
        String[] p = network.split(":");
        ResNet net = ResNet.of(Architecture.byName(p[0]), device, 10);
        step = NetworkStep.of(net, mode, Integer.parseInt(p[1]), Integer.parseInt(p[2]));
        operations = step.flops();
    }

    @TearDown
    public void tearDown() {
        step.close();
        device.close();
    }

    @Benchmark
    public float[] step(Flops flops) {
        float[] result = step.run();
        flops.count(operations, device.backend());
        return result;
    }
}
