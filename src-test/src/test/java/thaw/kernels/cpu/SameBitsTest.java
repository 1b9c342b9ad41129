package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.finetune.bench.Mode;
import thaw.finetune.bench.NetworkStep;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Bench;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Reduction;
import thaw.kernels.SgdOps;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** A Java process without the Vector API gives the bits of this one with it, in the operators of a step of training, in networks' predictions and in training. */
class SameBitsTest {

    /** Prints the results without vectors. */
    public static void main(String[] args) {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            throw new IllegalStateException("the Vector API's module is present");
        }
        try (Backend backend = CpuBackend.create(2)) {
            System.out.println(results(backend));
        }
    }

    @Test
    void withAndWithoutTheVectorApi() throws IOException, InterruptedException {
        assumeTrue(CpuBackend.hasVectors(), "the Vector API is missing: run Java with --add-modules jdk.incubator.vector");
        String expected;
        try (CpuBackend backend = CpuBackend.create(2)) {
            expected = results(backend);
        }
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), SameBitsTest.class.getName()).redirectErrorStream(true).start();
        String found = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertEquals(0, process.waitFor(), found);
        assertEquals(expected, found);
    }

    @Test
    void otherWidthsAreRefused() {
        assertEquals("lanes: 3; vectors have 4, 8 or 16 floats",
                assertThrows(IllegalArgumentException.class, () -> CpuBackend.scalar(1, 3)).getMessage());
    }

    /** The hash code of each operator's result. */
    private static String results(Backend backend) {
        List<Integer> hashes = new ArrayList<>();
        try (Bench b = new Bench(backend, 5)) {
            for (Conv2dOptions o : List.of(Conv2dOptions.of(1, 1), Conv2dOptions.of(2, 1), Conv2dOptions.of(3, 1),
                    Conv2dOptions.of(1, 1, 1, 16))) {
                Array x = b.normal(2, 64, 17, 14);
                Array w = b.normal(48, 64 / o.groups(), 3, 3);
                Array y = backend.conv2d(x, w, new Epilogue(b.normal(48), b.normal(48), null, true), o);
                Array gy = b.normal(y.shape());
                add(backend, hashes, y, backend.conv2dInputGradient(gy, w, x.shape(), o),
                        backend.conv2dWeightGradient(gy, x, w.shape(), o));
            }
            Array x = b.normal(3, 40, 15, 13);
            Backend.Normalized n = backend.batchNormTrain(x, b.normal(40), b.normal(40), null, null, 0.1, 1e-5, null, true);
            Backend.NormGradients g = backend.batchNormTrainGradient(b.normal(x.shape()), x, n.y(), b.normal(40), n.mean(),
                    n.invStd(), true, false);
            Backend.Pooled max = backend.maxPool2d(x, Pool2dOptions.of(3, 2, 1), true);
            add(backend, hashes, n.y(), n.mean(), n.invStd(), g.x(), g.weight(), g.bias(), max.values(), max.indices(),
                    backend.adaptiveAvgPool2d(x, 1, 1));
            Array scores = backend.matmul(b.normal(6, 40), false, b.normal(10, 40), true);
            Array classes = b.integers(10, 6);
            Backend.Loss loss = backend.crossEntropy(scores, classes, null, 0.1, Reduction.MEAN);
            Array p = b.mutable(b.normal(Shape.of(6, 10)));
            backend.sgd(new SgdOps.Options(0.1, 0.9, 0, 1e-4, true, false), List.of(p), List.of(loss.gradient()),
                    List.of(backend.zeros(p.shape())), new boolean[] {true});
            add(backend, hashes, scores, loss.value(), loss.gradient(), p);
        }
        network(hashes, Device.of(backend), "resnet18", 64);
        network(hashes, Device.of(backend), "resnet20", 32);
        return hashes.toString();
    }

    /** A prediction, and the state of the network after steps of training. */
    private static void network(List<Integer> hashes, Device device, String architecture, int size) {
        ResNet net = ResNet.of(Architecture.byName(architecture), device, 10, 1);
        try (NetworkStep prediction = NetworkStep.of(net, Mode.INFER, 2, size)) {
            hashes.add(Arrays.hashCode(prediction.run()));
        }
        try (NetworkStep training = NetworkStep.of(net, Mode.TRAIN, 3, size)) {
            training.run();
            training.run();
        }
        net.stateDict().values().forEach(tensor -> hashes.add(Arrays.hashCode(tensor.toFloats())));
    }

    private static void add(Backend backend, List<Integer> hashes, Array... results) {
        for (Array y : results) {
            hashes.add(Arrays.hashCode(Bench.read(backend, y)));
        }
    }
}
