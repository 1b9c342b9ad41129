package thaw.engine.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.optim.ParamGroup.group;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

/** Properties of schedules that the parity cases with PyTorch's schedules do not cover. */
class ScheduleTest {

    private final Device device = Device.reference();

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor parameter() {
        return device.zeros(Shape.of(1)).requiresGrad(true);
    }

    @Test
    void everyGroupFollowsWithItsOwnRate() {
        SGD sgd = new SGD(group("a", parameter()).lr(1e-5), group("b", parameter()).lr(1e-2).momentum(0.9));
        StepLR schedule = new StepLR(2, 0.1);
        sgd.follow(schedule, 0);
        sgd.addParamGroup(group("late", parameter()).lr(1));
        sgd.follow(schedule, 1);
        assertEquals(1, sgd.group("late").lr());
        sgd.follow(schedule, 2);
        assertEquals(1e-6, sgd.group("a").lr(), 1e-18);
        assertEquals(1e-3, sgd.group("b").lr(), 1e-15);
        assertEquals(0.1, sgd.group("late").lr(), 1e-15);
        assertEquals(0.9, sgd.group("b").momentum());
    }

    @Test
    void oneCycleEndsAndSaysSo() {
        SGD sgd = new SGD(group("a", parameter()).lr(1));
        sgd.follow(OneCycle.of(10), 10);
        assertEquals(1 / 25.0 / 1e4, sgd.group("a").lr(), 1e-12);
        String message = assertThrows(IllegalStateException.class, () -> sgd.follow(OneCycle.of(10), 11)).getMessage();
        assertTrue(message.contains("tried to step 11 times") && message.contains("10 steps"), message);
        assertThrows(IllegalArgumentException.class, () -> sgd.follow(OneCycle.of(10), -1));
    }

    @Test
    void fastaisCycleStartsPeaksAndEndsWhereItSays() {
        OneCycle cycle = OneCycle.fastai(100);
        assertEquals(2.0 / 25, cycle.lr(0, 2), 1e-12);
        assertEquals(2, cycle.lr(25, 2), 1e-12);
        assertEquals(2e-5, cycle.lr(100, 2), 1e-15);
        assertEquals(0.95, cycle.momentum(0, 0), 1e-12);
        assertEquals(0.85, cycle.momentum(25, 0), 1e-12);
        assertEquals(0.95, cycle.momentum(100, 0), 1e-12);
        for (int i = 1; i <= 100; i++) {
            assertEquals(i <= 25, cycle.lr(i, 1) > cycle.lr(i - 1, 1), "step " + i);
        }
    }

    @Test
    void shortCyclesAreFinite() {
        for (int steps = 1; steps < 5; steps++) {
            for (OneCycle cycle : List.of(OneCycle.of(steps), OneCycle.fastai(steps))) {
                for (int i = 0; i <= steps; i++) {
                    double lr = cycle.lr(i, 1);
                    assertTrue(lr > 0 && lr <= 1, cycle + " at " + i + ": " + lr);
                }
            }
        }
    }

    @Test
    void restartsComeAtGrowingDistances() {
        CosineAnnealingWarmRestarts restarts = new CosineAnnealingWarmRestarts(3, 2, 0.1);
        for (int i : List.of(0, 3, 9, 21, 45)) {
            assertEquals(1, restarts.lr(i, 1), 1e-12, "step " + i);
        }
        assertEquals(0.55, restarts.lr(6, 1), 1e-12);
    }

    /** fastai's fit_sgdr(3, 1, cycle_mult=2) with 4 batches per epoch has 4·7 steps; a cycle's lr is (1 + cos(π·i/n))/2. */
    @Test
    void restartsEndAfterTheirCycles() {
        SGDR sgdr = new SGDR(3, 4, 2);
        assertEquals(28, sgdr.totalSteps());
        assertEquals(7, SGDR.length(3, 1, 2));
        assertEquals(15, SGDR.length(5, 3, 1));
        double[] first = {1, 0.8535533905932737, 0.5, 0.14644660940672627};
        for (int i = 0; i < 4; i++) {
            assertEquals(0.2 * first[i], sgdr.lr(i, 0.2), 1e-15);
            assertEquals(0.2 * first[i], sgdr.lr(4 + 2 * i, 0.2), 1e-15);
            assertEquals(0.2 * first[i], sgdr.lr(12 + 4 * i, 0.2), 1e-15);
        }
        assertEquals(0, sgdr.lr(28, 0.2), 1e-15);
        assertEquals(0.9, sgdr.momentum(5, 0.9));
    }

