package thaw.finetune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SteadyTimingTest {

    private static SteadyTiming of(double... millis) {
        return new SteadyTiming(10, true, millis);
    }

    @Test
    void medianMinimumAndSpread() {
        SteadyTiming odd = of(5, 1, 4, 2, 3);
        assertEquals(3, odd.median());
        assertEquals(1, odd.min());
        // Quartiles 2 and 4.
        assertEquals(2.0 / 3, odd.spread(), 1e-12);
        assertEquals(2.5, of(4, 1, 3, 2).median());
        assertEquals(0, of(7, 7, 7, 7, 1, 7, 7, 7, 90).spread(), "one lucky and one disturbed run");
    }

    @Test
    void steadyWhenNoLongerFaster() {
        assertFalse(SteadyTiming.isSteady(1, 1, 1, 1, 1, 1, 1, 1, 1), "too few");
        assertTrue(SteadyTiming.isSteady(1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
        assertFalse(SteadyTiming.isSteady(20, 19, 18, 17, 16, 15, 14, 13, 12, 11), "still getting faster");
        assertTrue(SteadyTiming.isSteady(90, 50, 9, 10, 11, 10, 9, 12, 10, 9, 11, 10), "slow only at first");
        assertTrue(SteadyTiming.isSteady(1, 1, 1, 1, 1, 2, 2, 2, 2, 2), "a disturbance is not Java's compiler");
    }

    @Test
    void runsAsOftenAsItSays() {
        int[] runs = {0};
        List<Integer> heard = new ArrayList<>();
        SteadyTiming timing = SteadyTiming.of(() -> runs[0]++, 0, 4, (warmUp, measured) -> {
            if (measured > 0) {
                heard.add(measured);
            }
        });
        assertEquals(timing.warmUpRuns() + 4, runs[0]);
        assertEquals(List.of(1, 2, 3, 4), heard);
        assertTrue(timing.steady());
        assertTrue(timing.warmUpRuns() >= 10);
        assertThrows(IllegalArgumentException.class, () -> SteadyTiming.of(() -> {}, 0, 0, (warmUp, measured) -> {}));
    }
}
