package thaw.extension;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.optim.ParamGroup.group;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.Weights;
import thaw.engine.nn.Linear;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.Schedule;
import thaw.kernels.Shape;

/** An optimizer and a schedule that are written outside Thaw: {@link RMSprop} and a triangle. */
class OwnOptimizerTest {

    private static final Schedule TRIANGLE = (step, base) -> base * (1 - Math.abs(step % 20 - 10) / 12.0);

    private final Device device = Device.cpu(1);

    @AfterEach
    void close() {
        device.close();
    }

    private static void gradient(Tensor p, double... g) {
        p.zeroGrad();
        p.mul(1).backward(p.device().tensor(p.shape(), g));
    }

    /** Values by PyTorch 2.13's torch.optim.RMSprop in float64; the second group has no gradient in the second step. */
    @Test
    void twoGroupsMoveAsInPyTorch() {
        try (Device exact = Device.reference()) {
            Tensor p = exact.tensor(Shape.of(3), 1.0, -2, 0.5).requiresGrad(true);
            Tensor q = exact.tensor(Shape.of(1, 2), 3.0, 0.25).requiresGrad(true);
            Optimizer rmsProp = new RMSprop(group("p", p).lr(0.1).set(RMSprop.ALPHA, 0.8).momentum(0.5).weightDecay(0.05)
                    .set(RMSprop.EPS, 1e-3), group("q", q));
            gradient(p, 0.5, -1, 2);
            gradient(q, 1, -1);
            rmsProp.step();
            assertArrayEquals(new double[] {0.7772986121444366, -1.776846825584011, 0.2766398434813498}, p.toDoubles(), 1e-12);
            assertArrayEquals(new double[] {2.900000009999999, 0.3499999900000009}, q.toDoubles(), 1e-12);
            gradient(p, 0.25, 0.5, -0.5);
            q.zeroGrad();
            rmsProp.step();
            assertArrayEquals(new double[] {0.5531649725361365, -1.7513089169779303, 0.22285947050605978}, p.toDoubles(), 1e-12);
            assertArrayEquals(new double[] {2.900000009999999, 0.3499999900000009}, q.toDoubles(), 1e-12);
            gradient(p, -1, 0.125, 0.75);
            gradient(q, 0.5, 2);
            rmsProp.step();
            assertArrayEquals(new double[] {0.6386960506951433, -1.7472892418736623, 0.10368164217895784}, p.toDoubles(), 1e-12);
            assertArrayEquals(new double[] {2.855098688525563, 0.2604676978008478}, q.toDoubles(), 1e-12);
        }
    }

    /** A network of two layers that learns the sign of a product, with its optimizer. */
    private final class Training {
        private final Linear body = new Linear(device, 2, 12);
        private final Linear head = new Linear(device, 12, 1);
        private final Optimizer optimizer;

        Training() {
            Random random = new Random(3);
            for (Tensor p : new Tensor[] {body.weight(), body.bias(), head.weight(), head.bias()}) {
                float[] values = new float[p.shape().size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) random.nextGaussian() * 0.5f;
                }
                p.set(values);
            }
            optimizer = new RMSprop(group("body", body).lr(0.01).momentum(0.5),
                    group("head", head).lr(0.02).weightDecay(1e-3).decayBiasAndNorm(false));
        }

        double step(int number) {
            Random random = new Random(number);
            float[] x = new float[64];
            float[] y = new float[32];
            for (int i = 0; i < y.length; i++) {
                x[2 * i] = random.nextFloat() * 2 - 1;
                x[2 * i + 1] = random.nextFloat() * 2 - 1;
                y[i] = Math.signum(x[2 * i] * x[2 * i + 1]);
            }
            optimizer.follow(TRIANGLE, number);
            optimizer.zeroGrad();
            try (Scope scope = device.scope()) {
                Tensor scores = head.forward(body.forward(device.tensor(Shape.of(32, 2), x)).tanh());
                Tensor loss = scores.sub(device.tensor(Shape.of(32, 1), y)).square().mean();
                loss.backward();
                optimizer.step(device.scalar(0));
                return loss.item();
            }
        }

        double train(int from, int to) {
            double sum = 0;
            for (int i = from; i < to; i++) {
                sum += step(i);
            }
            return sum / (to - from);
        }

        void assertSameWeights(Training other) {
            assertArrayEquals(body.weight().toFloats(), other.body.weight().toFloats());
            assertArrayEquals(head.weight().toFloats(), other.head.weight().toFloats());
            assertArrayEquals(head.bias().toFloats(), other.head.bias().toFloats());
        }
    }

    @Test
    void aNetworkLearnsAndResumesFromAFileToTheBit(@TempDir Path dir) throws Exception {
        Training whole = new Training();
        double before = whole.train(0, 20);
        whole.train(20, 205);
        Path file = dir.resolve("rmsprop.safetensors");
        Weights state = whole.optimizer.stateDict();
        assertTrue(state.keySet().containsAll(List.of("square_avg.0.0", "momentum_buffer.0.1", "square_avg.1.0")),
                state.keySet()::toString);
        Weights.write(file, state, state.metadata());

        Training resumed = new Training();
        resumed.body.loadStateDict(whole.body.stateDict());
        resumed.head.loadStateDict(whole.head.stateDict());
        resumed.optimizer.loadStateDict(Weights.read(file));
        assertEquals(whole.optimizer.group("body").lr(), resumed.optimizer.group("body").lr());
        double after = whole.train(205, 400);
        assertEquals(after, resumed.train(205, 400));
        whole.assertSameWeights(resumed);
        assertTrue(after < before / 2, before + " before, " + after + " after");
    }

    @Test
    void aStepAfterALossThatIsNotFiniteIsSkipped() {
        Tensor p = device.tensor(Shape.of(2), 1.0, 2).requiresGrad(true);
        Optimizer rmsProp = new RMSprop(group("p", p));
        gradient(p, 1, 1);
        rmsProp.step(device.scalar(1));
        assertArrayEquals(new float[] {1, 2}, p.toFloats());
    }

    @Test
    void memoryIsOnlyThatOfTheState() {
        Training training = new Training();
        training.train(0, 3);
        long after3 = device.backend().memory().inUse();
        training.train(3, 6);
        assertEquals(after3, device.backend().memory().inUse());
        training.optimizer.close();
        assertTrue(device.backend().memory().inUse() < after3);
    }

    @Test
    void itsOptionsAreCheckedAsOthersAre() {
        Tensor p = device.zeros(Shape.of(1)).requiresGrad(true);
        assertMessage("invalid alpha 1.5, it must be at least 0 and below 1",
                () -> new RMSprop(group("p", p).set(RMSprop.ALPHA, 1.5)));
        assertMessage("RMSprop has no option dampening", () -> new RMSprop(group("p", p).set("dampening", 1)));
        ParamGroup g = group("p", p);
        Optimizer rmsProp = new RMSprop(g);
        assertEquals(1e-2, g.lr());
        g.set(RMSprop.ALPHA, -1);
        assertMessage("invalid alpha -1.0", rmsProp::step);
    }

    private static void assertMessage(String part, Runnable wrong) {
        String message = assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
