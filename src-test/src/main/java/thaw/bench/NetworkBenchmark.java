package thaw.bench;

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
import thaw.engine.NoGrad;
import thaw.engine.Ops;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** A prediction and a training step of whole networks, milliseconds a batch. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class NetworkBenchmark {

    /** Architecture, batch, image size. */
    @Param({"resnet18,1,224", "resnet18,16,224", "resnet50,1,224", "resnet50,8,224", "resnet20,128,32"})
    String network;

    @Param({"vector", "plain"})
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
        String[] p = network.split(",");
        int batch = Integer.parseInt(p[1]);
        int size = Integer.parseInt(p[2]);
        net = ResNet.of(Architecture.byName(p[0]), device, 10);
        sgd = new SGD(ParamGroup.group("all", net).lr(1e-3).momentum(0.9).weightDecay(1e-4));
        shape = Shape.of(batch, 3, size, size);
        images = new float[shape.size()];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) Math.sin(i);
        }
        labels = new int[batch];
        for (int i = 0; i < batch; i++) {
            labels[i] = i % 10;
        }
    }

    @TearDown
    public void tearDown() {
        device.close();
    }

    @Benchmark
    public float predict() {
        net.eval();
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            return net.call(device.tensor(shape, images)).toFloats()[0];
        }
    }

    @Benchmark
    public float trainingStep() {
        net.train();
        try (Scope step = device.scope()) {
            Tensor loss = Ops.crossEntropy(net.call(device.tensor(shape, images)), device.labels(labels));
            sgd.zeroGrad();
            loss.backward();
            sgd.step();
            return loss.item();
        }
    }
}
