package thaw.engine.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.optim.ParamGroup.group;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

class LDoGTest {

    private final Device device = Device.cpu(1);

    @AfterEach
    void close() {
        device.close();
    }

    private LDoG optimizer(SmallTraining training, double repsRel, double weightDecay) {
        return new LDoG(group("all", training.net).set(LDoG.REPS_REL, repsRel).weightDecay(weightDecay));
    }

    @Test
    void followsTheFormulaForThreeEpochs() {
        SmallTraining training = new SmallTraining(device);
        try (LDoG dog = optimizer(training, 1e-2, 0);
                WeightAverage average = new WeightAverage(training.net, new WeightAverage.PolynomialDecay(8))) {
            for (int epoch = 0; epoch < SmallTraining.EPOCHS; epoch++) {
                for (int batch = 0; batch < SmallTraining.BATCHES; batch++) {
                    training.backward(batch);
                    dog.step();
                    average.update();
                }
                training.assertAfter("l-dog", epoch, 1e-6);
                int e = epoch;
                average.stateDict().forEach((name, t) -> training.assertClose("l-dog", e, "average." + name, t.toFloats(), 1e-6));
            }
        }
    }

    @Test
    void weightDecayIsPartOfTheGradient() {
        SmallTraining training = new SmallTraining(device);
        try (LDoG dog = optimizer(training, 1e-1, 1e-2);
                WeightAverage mean = new WeightAverage(training.net, new WeightAverage.PolynomialDecay(0))) {
            for (int epoch = 0; epoch < SmallTraining.EPOCHS; epoch++) {
                for (int batch = 0; batch < SmallTraining.BATCHES; batch++) {
                    training.backward(batch);
                    dog.step();
                    mean.update();
                }
                training.assertAfter("l-dog, decay", epoch, 1e-6);
                int e = epoch;
                mean.stateDict().forEach((name, t) -> training.assertClose("l-dog, decay", e, "average." + name, t.toFloats(), 1e-6));
            }
        }
    }

    /** The first step is repsRel·(1 + ‖p‖) long, whatever the gradient's size. */
    @Test
    void theFirstStepDependsOnTheWeightsAlone() {
        for (float size : new float[] {1e-2f, 1, 1e4f}) {
            Tensor p = device.tensor(Shape.of(2), 3, 4).requiresGrad(true);
            try (LDoG dog = new LDoG(group("p", p))) {
                p.mul(1).backward(device.tensor(Shape.of(2), 0, size));
                assertEquals(0, dog.stepSize(dog.group("p"), p));
                dog.step();
                assertEquals(4 - 1e-4 * 6, p.toFloats()[1], 1e-6);
                assertEquals(6e-4 / size, dog.stepSize(dog.group("p"), p), 1e-3 * 6e-4 / size);
            }
        }
    }

    @Test
    void resumesToTheSameBits() {
        SmallTraining through = new SmallTraining(device);
        SmallTraining interrupted = new SmallTraining(device);
        try (LDoG dog = optimizer(through, 1e-2, 0);
                LDoG first = optimizer(interrupted, 1e-2, 0);
                LDoG second = optimizer(interrupted, 1e-3, 0)) {
            Weights saved = null;
            for (int step = 0; step < 6; step++) {
                through.backward(step % SmallTraining.BATCHES);
                dog.step();
                interrupted.backward(step % SmallTraining.BATCHES);
                (step < 3 ? first : second).step();
                if (step == 2) {
                    saved = first.stateDict();
                    second.loadStateDict(saved);
                }
            }
            for (String name : through.net.namedParameters().keySet()) {
                assertArrayEquals(through.parameter(name).toFloats(), interrupted.parameter(name).toFloats(), name);
            }
            assertEquals(1e-2, second.groups().get(0).get(LDoG.REPS_REL));
        }
    }

    @Test
    void aParameterWithoutGradientStartsLater() {
        Tensor moves = device.tensor(Shape.of(1), 1).requiresGrad(true);
        Tensor waits = device.tensor(Shape.of(1), 1).requiresGrad(true);
        try (LDoG dog = new LDoG(group("both", moves, waits))) {
            moves.mul(1).backward(device.tensor(Shape.of(1), 1));
            dog.step();
            assertEquals(1, waits.item());
            waits.mul(1).backward(device.tensor(Shape.of(1), 1));
            dog.step();
            assertEquals(1 - 2e-4, waits.item(), 1e-7);
        }
    }

    @Test
    void wrongOptionsAreRefused() {
        Tensor p = device.tensor(Shape.of(1), 1).requiresGrad(true);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new LDoG(group("p", p).set(LDoG.REPS_REL, 0))).getMessage()
                .contains("reps_rel 0.0, it must be above 0"));
        assertThrows(IllegalArgumentException.class, () -> new LDoG(group("p", p).set(LDoG.EPS, 0)));
        assertFalse(new LDoG(group("p", p)).groups().get(0).has(ParamGroup.MOMENTUM));
        assertThrows(IllegalArgumentException.class, () -> new WeightAverage.PolynomialDecay(-1));
        assertEquals(0, new WeightAverage.PolynomialDecay(0).at(1));
    }
}
