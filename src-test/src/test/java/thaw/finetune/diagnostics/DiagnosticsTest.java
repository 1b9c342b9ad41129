package thaw.finetune.diagnostics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.nn.Linear;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.kernels.Shape;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

class DiagnosticsTest {

    private final Device device = Device.cpu(1);

    @AfterEach
    void close() {
        device.close();
    }

    private static void gradient(Tensor p, float... g) {
        p.zeroGrad();
        p.mul(1).backward(p.device().tensor(p.shape(), g));
    }

    @Test
    void normsAndRatiosByHand() {
        Linear layer = new Linear(device, 2, 1);
        List<LayerGroup> groups = List.of(new LayerGroup("only", Map.of("fc", layer)));
        layer.weight().set(3, 0);
        layer.bias().set(4);
        SGD sgd = new SGD(ParamGroup.group("all", layer).lr(0.5));
        GroupMeter meter = new GroupMeter(device, 2);
        for (int i = 0; i < 3; i++) {                           // of which the second isn't looked at
            gradient(layer.weight(), i == 1 ? 9 : 0, 1);
            gradient(layer.bias(), 0);
            meter.beforeStep(groups);
            sgd.step();
            meter.afterStep(groups);
            layer.weight().set(3, 0);
        }
        assertEquals(1, meter.gradNorm("only"), 1e-6);
        assertEquals(0.5 / 5, meter.updateRatio("only"), 1e-6);
        assertTrue(Double.isNaN(meter.updateRatio("other")));
        GroupMeter other = new GroupMeter(device, 2);
        other.restore(meter.state());
        assertEquals(meter.state(), other.state());
    }

    @Test
    void anUntouchedNetworkHasNotDrifted() {
        ResNet net = ResNet.resnet20(device, 2);
        float[] images = new float[6 * 3 * 8 * 8];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextDouble(-1, 1);
        }
        try (Diagnostics diagnostics = new Diagnostics(net, DiagnosticsOptions.standard())) {
            diagnostics.drift(new FeatureDrift(net, net.groups(), Shape.of(6, 3, 8, 8), images));
            for (GroupActivity group : diagnostics.epoch(net.groups(), List.of(0.1, 0.2, 0.3))) {
                assertEquals(0, group.distance());
                assertEquals(0, group.drift(), 1e-9);
                assertTrue(Double.isNaN(group.gradNorm()));
            }
            assertTrue(net.isTraining());

            Tensor weight = net.namedParameters().get("layer3.0.conv1.weight");
            float[] values = new float[weight.shape().size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextDouble(-1, 1);
            }
            weight.set(values);
            List<GroupActivity> after = diagnostics.epoch(net.groups(), List.of(0.1, 0.2, 0.3));
            assertEquals(0, after.get(0).drift(), 1e-9);                    // before the layer that was changed
            assertEquals(0, after.get(0).relativeDistance());
            assertTrue(after.get(1).drift() > 0.01 && after.get(1).drift() < 1, after.toString());
            assertTrue(after.get(1).relativeDistance() > 0, after.toString());
            assertEquals(0, after.get(2).distance());
        }
    }

    @Test
    void warnsOfABodyThatIsTornUpButNotOfTheHead() {
        try (Diagnostics diagnostics = new Diagnostics(ResNet.resnet20(device, 2), DiagnosticsOptions.off())) {
            GroupActivity calm = new GroupActivity("early", 0.1, 1, 0.009, 1, 1, 1);
            GroupActivity torn = new GroupActivity("middle", 0.1, 1, 0.02, 1, 1, 1);
            GroupActivity head = new GroupActivity("head", 0.1, 1, 0.5, 1, 1, 1);
            assertTrue(diagnostics.warning(new EpochActivity(1, 2, List.of(calm, calm, head))).isEmpty());
            String warning = diagnostics.warning(new EpochActivity(1, 2, List.of(calm, torn, head))).orElseThrow();
            assertTrue(warning.contains("group middle moved by 0.020") && warning.contains("say 0.0050"), warning);
            assertFalse(warning.contains("head"), warning);
        }
    }
}
