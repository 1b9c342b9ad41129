package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.CountingBackend;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;
import thaw.kernels.Shape;

/** The backend calls of a network: none that a fusion replaces, and none for frozen layers' gradients. */
class FusionTest {

    private final CountingBackend counting = CountingBackend.of();
    private final Device device = Device.of(counting.backend());

    @AfterEach
    void close() {
        device.close();
    }

    private static Tensor images(Device device, int size) {
        Shape shape = Shape.of(2, 3, size, size);
        return device.tensor(shape, new Random(1).doubles(shape.size(), -1, 1).toArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "resnet20"})
    void inferenceIsConvolutionsAndTheirEpilogues(String name) {
        ResNet net = ResNet.of(Architecture.byName(name), device, 5, 1);
        net.eval();
        int convolutions = (int) net.namedModules().values().stream().filter(m -> m instanceof Conv2d).count();
        counting.reset();
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            net.call(images(device, 8));
        }
        assertEquals(convolutions, counting.calls("conv2d"));
        for (String pass : List.of("batchNormEval", "batchNormTrain", "unary", "add")) {
            assertEquals(0, counting.calls(pass), pass);
        }
        assertEquals(1, counting.calls("binary"), "the classifier's bias");
    }

    @Test
    void aTrainingStepNormalisesAddsAndRectifiesTogether() {
        ResNet net = ResNet.of(Architecture.byName("resnet18"), device, 5, 1);
        counting.reset();
        try (Scope scope = device.scope()) {
            Functional.crossEntropy(net.call(images(device, 8)), device.labels(1, 3)).backward();
        }
        assertEquals(20, counting.calls("batchNormTrain"));
        assertEquals(20, counting.calls("batchNormTrainGradient"));
        for (String pass : List.of("unary", "unaryGradient")) {
            assertEquals(1, counting.calls(pass), pass + ": of the stem's pooled result");
        }
        assertEquals(1, counting.calls("binary") - counting.calls("crossEntropy"), "the classifier's bias, the loss's gradient");
        assertEquals(8, counting.calls("addConv2dInputGradient"), "where a residual's gradient is there already");
        assertEquals(11, counting.calls("conv2dInputGradient"), "all others except the stem's");
    }

    /** Only the last stage and the head are trained; the other layers normalise by the batch, as in fastai, or are constant. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void belowTheLowestTrainableLayerNothingIsKeptOrFormed(boolean frozenInTraining) {
        ResNet net = ResNet.of(Architecture.byName("resnet18"), device, 5, 1);
        net.requiresGrad(false);
        net.train(frozenInTraining);
        for (String name : List.of("layer4", "avgpool", "flatten", "fc")) {
            net.children().get(name).requiresGrad(true).train();
        }
        Tensor images = images(device, 16);
        try (Scope scope = device.scope()) {
            long before = device.backend().memory().inUse();
            Tensor y = images;
            for (String name : List.of("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3")) {
                Tensor next = net.children().get(name).call(y);
                scope.release(y);
                y = next;
            }
            assertEquals((long) y.shape().size() * Double.BYTES, device.backend().memory().inUse() - before);
        }
        counting.reset();
        try (Scope scope = device.scope()) {
            Functional.crossEntropy(net.call(images), device.labels(1, 3)).backward();
        }
        assertEquals(frozenInTraining ? 20 : 5, counting.calls("batchNormTrain"));
        assertEquals(20, counting.calls("conv2d"));
        assertEquals(0, counting.calls("batchNormEval"));
        assertEquals(5, counting.calls("batchNormTrainGradient"));
        assertEquals(5, counting.calls("conv2dWeightGradient"));
        assertEquals(3, counting.calls("conv2dInputGradient") + counting.calls("addConv2dInputGradient"),
                "all of layer4 except layer4.0.conv1 and layer4.0.downsample.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "resnet50", "resnet20"})
    void theProcessorsFusedNetworkIsTheHookedOne(String name) {
        try (Device cpu = Device.cpu(2)) {
            ResNet net = ResNet.of(Architecture.byName(name), cpu, 5, 1);
            net.train();
            try (Scope scope = cpu.scope(); NoGrad off = cpu.noGrad()) {
                net.call(images(cpu, 32));
                net.eval();
                float[] fused = net.call(images(cpu, 32)).toFloats();
                net.namedModules().values().stream().filter(m -> m instanceof BatchNorm2d)
                        .forEach(m -> m.onForward((module, y) -> {}));
                assertArrayEquals(net.call(images(cpu, 32)).toFloats(), fused, 1e-4f * largest(fused));
            }
        }
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float v : values) {
            largest = Math.max(largest, Math.abs(v));
        }
        return largest;
    }

    @Test
    void checkpointedBlocksAreFusedToo() {
        ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 5, 1).checkpointBlocks();
        net.eval();
        counting.reset();
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            net.call(images(device, 8));
        }
        assertEquals(0, counting.calls("unary") + counting.calls("batchNormEval"));
    }
}
