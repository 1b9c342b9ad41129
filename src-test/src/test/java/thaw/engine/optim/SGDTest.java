package thaw.engine.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.optim.ParamGroup.group;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.Weights;
import thaw.engine.nn.Linear;
import thaw.kernels.Shape;

class SGDTest {

    private final Device device = Device.reference();

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor parameter(float... values) {
        return device.tensor(Shape.of(values.length), values).requiresGrad(true);
    }

    /** Sets the gradient of p to g. */
    private void gradient(Tensor p, float... g) {
        p.zeroGrad();
        p.mul(1).backward(device.tensor(p.shape(), g));
    }

    private static String refusal(Executable code) {
        return assertThrows(IllegalArgumentException.class, code).getMessage();
    }

    @Test
    void momentumAndWeightDecayByHand() {
        Tensor p = parameter(1);
        SGD sgd = new SGD(group("all", p).lr(0.5).momentum(0.5).set(SGD.DAMPENING, 0.25).weightDecay(0.5));
        gradient(p, 1);
        sgd.step();                         // g = 1 + 0.5·1 = 1.5, b = 1.5, p = 1 − 0.75
        assertEquals(0.25, p.item());
        gradient(p, 2);
        sgd.step();                         // g = 2 + 0.125, b = 0.75 + 0.75·2.125 = 2.34375, p = 0.25 − 1.171875
        assertEquals(-0.921875, p.item());
    }

    @Test
    void eachGroupHasItsOwnRate() {
        Tensor early = parameter(1);
        Tensor head = parameter(1);
        Tensor frozen = parameter(1);
        SGD sgd = new SGD(group("early", early).lr(0.01), group("head", head).lr(0.1), group("frozen", frozen).lr(0));
        for (Tensor p : List.of(early, head, frozen)) {
            gradient(p, 1);
        }
        sgd.step();
        assertEquals(0.99, early.item(), 1e-6);
        assertEquals(0.9, head.item(), 1e-6);
        assertEquals(1, frozen.item());
        sgd.group("head").lr(0.2);
        sgd.step();
        assertEquals(0.7, head.item(), 1e-6);
    }

    @Test
    void parametersWithoutGradientAreLeftAlone() {
        Tensor p = parameter(1);
        Tensor q = parameter(1);
        SGD sgd = new SGD(group("all", p, q).lr(1).momentum(0.5).weightDecay(0.1));
        gradient(p, 1);
        gradient(q, 1);
        sgd.step();
        float moved = p.item();
        p.zeroGrad();
        gradient(q, 1);
        sgd.step();
        assertEquals(moved, p.item());
        gradient(p, 0);
        sgd.step();                         // g = 0.1·p, b = 0.5·1.1 + g: the momentum has not decayed in between
        assertEquals(moved - (0.55 + 0.1 * moved), p.item(), 1e-6);
    }

    @Test
    void groupsCanBeAddedLater() {
        Linear layer = new Linear(device, 2, 2);
        Tensor p = parameter(1);
        SGD sgd = new SGD(group("head", p));
        sgd.addParamGroup(group("body", layer).lr(0.1));
        assertEquals(2, sgd.groups().size());
        assertSame(layer.weight(), sgd.group("body").parameters().get(0));
    }

    @Test
    void defaultsAreZeroButForTheRate() {
        ParamGroup g = group("all", parameter(1));
        assertTrue(refusal(g::lr).contains("it has no option lr"), "an optimizer's to give");
        new SGD(g);
        assertEquals(1e-3, g.lr());
        assertEquals(0, g.momentum() + g.get(SGD.DAMPENING) + g.weightDecay());
        assertTrue(!g.is(SGD.NESTEROV) && !g.is(SGD.MAXIMIZE) && g.decayBiasAndNorm());
    }

    @Test
    void wrongOptionsAreRefused() {
        Tensor p = parameter(1);
        assertTrue(refusal(() -> group("a", p).lr(-1)).contains("invalid lr -1.0"));
        assertTrue(refusal(() -> group("a", p).lr(Double.NaN)).contains("invalid lr NaN"));
        assertTrue(refusal(() -> new SGD(group("a", p).momentum(-0.5))).contains("invalid momentum -0.5"));
        assertTrue(refusal(() -> group("a", p).weightDecay(-1)).contains("invalid weight_decay -1.0"));
        String nesterov = "invalid nesterov 1.0, it must be 0 unless there is a momentum and zero dampening";
        assertTrue(refusal(() -> new SGD(group("a", p).set(SGD.NESTEROV, true))).contains(nesterov));
        assertTrue(refusal(() -> new SGD(group("a", p).momentum(0.9).set(SGD.DAMPENING, 0.1).set(SGD.NESTEROV, true))).contains(nesterov));
        SGD sgd = new SGD(group("a", p).momentum(0.9).set(SGD.NESTEROV, true));
        sgd.group("a").momentum(0);
        assertTrue(refusal(sgd::step).contains(nesterov));
    }

    @Test
    void wrongParametersAreRefused() {
        Tensor p = parameter(1);
        Tensor q = parameter(1, 2);
        assertTrue(refusal(SGD::new).contains("empty parameter list"));
        assertTrue(refusal(() -> group("a", List.of())).contains("empty parameter list"));
        assertTrue(refusal(() -> group("a", p.mul(2))).contains("non-leaf"));
        assertTrue(refusal(() -> group("a", p, q, p)).contains("twice"));
        String two = refusal(() -> new SGD(group("a", p, q), group("b", q)));
        assertTrue(two.contains("\"a\"") && two.contains("\"b\"") && two.contains("[2]"), two);
        assertTrue(refusal(() -> new SGD(group("a", p)).group("b")).contains("[\"a\"]"));
    }

