package thaw.finetune.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

class NetworkStepTest {

    /** The names of all tensors that some steps change, cut down to the network's children and blocks. */
    private static TreeSet<String> changedBy(Mode mode) {
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 10, 0);
            Map<String, StoredTensor> before = new TreeMap<>(net.stateDict());
            try (NetworkStep step = NetworkStep.of(net, mode, 4, 16)) {
                step.run();
                step.run();
            }
            TreeSet<String> changed = new TreeSet<>();
            net.stateDict().forEach((name, now) -> {
                if (!Arrays.equals(now.toDoubles(), before.get(name).toDoubles())) {
                    changed.add(name.replaceAll("\\.(conv|bn)\\d\\..*|\\.(weight|bias|running_.*|num_batches.*)", ""));
                }
            });
            return changed;
        }
    }

    @Test
    void inferenceChangesNothing() {
        assertEquals(new TreeSet<>(), changedBy(Mode.INFER));
    }

    @Test
    void trainingChangesAllLayers() {
        TreeSet<String> changed = changedBy(Mode.TRAIN);
        assertTrue(changed.contains("conv1") && changed.contains("bn1") && changed.contains("layer1.0")
                && changed.contains("layer3.2") && changed.contains("fc"), changed::toString);
        assertEquals(3 + 9, changed.size(), changed::toString);
    }

    /** Neither parameters nor running statistics before the last block. */
    @Test
    void trainingTheHeadChangesTheLastBlockAndTheHead() {
        assertEquals(new TreeSet<>(Set.of("layer3.2", "fc")), changedBy(Mode.TRAIN_HEAD));
    }

    @Test
    void stepsAreTheNetworksOwn() {
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 10, 0);
            try (NetworkStep infer = NetworkStep.of(net, Mode.INFER, 2, 16)) {
                float[] scores = infer.run();
                assertEquals(20, scores.length);
                assertArrayEquals(scores, infer.run());
            }
            try (NetworkStep train = NetworkStep.of(net, Mode.TRAIN, 8, 16)) {
                float first = train.run()[0];
                float last = first;
                for (int i = 0; i < 10; i++) {
                    last = train.run()[0];
                }
                assertTrue(last < first, first + " then " + last);
            }
        }
    }
}
