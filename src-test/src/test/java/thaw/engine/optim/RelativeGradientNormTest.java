package thaw.engine.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static thaw.engine.optim.ParamGroup.group;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

class RelativeGradientNormTest {

    private static final double BASE = 0.3;

    private final Device device = Device.cpu(1);

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void byTensorFollowsTheFormulaForThreeEpochs() {
        SmallTraining training = new SmallTraining(device);
        List<Tensor> norm = List.of(training.parameter("norm.weight"), training.parameter("norm.bias"));
        try (SGD sgd = new SGD(group("all", training.net).lr(BASE).momentum(0.9).weightDecay(1e-4))) {
            train(training, sgd, "auto-rgn", rgn -> {
                double most = largest(training, rgn);
                training.net.parameters().forEach(p -> sgd.lrScale(p,
                        rgn.of(norm.stream().anyMatch(n -> n == p) ? training.parameter("conv.weight") : p) / most));
            });
        }
    }

    @Test
    void byGroupFollowsTheFormulaForThreeEpochs() {
        SmallTraining training = new SmallTraining(device);
        ParamGroup early = group("early", training.parameter("conv.weight"), training.parameter("norm.weight"),
                training.parameter("norm.bias")).lr(BASE).momentum(0.5);
        ParamGroup late = group("late", training.parameter("fc.weight"), training.parameter("fc.bias")).lr(BASE).momentum(0.5);
        try (SGD sgd = new SGD(early, late)) {
            train(training, sgd, "auto-rgn, groups", rgn -> {
                double most = Math.max(rgn.mean(early.parameters()), rgn.mean(late.parameters()));
                sgd.groups().forEach(g -> g.parameters().forEach(p -> sgd.lrScale(p, rgn.mean(g.parameters()) / most)));
            });
        }
    }

    private interface Rule {
        void scale(RelativeGradientNorm rgn);
    }

    private void train(SmallTraining training, SGD sgd, String name, Rule rule) {
        for (int epoch = 0; epoch < SmallTraining.EPOCHS; epoch++) {
            RelativeGradientNorm rgn = new RelativeGradientNorm();
            training.keepingStatistics(() -> {
                for (int batch = 0; batch < SmallTraining.BATCHES; batch++) {
                    training.backward(batch);
                    rgn.add(outsideBatchNorm(training));
                }
            });
            rule.scale(rgn);
            for (int batch = 0; batch < SmallTraining.BATCHES; batch++) {
                training.backward(batch);
                sgd.step();
            }
            training.assertAfter(name, epoch, 1e-6);
            for (ParamGroup g : sgd.groups()) {
                for (Map.Entry<String, Tensor> p : training.net.namedParameters().entrySet()) {
                    if (g.parameters().contains(p.getValue())) {
                        training.assertClose(name, epoch, "rate." + p.getKey(), new float[] {(float) sgd.stepSize(g, p.getValue())}, 1e-6);
                    }
                }
            }
        }
    }

    private static List<Tensor> outsideBatchNorm(SmallTraining training) {
        return List.of(training.parameter("conv.weight"), training.parameter("fc.weight"), training.parameter("fc.bias"));
    }

    private static double largest(SmallTraining training, RelativeGradientNorm rgn) {
        return outsideBatchNorm(training).stream().mapToDouble(rgn::of).max().orElseThrow();
    }

    @Test
    void scalesAreOfEachParameterAndResumed() {
        Tensor fast = device.tensor(Shape.of(1), 1).requiresGrad(true);
        Tensor slow = device.tensor(Shape.of(1), 1).requiresGrad(true);
        Tensor still = device.tensor(Shape.of(1), 1).requiresGrad(true);
        ParamGroup all = group("all", fast, slow, still).lr(0.5).weightDecay(0.1);
        try (SGD sgd = new SGD(all)) {
            sgd.lrScale(slow, 0.1);
            sgd.lrScale(still, 0);
            for (Tensor p : all.parameters()) {
                p.mul(1).backward(device.tensor(Shape.of(1), 1));
            }
            sgd.step();
            assertEquals(0.5, all.lr());
            assertEquals(1 - 0.5 * 1.1, fast.item(), 1e-6);
            assertEquals(1 - 0.05 * 1.1, slow.item(), 1e-6);
            assertEquals(1, still.item());
            assertEquals(0.05, sgd.stepSize(all, slow));
            try (SGD other = new SGD(group("all", fast, slow, still))) {
                other.loadStateDict(sgd.stateDict());
                assertArrayEquals(new double[] {0.5, 0.05, 0},
                        all.parameters().stream().mapToDouble(p -> other.stepSize(other.group("all"), p)).toArray());
            }
            assertThrows(IllegalArgumentException.class, () -> sgd.lrScale(fast, -1));
        }
    }

    @Test
    void aZeroParameterHasNone() {
        Tensor p = device.tensor(Shape.of(2), 0, 0).requiresGrad(true);
        Tensor q = device.tensor(Shape.of(2), 3, 4).requiresGrad(true);
        for (Tensor t : List.of(p, q)) {
            t.mul(1).backward(device.tensor(Shape.of(2), 0, 2));
        }
        RelativeGradientNorm rgn = new RelativeGradientNorm();
        assertEquals(0, rgn.of(q));
        rgn.add(List.of(p, q));
        rgn.add(List.of(p, q));
        assertEquals(0, rgn.of(p));
        assertEquals(0.4, rgn.of(q), 1e-6);
        assertEquals(0.2, rgn.mean(List.of(p, q)), 1e-6);
    }
}
