package thaw.finetune.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TicksTest {

    @Test
    void linearAxesOfKnownRanges() {
        assertEquals(List.of("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"), Ticks.linear(0.03, 0.97, 5, false).labels());
        assertEquals(List.of("1", "2", "3", "4"), Ticks.linear(1, 4, 8, true).labels());
        assertEquals(List.of("7"), Ticks.linear(7, 7, 8, true).labels());
        assertEquals(List.of("1e-5", "1e-4", "1e-3", "1e-2"), Ticks.log(2e-5, 5e-3).labels());
        assertEquals(List.of("1e-1", "1"), Ticks.log(0.2, 0.8).labels());
    }

    /** Losses and gradients grow to where floats end. */
    @Test
    void axesOfAnyNumbersEnd() {
        double[] ends = {-Float.MAX_VALUE, -1e30, -1, 0, Double.MIN_VALUE, 1e-45, 1, 1e30, Math.nextUp(1e30), Float.MAX_VALUE,
            Double.NaN, Double.POSITIVE_INFINITY};
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            for (int i = 0; i < ends.length; i++) {
                for (int j = i; j < ends.length; j++) {
                    assertTrue(Ticks.linear(ends[i], ends[j], 5, false).at().size() <= 8, ends[i] + ", " + ends[j]);
                    if (ends[i] > 0 && Double.isFinite(ends[j])) {
                        assertTrue(Ticks.log(ends[i], ends[j]).at().size() <= 8, ends[i] + ", " + ends[j]);
                    }
                }
            }
        });
    }

    @Test
    void axesHoldAllValuesAndHaveAFewRoundNumbers() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 1000; i++) {
            double scale = Math.pow(10, random.nextInt(-8, 8));
            double least = (random.nextDouble() - 0.5) * scale;
            double most = least + random.nextDouble() * scale;
            Ticks axis = Ticks.linear(least, most, 5, false);
            assertTrue(axis.from() <= least + 1e-6 * scale && axis.to() >= most - 1e-6 * scale, axis + " of " + least + ", " + most);
            assertTrue(axis.at().size() >= 2 && axis.at().size() <= 8, axis::toString);
            assertEquals(axis.labels().size(), axis.labels().stream().distinct().count(), axis::toString);
        }
    }
}
