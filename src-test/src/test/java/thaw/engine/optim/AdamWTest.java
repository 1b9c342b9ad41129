package thaw.engine.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.optim.ParamGroup.group;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

class AdamWTest {

    private final Device device = Device.reference();

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor parameter(double... values) {
        return device.tensor(Shape.of(values.length), values).requiresGrad(true);
    }

    /** Sets the gradient of p to g. */
    private void gradient(Tensor p, double... g) {
        p.zeroGrad();
        p.mul(1).backward(device.tensor(p.shape(), g));
    }

    /** Values by PyTorch 2.13's torch.optim.AdamW in float64; the second group has no gradient in the second step. */
    @Test
    void twoGroupsAsPyTorchMovesThem() {
        Tensor p = parameter(1, -2, 0.5);
        Tensor q = parameter(3, 0.25);
        AdamW adamW = new AdamW(group("p", p).lr(0.1).set(AdamW.BETA1, 0.8).set(AdamW.BETA2, 0.9).set(AdamW.EPS, 1e-3).weightDecay(0.05),
                group("q", q));
        gradient(p, 0.5, -1, 2);
        gradient(q, 1, -1);
        adamW.step();
        assertArrayEquals(new double[] {0.8951996007984032, -1.8900999000999001, 0.39754997501249373}, p.toDoubles(), 1e-12);
        assertArrayEquals(new double[] {2.9989700000100004, 0.25099749999000004}, q.toDoubles(), 1e-12);
        gradient(p, 0.25, 0.5, -0.5);
        q.zeroGrad();
        adamW.step();
        assertArrayEquals(new double[] {0.7981294201003786, -1.859254081918592, 0.35266179654897045}, p.toDoubles(), 1e-12);
        assertArrayEquals(new double[] {2.9989700000100004, 0.25099749999000004}, q.toDoubles(), 1e-12);
        gradient(p, -1, 0.125, 0.75);
        gradient(q, 0.5, 2);
        adamW.step();
        assertArrayEquals(new double[] {0.8229611335965146, -1.8424004212036313, 0.29614540836694386}, p.toDoubles(), 1e-12);
        assertArrayEquals(new double[] {2.9980078306829823, 0.25062888649027937}, q.toDoubles(), 1e-12);
    }

    @Test
    void maximizingAsPyTorchDoes() {
        Tensor p = parameter(1, -2);
        AdamW adamW = new AdamW(group("p", p).lr(0.5).set(AdamW.MAXIMIZE, true));
        gradient(p, 0.1, -3);
        adamW.step();
        assertArrayEquals(new double[] {1.4949999500000049, -2.4899999983333334}, p.toDoubles(), 1e-12);
    }

    @Test
    void defaultsArePyTorchs() {
        ParamGroup g = group("all", parameter(1));
        new AdamW(g);
        assertEquals(List.of(1e-3, 0.9, 0.999, 1e-8, 0.01),
                List.of(g.lr(), g.get("beta1"), g.get("beta2"), g.get("eps"), g.get("weight_decay")));
        assertTrue(g.decayBiasAndNorm() && !g.is(AdamW.MAXIMIZE));
    }

    /** Values by torch.optim.lr_scheduler.OneCycleLR on torch.optim.AdamW. */
    @Test
    void oneCycleTurnsBeta1() {
        double[] rates = {0.004, 0.09504846320134738, 0.06112620219362893, 0.0188258346050237, 4e-7};
        double[] betas = {0.95, 0.854951556604879, 0.8888739533021842, 0.9311744900929366, 0.95};
        AdamW adamW = new AdamW(group("all", parameter(1)).lr(0.1));
        for (int i = 0; i < rates.length; i++) {
            adamW.follow(OneCycle.of(5), i);
            assertEquals(rates[i], adamW.group("all").lr(), 1e-12);
            assertEquals(betas[i], adamW.group("all").get(AdamW.BETA1), 1e-12);
            assertEquals(0.999, adamW.group("all").get(AdamW.BETA2));
        }
    }

    @Test
    void decayCanLeaveOutBiasesAndNorms() {
        for (boolean decay : new boolean[] {true, false}) {
            Tensor matrix = device.tensor(Shape.of(1, 1), 2.0).requiresGrad(true);
            Tensor bias = parameter(2);
            AdamW adamW = new AdamW(group("all", bias, matrix).lr(0.1).weightDecay(0.5).decayBiasAndNorm(decay));
            gradient(matrix, 1);
            gradient(bias, 1);
            adamW.step();                   // the first step is lr·g/|g|, after the decay 2·(1 − 0.1·0.5)
            assertEquals(1.8, matrix.item(), 1e-6);
            assertEquals(decay ? 1.8 : 1.9, bias.item(), 1e-6);
        }
    }

