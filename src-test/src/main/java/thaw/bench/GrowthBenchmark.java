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

/** Steps of networks with varying batch size, image size, depth or number of threads, one of them at a time. */
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class GrowthBenchmark {

    /** Architecture, batch, image size, threads. */
    @Param({"resnet18:1:224:2", "resnet18:2:224:2", "resnet18:4:224:2", "resnet18:8:224:2", "resnet18:16:224:2",
        "resnet18:32:224:2", "resnet18:64:224:2",
        "resnet18:8:64:2", "resnet18:8:96:2", "resnet18:8:128:2", "resnet18:8:160:2", "resnet18:8:320:2", "resnet18:8:448:2",
        "resnet34:8:224:2", "resnet50:8:224:2", "resnet101:8:224:2", "resnet152:8:224:2",
        "resnet18:8:224:1", "resnet18:8:224:3", "resnet18:8:224:4"})
    String network;

    @Param({"INFER", "TRAIN"})
    Mode mode;

    private Device device;
    private NetworkStep step;
    private long operations;

    @Setup
    public void setUp() {
        String[] p = network.split(":");
        device = Device.cpu(Integer.parseInt(p[3]));
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