    /** fastai 0.7's CosAnneal: in iterations below nb/20 the learning rate is divided by 100. */
    @Test
    void fastai07BeginsGently() {
        SGDR sgdr = SGDR.fastai07(2, 50, 1);
        for (int i = 0; i < 3; i++) {
            assertEquals(0.01, sgdr.lr(i, 1), 1e-15);
        }
        assertEquals((1 + Math.cos(Math.PI * 3 / 50)) / 2, sgdr.lr(3, 1), 1e-15);
        assertEquals(1, sgdr.lr(50, 1), 1e-15);
    }

    @Test
    void flatThenCosine() {
        FlatCosine flat = new FlatCosine(8);
        for (int i = 0; i <= 6; i++) {
            assertEquals(3, flat.lr(i, 3), 1e-15);
        }
        assertEquals((3 + 3e-5) / 2, flat.lr(7, 3), 1e-12);
        assertEquals(3e-5, flat.lr(8, 3), 1e-15);
        assertEquals(2, new FlatCosine(5, 1, 1e5).lr(5, 2));
    }

    @Test
    void warmUpRisesToTheNextSchedule() {
        Warmup warmup = new Warmup(4, 0.2, OneCycle.fastai(10));
        assertEquals(0.2, warmup.lr(0, 1), 1e-15);
        assertEquals(0.6, warmup.lr(2, 1), 1e-15);
        assertEquals(OneCycle.fastai(10).lr(3, 1), warmup.lr(7, 1));
        assertEquals(0.95, warmup.momentum(2, 0.9), 1e-15);
        assertEquals(0.3, new Warmup(4, 0, new Constant()).lr(4, 0.3));
    }

    @Test
    void sweepsRiseByEqualFactors() {
        ExponentialSweep sweep = new ExponentialSweep(1e-4, 1, 4);
        for (int i = 0; i <= 4; i++) {
            assertEquals(2 * Math.pow(10, i - 4), sweep.lr(i, 2), 1e-15);
        }
    }

    @Test
    void aStepDependsOnNoOther() {
        SGD a = new SGD(group("a", parameter()).lr(1));
        SGD b = new SGD(group("a", parameter()).lr(1));
        CosineAnnealing schedule = new CosineAnnealing(20);
        for (int i = 0; i <= 7; i++) {
            a.follow(schedule, i);
        }
        b.follow(schedule, 7);
        assertEquals(a.group("a").lr(), b.group("a").lr());
    }

    /** PyTorch's {@code initial_lr}: a state has the rate of its step, and the schedule goes on from the base. */
    @Test
    void aLoadedStateKeepsTheBaseAndANewRateIsOne() {
        SGD saved = new SGD(group("a", parameter()).lr(1));
        saved.follow(new StepLR(2, 0.1), 2);
        SGD resumed = new SGD(group("a", parameter()).lr(1));
        resumed.loadStateDict(saved.stateDict());
        assertEquals(0.1, resumed.group("a").lr(), 1e-15);
        resumed.follow(new StepLR(2, 0.1), 4);
        assertEquals(0.01, resumed.group("a").lr(), 1e-15);
        resumed.group("a").lr(3);
        assertEquals(3, resumed.group("a").lr());
        resumed.follow(new StepLR(2, 0.1), 2);
        assertEquals(0.3, resumed.group("a").lr(), 1e-15);
    }

    @Test
    void constantKeepsTheRate() {
        assertEquals(0.3, new Constant().lr(1000, 0.3));
    }

    /** PyTorch's values of {@code MultiStepLR([2, 4], gamma=0.1)}. */
    @Test
    void fallsAfterEachMilestone() {
        MultiStepLR schedule = new MultiStepLR(List.of(2, 4), 0.1);
        double[] rates = {3, 3, 0.3, 0.3, 0.03, 0.03};
        for (int i = 0; i < rates.length; i++) {
            assertEquals(rates[i], schedule.lr(i, 3), 1e-15, "step " + i);
        }
    }

    /** PyTorch's values of {@code CosineAnnealingLR(4, eta_min=0.1)} from a rate of 0.5, which rises again. */
    @Test
    void cosineReachesItsLeastAndRises() {
        CosineAnnealing schedule = new CosineAnnealing(4, 0.1);
        double[] rates = {0.5, 0.44142135623730954, 0.3, 0.15857864376269047, 0.1, 0.15857864376269047};
        for (int i = 0; i < rates.length; i++) {
            assertEquals(rates[i], schedule.lr(i, 0.5), 1e-12, "step " + i);
        }
    }

