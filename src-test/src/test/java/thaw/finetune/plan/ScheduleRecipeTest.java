package thaw.finetune.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import thaw.engine.optim.Constant;
import thaw.engine.optim.CosineAnnealing;
import thaw.engine.optim.FlatCosine;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.SGDR;
import thaw.engine.optim.Schedule;
import thaw.engine.optim.StepLR;
import thaw.engine.optim.Warmup;

class ScheduleRecipeTest {

    @Test
    void namesStandForTheSchedulesWithTheirDefaults() {
        Map<String, Schedule> expected = Map.of("constant", new Constant(), "one-cycle", OneCycle.fastai(28),
                "one-cycle-pytorch", OneCycle.of(28), "sgdr", new SGDR(3, 4, 2), "flat-cosine", new FlatCosine(28),
                "cosine", new CosineAnnealing(28), "step", new StepLR(120, 0.1));
        assertEquals(expected.keySet(), Set.copyOf(ScheduleRecipe.names()));
        expected.forEach((name, schedule) -> assertEquals(schedule, ScheduleRecipe.of(name).of(7, 4), name));
    }

    @Test
    void optionsChangeThem() {
        assertEquals(OneCycle.fastai(20, 0.99, 5, 100), recipe("one-cycle(pct_start=0.99, div=5,div_final=1e2)").of(5, 4));
        assertEquals(new SGDR(2, 6, 1), recipe("sgdr(cycle_len=3,cycle_mult=1)").of(6, 2));
        assertEquals(SGDR.fastai07(1, 80, 2), recipe("sgdr(gentle=1)").of(1, 80));
        assertEquals(new StepLR(10, 0.5), recipe("step(step_size=2,gamma=0.5)").of(9, 5));
        assertEquals(new Warmup(6, 0.1, new CosineAnnealing(14)), recipe("cosine(warmup=1.5,warmup_start=0.1)").of(5, 4));
        assertEquals(new Warmup(4, 0.01, new SGDR(2, 4, 2)), recipe("sgdr(warmup=1)").of(4, 4));
        OneCycle fixed = (OneCycle) recipe("one-cycle(mom_max=0.9,mom_min=0.9)").of(1, 10);
        assertEquals(0.9, fixed.momentum(7, 0.5), 1e-15);
    }

    @Test
    void textIsWrittenAsItIsRead() {
        for (String text : List.of("constant", "one-cycle(pct_start=0.99,div=5.0)", "sgdr(cycle_len=2.0)")) {
            assertEquals(text, recipe(text).toString());
        }
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertMessage("unknown schedule \"triangle\"; known are constant, one-cycle", () -> recipe("triangle"));
        assertMessage("schedule cosine has no option \"div\"; it has warmup, warmup_start", () -> recipe("cosine(div=5)"));
        assertMessage("expected an option such as pct_start=0.3, got \"div\"", () -> recipe("one-cycle(div)"));
        assertMessage("expected an option such as pct_start=0.3, got \"pct_start=0.3=9\"",
                () -> recipe("one-cycle(pct_start=0.3=9)"));
        assertMessage("expected a name", () -> recipe("(1)"));
        assertMessage("train for one of [1, 3, 7]", () -> recipe("sgdr").of(5, 10));
        assertMessage("leaves nothing of 2", () -> recipe("cosine(warmup=2)").of(2, 10));
    }

    private static ScheduleRecipe recipe(String text) {
        return ScheduleRecipe.parse(text);
    }

    private static void assertMessage(String part, Runnable wrong) {
        String message = assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
