package thaw.bench;

import static thaw.engine.functional.Functional.crossEntropy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.Granularity;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

/**
 * A training step with the first layer groups frozen, including their batch norm statistics. Shows the time saved by freezing,
 * and whether a low learning rate takes longer than a high one.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class FreezingBenchmark {

    /** Architecture, batch, image size. */
    @Param({"resnet18:16:224", "resnet20:128:32"})
    String network;

    /** Index of the first trained group among stem, stages and head; negative numbers count from the end. */
    @Param({"0", "1", "2", "3", "-2", "-1"})
    int freezeTo;

    /** Learning rates at which hundreds of steps on one batch reach no zeros or subnormal numbers, which change the time. */
    @Param({"1e-7", "1e-3"})
    double rate;

    /** {@code vector} or {@code plain}. */
    @Param("vector")
    String kernels;

    private Device device;
    private ResNet net;
    private SGD sgd;
    private Shape shape;
    private float[] images;
    private int[] labels;

    @Setup
    public void setUp() {
        device = Device.of(Backends.open(kernels));
        String[] p = network.split(":");
        net = ResNet.of(Architecture.byName(p[0]), device, 10);
        shape = Shape.of(Integer.parseInt(p[1]), net.inputChannels(), Integer.parseInt(p[2]), Integer.parseInt(p[2]));
        images = new float[shape.size()];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) Math.sin(i);
        }
        labels = new int[shape.dim(0)];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % net.classes();
        }
        freeze();
    }

    private void freeze() {
        List<LayerGroup> groups = net.groups(Granularity.STAGES);
        int first = freezeTo < 0 ? groups.size() + freezeTo : freezeTo;
        List<ParamGroup> trained = new ArrayList<>();
        net.train();
        for (int i = 0; i < groups.size(); i++) {
            LayerGroup group = groups.get(i);
            group.requiresGrad(i >= first);
            group.train(i >= first);
            if (i >= first) {
                trained.add(ParamGroup.group(group.name(), group.parameters()).lr(rate).momentum(0.9));
            }
        }
        sgd = new SGD(trained.toArray(ParamGroup[]::new));
    }

    @TearDown
    public void tearDown() {
        sgd.close();
        device.close();
    }

    @Benchmark
    public float step() {
        try (Scope scope = device.scope()) {
            Tensor loss = crossEntropy(net.call(device.tensor(shape, images)), device.labels(labels));
            float value = loss.item();
            sgd.zeroGrad();
            loss.backward();
            sgd.step();
            return value;
        }
    }
}
