package thaw.finetune.diagnostics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.nn.Linear;
import thaw.engine.optim.OneCycle;
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
        for (int i = 0; i < 4; i++) {                           // the second of two is measured
            gradient(layer.weight(), i % 2 == 0 ? 9 : 0, 1);
            gradient(layer.bias(), 0);
            meter.beforeStep(groups, List.of(0.1 * i));
            sgd.step();
            meter.afterStep(groups);
            layer.weight().set(3, 0);
        }
        assertEquals(1, meter.gradNorm("only"), 1e-6);
        assertEquals(0.5 / 5, meter.updateRatio("only"), 1e-6);
        assertEquals((0.1 + 0.3) / 2, meter.rate("only"), 1e-12);
        assertTrue(Double.isNaN(meter.updateRatio("other")));
        GroupMeter other = new GroupMeter(device, 2);
        other.restore(meter.state());
        assertEquals(meter.state(), other.state());
    }

    /** Under a schedule, the mean over the measured steps is that over all steps, however long the epoch. */
    @Test
    void theMeasuredStepsAreSpreadOverTheSchedule() {
        for (int steps : new int[] {1, 7, 13, 20, 100, 128}) {
            Linear layer = new Linear(device, 2, 1);
            List<LayerGroup> groups = List.of(new LayerGroup("only", Map.of("fc", layer)));
            layer.bias().set(0);
            GroupMeter meter = new GroupMeter(device, 10);
            meter.stepsPerEpoch(steps);
            OneCycle cycle = OneCycle.fastai(2 * steps);        // the epoch is the first half: mostly the rise
            double mean = 0;
            for (int i = 0; i < steps; i++) {
                layer.weight().set(3, 4);
                gradient(layer.weight(), 5, 0);
                gradient(layer.bias(), 0);
                SGD sgd = new SGD(ParamGroup.group("all", layer).lr(cycle.lr(i, 0.1)));
                meter.beforeStep(groups, List.of(cycle.lr(i, 0.1)));
                sgd.step();
                meter.afterStep(groups);
                mean += cycle.lr(i, 0.1) / steps;               // ‖Δw‖/‖w‖ = rate · 5/5
            }
            assertEquals(mean, meter.updateRatio("only"), (steps < 20 ? 1e-6 : 0.05) * mean, steps + " steps");
            assertEquals(mean, meter.rate("only"), (steps < 20 ? 1e-9 : 0.05) * mean, steps + " steps");
        }
    }

    /** The statistics of batch norm follow new images in a forward pass alone; that is no drift of features. */
    @Test
    void statisticsAreNoDrift() {
        ResNet net = ResNet.resnet20(device, 2);
        SplittableRandom random = new SplittableRandom(2);
        float[] images = new float[6 * 3 * 8 * 8];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextDouble(-1, 1);
        }
        FeatureDrift drift = new FeatureDrift(net, net.groups(), Shape.of(6, 3, 8, 8), images);
        float[] before = net.namedBuffers().get("layer1.0.bn1.running_var").toFloats();
        for (int i = 0; i < images.length; i++) {
            images[i] = 3 * images[i] + 1;
        }
        net.train();
        net.call(device.tensor(Shape.of(6, 3, 8, 8), images));
        float[] after = net.namedBuffers().get("layer1.0.bn1.running_var").toFloats();
        assertFalse(Arrays.equals(before, after));
        drift.similarity(net.groups()).forEach((group, similarity) -> assertEquals(1, similarity, 1e-9, group));
        assertArrayEquals(after, net.namedBuffers().get("layer1.0.bn1.running_var").toFloats(), "the probe leaves no trace");
    }

    /** Accuracy is a function of one group's weights here, so that rewinding it alone brings the first value back. */
    @Test
    void rewindingPutsOneGroupBack() {
        ResNet net = ResNet.resnet20(device, 2);
        Tensor early = net.namedParameters().get("layer1.0.conv1.weight");
        Tensor head = net.namedParameters().get("fc.bias");
        try (Diagnostics diagnostics = new Diagnostics(net, DiagnosticsOptions.standard())) {
            float first = early.toFloats()[0];
            early.set(filled(early, 0.25f));
            head.set(filled(head, 0.75f));
            Map<String, GroupResilience> found = new HashMap<>();
            diagnostics.resilience(net.groups(), () -> early.toFloats()[0] + head.toFloats()[0])
                    .forEach(group -> found.put(group.group(), group));
            String earlyGroup = net.groups().get(0).name();
            String middle = net.groups().get(1).name();
            assertEquals(first + 0.75f, found.get(earlyGroup).rewound(), 1e-6);
            assertEquals(1, found.get(middle).rewound(), 1e-6);
            assertEquals(1, found.get(middle).noisy(), 1e-6);
            assertTrue(Math.abs(found.get(earlyGroup).noisy() - 1) > 1e-3, found.toString());
            assertEquals(0.25f, early.toFloats()[0], "put back to the bit");
        }
        assertEquals(List.of(), new Diagnostics(net, DiagnosticsOptions.off()).resilience(net.groups(), () -> 1));
    }

    private static float[] filled(Tensor like, float value) {
        float[] values = new float[like.shape().size()];
        Arrays.fill(values, value);
        return values;
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
            assertTrue(diagnostics.warning(List.of(calm, calm, head), 1).isEmpty());
            String warning = diagnostics.warning(List.of(calm, torn, head), 1).orElseThrow();
            assertTrue(warning.contains("group middle moved by 0.020") && warning.contains("divide its rate by 2 or more"), warning);
            assertTrue(warning.contains("in epoch 1 of the run"), warning);
            assertFalse(warning.contains("head"), warning);
        }
    }
}
