package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.SGD;
import thaw.finetune.data.Batch;
import thaw.finetune.data.Batches;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.LearningRates;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

class AutoRgnTest {

    private static final double HEAD_RATE = 0.05;

    @TempDir
    private Path folder;

    /** The rule of auto, written down again: rate = STEP·ρ²/w̄·min(2, w/w̄) of tensors outside batch norm and the head. */
    @ParameterizedTest
    @ValueSource(doubles = {1, 20})
    void autoFollowsLossAndGradients(double headSize) throws IOException {
        try (Device device = Device.cpu(1)) {
            device.generator().seed(3);
            ResNet net = ResNet.resnet20(device, 2);
            net.train();
            Learner learn = new Learner(net, ColourFolder.in(folder));
            List<LayerGroup> groups = learn.groups();
            Tensor head = groups.get(2).parameters().get(0);
            try (Scope scope = device.scope()) {
                head.set(head.detach().mul(headSize).toFloats());
            }
            Objective loss = Objective.standard(learn.data().labels());
            Map<Tensor, List<Double>> ratios = new HashMap<>();
            List<Double> losses = new ArrayList<>();
            Optimizer sgd = TrainingLoop.optimizer(SGD::new, groups, LearningRates.auto().forGroups(List.of("early", "middle", "head")));
            try (Batches batches = learn.data().train().epoch(0)) {
                new AutoRgn(learn, LearningRates.auto(), sgd).choose(batches, 1, batch -> {
                    net.zeroGrad();
                    double value = backward(loss, net, batch);
                    losses.add(value);
                    for (LayerGroup group : groups.subList(0, 2)) {
                        group.parameters().stream().filter(p -> group.batchNormParameters().stream().noneMatch(q -> q == p)).forEach(
                                p -> ratios.computeIfAbsent(p, q -> new ArrayList<>()).add(norm(p.grad()) / norm(p)));
                    }
                    return value;
                });
            }
            double rho = Math.min(1, losses.stream().mapToDouble(v -> v).average().orElseThrow() / Math.log(2));
            double mean = ratios.values().stream().mapToDouble(AutoRgnTest::mean).average().orElseThrow();
            assertTrue(losses.size() > 1 && ratios.size() == 19, losses + ", " + ratios.size());
            for (int g = 0; g < 2; g++) {
                for (Tensor p : groups.get(g).parameters()) {
                    if (ratios.containsKey(p)) {
                        double w = mean(ratios.get(p));
                        double expected = 8e-3 * rho * rho / mean * Math.min(2, w / mean);
                        assertEquals(expected, sgd.stepSize(sgd.groups().get(g), p), 1e-4 * expected);
                    }
                }
            }
            assertEquals(HEAD_RATE, sgd.stepSize(sgd.groups().get(2), head));
        }
    }

    private static double backward(Objective loss, ResNet net, Batch batch) {
        try (Scope scope = net.device().scope()) {
            Tensor mean = loss.of(batch.scores(net), batch);
            mean.backward();
            return mean.item();
        }
    }

    private static double norm(Tensor t) {
        double sum = 0;
        for (float value : t.toFloats()) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(v -> v).average().orElseThrow();
    }
}
