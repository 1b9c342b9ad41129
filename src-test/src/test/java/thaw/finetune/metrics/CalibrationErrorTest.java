package thaw.finetune.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CalibrationErrorTest {
    /**
     * Two bins: 0.4 (of three classes) and 0.5 are in the first, right 1 of 2, confidence 0.45; 0.9 and 0.7 in the second, right
     * 1 of 2, confidence 0.8. So (2·0.05 + 2·0.3) / 4.
     */
    @Test
    void byHand() {
        Predictions p = Given.single(new int[] {0, 1, 2, 0},
                new double[][] {{0.4, 0.3, 0.3}, {0.5, 0.3, 0.2}, {0.05, 0.05, 0.9}, {0.1, 0.7, 0.2}});
        assertEquals(0.175, CalibrationError.of(p, 2), 1e-12);
    }

    /** With one bin the error is the gap between mean confidence and accuracy. */
    @Test
    void oneBin() {
        Predictions p = Given.single(new int[] {0, 1, 1}, new double[][] {{0.8, 0.2}, {0.7, 0.3}, {0.4, 0.6}});
        assertEquals(Math.abs(2.1 / 3 - 2 / 3.0), CalibrationError.of(p, 1), 1e-12);
    }

    @Test
    void refusesNoBins() {
        Predictions p = Given.single(new int[] {0}, new double[][] {{0.8, 0.2}});
        assertThrows(IllegalArgumentException.class, () -> CalibrationError.of(p, 0));
        assertThrows(IllegalArgumentException.class, () -> CalibrationError.bins(p, 0));
    }

    /** A network that is right as often as it says has next to no error; one that is always sure has its error rate. */
    @Test
    void honestAndOverconfident() {
        SplittableRandom random = new SplittableRandom(1);
        int n = 60_000;
        int[] actual = new int[n];
        double[][] honest = new double[n][];
        double[][] sure = new double[n][];
        int wrong = 0;
        for (int i = 0; i < n; i++) {
            double p = 0.5 + random.nextDouble() / 2;
            actual[i] = random.nextDouble() < p ? 1 : 0;
            honest[i] = new double[] {1 - p, p};
            sure[i] = new double[] {0, 1};
            wrong += 1 - actual[i];
        }
        assertEquals(0, CalibrationError.of(Given.single(actual, honest)), 0.01);
        assertEquals((double) wrong / n, CalibrationError.of(Given.single(actual, sure)), 1e-12);
    }
}