    @Test
    void warmUpAddsItsSteps() {
        assertEquals(14, new Warmup(4, 0.2, OneCycle.of(10)).totalSteps());
        assertEquals(Integer.MAX_VALUE, new Warmup(4, 0.2, new Constant()).totalSteps());
        assertEquals(0.5, new Warmup(0, 1, new Constant()).lr(0, 0.5));
        assertEquals(1, new Warmup(4, 0.2, new StepLR(2, 0.1)).lr(4, 1), 1e-15);
        assertEquals(0.1, new Warmup(4, 0.2, new StepLR(2, 0.1)).lr(6, 1), 1e-15);
    }

    static Stream<Supplier<Schedule>> leastAndMost() {
        return Stream.of(() -> OneCycle.of(1, 0, Anneal.LINEAR, 25, 1e4, 0.85, 0.95),
                () -> OneCycle.of(9, 1, Anneal.LINEAR, 25, 1e4, 0.85, 0.95), () -> OneCycle.fastai(1, 0, 25, 1e5),
                () -> OneCycle.fastai(9, 1, 25, 1e5), () -> new OneCycle(1, 1, 1, 1, 1, Anneal.LINEAR, 0, 0), () -> new StepLR(1, 0.1),
                () -> new CosineAnnealing(1), () -> new CosineAnnealingWarmRestarts(1, 1, 0), () -> new SGDR(1, 1, 1, 0),
                () -> new FlatCosine(1, 0, 1), () -> new FlatCosine(1, 1, Double.MIN_VALUE), () -> new Warmup(0, 0, new Constant()),
                () -> new Warmup(0, 1, new Constant()), () -> new ExponentialSweep(Double.MIN_VALUE, Double.MIN_VALUE, 1));
    }

    @ParameterizedTest
    @MethodSource("leastAndMost")
    void valuesAtTheLimitsAreTaken(Supplier<Schedule> schedule) {
        assertTrue(schedule.get().lr(0, 1) >= 0);
    }

    static Stream<Executable> beyondTheLimits() {
        return Stream.of(() -> OneCycle.of(9, -1e-9, Anneal.LINEAR, 25, 1e4, 0.85, 0.95),
                () -> OneCycle.of(9, 1.1, Anneal.LINEAR, 25, 1e4, 0.85, 0.95), () -> OneCycle.fastai(9, -1e-9, 25, 1e5),
                () -> new OneCycle(9, 2, 1, 1, 1, Anneal.LINEAR, 0, 0), () -> new CosineAnnealingWarmRestarts(0, 1, 0),
                () -> new SGDR(1, 0, 1, 0), () -> new SGDR(1, 1, 0, 0), () -> new SGDR(1, 1, 1, -1), () -> new FlatCosine(0, 0, 1),
                () -> new FlatCosine(1, -1e-9, 1), () -> new FlatCosine(1, 0, 0), () -> new Warmup(0, -1e-9, new Constant()),
                () -> new Warmup(0, 1.1, new Constant()), () -> new ExponentialSweep(1, 0, 1),
                () -> new ExponentialSweep(1, Double.POSITIVE_INFINITY, 1), () -> new ExponentialSweep(1, 1, 0));
    }

    @ParameterizedTest
    @MethodSource("beyondTheLimits")
    void valuesBeyondTheLimitsAreRefused(Executable schedule) {
        assertThrows(IllegalArgumentException.class, schedule);
    }

    @Test
    void impossibleSchedulesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> OneCycle.of(0));
        assertThrows(IllegalArgumentException.class, () -> OneCycle.fastai(10, 1.5, 25, 1e5));
        assertThrows(IllegalArgumentException.class, () -> new StepLR(0, 0.1));
        assertThrows(IllegalArgumentException.class, () -> new CosineAnnealing(0));
        assertThrows(IllegalArgumentException.class, () -> new CosineAnnealingWarmRestarts(1, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new SGDR(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new SGDR(40, 100, 2));
        assertThrows(IllegalArgumentException.class, () -> new FlatCosine(1, 2, 1e5));
        assertThrows(IllegalArgumentException.class, () -> new Warmup(-1, 0, new Constant()));
        assertThrows(IllegalArgumentException.class, () -> new ExponentialSweep(0, 1, 1));
    }
}