    @Test
    void aRefusedGroupIsNotAdded() {
        Tensor p = parameter(1);
        SGD sgd = new SGD(group("a", p));
        assertThrows(IllegalArgumentException.class, () -> sgd.addParamGroup(group("b", parameter(2), p)));
        assertEquals(1, sgd.groups().size());
    }

    @Test
    void stateGoesThroughAFileAndOn(@TempDir Path dir) throws Exception {
        Tensor p = parameter(1, 2);
        Tensor q = parameter(3);
        SGD sgd = new SGD(group("a", p).lr(0.1).momentum(0.9).weightDecay(1e-4), group("b", q).lr(1e-5).set(SGD.MAXIMIZE, true));
        gradient(p, 1, -1);
        gradient(q, 2);
        sgd.step();
        Path file = dir.resolve("sgd.safetensors");
        Weights state = sgd.stateDict();
        Weights.write(file, state, state.metadata());

        Tensor p2 = parameter(p.toFloats());
        Tensor q2 = parameter(q.toFloats());
        SGD other = new SGD(group("a", p2), group("b", q2).lr(7));
        other.loadStateDict(Weights.read(file));
        assertEquals(1e-5, other.group("b").lr());
        assertTrue(other.group("b").is(SGD.MAXIMIZE));
        for (Tensor t : List.of(p, p2)) {
            gradient(t, 0.5f, 0.25f);
        }
        sgd.step();
        other.step();
        assertArrayEquals(p.toFloats(), p2.toFloats(), 1e-6f);          // files hold float32
    }

    @Test
    void stateOfAnotherOptimizerIsRefused() {
        Tensor p = parameter(1, 2);
        Tensor q = parameter(3);
        SGD one = new SGD(group("a", p).momentum(0.9));
        gradient(p, 1, 1);
        one.step();
        Weights state = one.stateDict();
        assertTrue(refusal(() -> new SGD(group("a", p), group("b", q)).loadStateDict(state)).contains("1 parameter groups"));
        assertTrue(refusal(() -> new SGD(group("a", p, q)).loadStateDict(state)).contains("1 parameters"));
        assertTrue(refusal(() -> new SGD(group("a", q)).loadStateDict(state)).contains("[2]"));
        assertTrue(refusal(() -> one.loadStateDict(Weights.of(state, Map.of()))).contains("\"groups\""));
    }

    /** Numbers of no group or parameter, and options that a constructor refuses; nothing is changed. */
    @Test
    void aDamagedStateIsRefused() {
        Tensor p = parameter(1);
        SGD sgd = new SGD(group("a", p).momentum(0.5));
        gradient(p, 1);
        sgd.step();
        Weights state = sgd.stateDict();
        assertEquals(Set.of("momentum_buffer.0.0"), state.keySet());
        for (String place : List.of("momentum_buffer.1.0", "momentum_buffer.0.1")) {
            Weights other = Weights.of(Map.of(place, state.get("momentum_buffer.0.0")), state.metadata());
            assertTrue(refusal(() -> sgd.loadStateDict(other)).contains(place + " of the loaded state belongs to no parameter"));
        }
        Map<String, String> options = new HashMap<>(state.metadata());
        options.put("group.0.momentum", "-0.5");
        assertTrue(refusal(() -> sgd.loadStateDict(Weights.of(state, options))).contains("invalid momentum -0.5"));
        gradient(p, 1);
        sgd.step();                         // b = 0.5·1 + 1
        assertEquals(1 - 1e-3 - 1.5e-3, p.item(), 1e-7);
    }

    /** The state of a parameter that the loaded state does not have, and that before closing, are gone: b = 1 again. */
    @Test
    void withoutStateMomentumStartsAnew() {
        Tensor p = parameter(0);
        SGD sgd = new SGD(group("a", p).lr(1).momentum(0.5));
        Weights none = sgd.stateDict();
        gradient(p, -1);
        sgd.step();
        sgd.loadStateDict(none);
        sgd.step();
        assertEquals(2, p.item());
        sgd.close();
        sgd.step();
        assertEquals(3, p.item());
    }

    @Test
    void ratesBelowZeroAreRefusedFromSchedulesToo() {
        ParamGroup all = group("all", parameter(1), parameter(2)).lr(0.1);
        SGD sgd = new SGD(all);
        assertTrue(refusal(() -> sgd.follow((step, base) -> -base, 0)).contains("invalid lr -0.1, it must be at least 0"));
        assertEquals(0.1, all.lr());
        assertTrue(all.toString().matches("group \"all\" \\(2 parameters,.* lr 0.1,.*\\)"), all::toString);
        assertEquals(all.parameters(), sgd.parameters());
        sgd.lrScale(all.parameters().get(0), 0.5);
        assertEquals(0.075, sgd.meanStepSize(0), 1e-12);
    }

    @Test
    void closingGivesTheBuffersBack() {
        Tensor p = parameter(1, 2);
        SGD sgd = new SGD(group("a", p).momentum(0.9));
        long before = device.backend().memory().inUse();
        p.sum().close();
        gradient(p, 1, 1);
        sgd.step();
        long with = device.backend().memory().inUse();
        sgd.close();
        assertTrue(device.backend().memory().inUse() < with);
        assertTrue(with > before);
    }
}