    @Test
    void stateGoesThroughAFileAndOn(@TempDir Path dir) throws Exception {
        Tensor p = parameter(1, 2);
        Tensor q = parameter(3);
        AdamW adamW = new AdamW(group("p", p).lr(0.1).set(AdamW.BETA1, 0.5).set(AdamW.BETA2, 0.75), group("q", q).set(AdamW.EPS, 1e-4));
        gradient(p, 1, -1);
        gradient(q, 2);
        adamW.step();
        q.zeroGrad();
        adamW.step();                       // p has taken two steps, q one
        Path file = dir.resolve("adamw.safetensors");
        Weights state = adamW.stateDict();
        Weights.write(file, state, state.metadata());

        Tensor p2 = parameter(p.toDoubles());
        Tensor q2 = parameter(q.toDoubles());
        AdamW other = new AdamW(group("p", p2), group("q", q2));
        other.loadStateDict(Weights.read(file));
        assertEquals(0.75, other.group("p").get(AdamW.BETA2));
        assertEquals(1e-4, other.group("q").get(AdamW.EPS));
        for (Tensor t : List.of(p, p2)) {
            gradient(t, 0.5, 0.25);
        }
        for (Tensor t : List.of(q, q2)) {
            gradient(t, -1);
        }
        adamW.step();
        other.step();
        assertArrayEquals(p.toDoubles(), p2.toDoubles(), 1e-6);          // files hold float32
        assertArrayEquals(q.toDoubles(), q2.toDoubles(), 1e-6);
        assertEquals(other.stateDict().get("step.0.0").toLongs()[0], other.stateDict().get("step.1.0").toLongs()[0] + 1);
    }

    @Test
    void aGroupThatIsAddedStartsAtStepOne() {
        Tensor p = parameter(1);
        Tensor late = parameter(1);
        AdamW adamW = new AdamW(group("p", p));
        for (int i = 0; i < 5; i++) {
            gradient(p, 1);
            adamW.step();
        }
        adamW.addParamGroup(group("late", late).lr(0.1).weightDecay(0));
        gradient(p, 1);
        gradient(late, 123);
        adamW.step();
        assertEquals(0.9, late.item(), 1e-6);                           // the first step is lr·sign(g)
        assertEquals(6, adamW.stateDict().get("step.0.0").toLongs()[0]);
        assertEquals(1, adamW.stateDict().get("step.1.0").toLongs()[0]);
    }

    @Test
    void wrongOptionsAreRefused() {
        Tensor p = parameter(1);
        assertMessage("invalid lr -1.0", () -> group("a", p).lr(-1));
        assertMessage("invalid beta1 1.0", () -> new AdamW(group("a", p).set(AdamW.BETA1, 1)));
        assertMessage("invalid beta2 -0.5", () -> new AdamW(group("a", p).set(AdamW.BETA2, -0.5)));
        assertMessage("invalid eps -1.0", () -> new AdamW(group("a", p).set(AdamW.EPS, -1)));
        assertMessage("AdamW has no option momentum; it has beta1, beta2, decay_bias_and_norm, eps, lr",
                () -> new AdamW(group("a", p).momentum(0.9)));
        assertMessage("SGD has no option beta1", () -> new SGD(group("a", p).set(AdamW.BETA1, 0.9)));
        assertMessage("AdamW has no option nesterov", () -> new AdamW(group("a", p)).group("a").set(SGD.NESTEROV, true));
        assertMessage("AdamW has no option lrate", () -> new AdamW(group("a", p).set("lrate", 1)));
        assertEquals(0.25, group("a", p).set("weight_decay", 0.25).weightDecay());
    }

    @Test
    void anotherOptimizersStateIsRefused() {
        Tensor p = parameter(1);
        SGD sgd = new SGD(group("a", p).momentum(0.9));
        gradient(p, 1);
        sgd.step();
        assertMessage("the loaded state is of SGD", () -> new AdamW(group("a", parameter(1))).loadStateDict(sgd.stateDict()));
    }

    private static void assertMessage(String part, Runnable wrong) {
        String message = assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
