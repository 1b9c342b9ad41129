package thaw.finetune.lesson;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PairedDifferenceTest {

    /** By NumPy: mean ± 2.7764451051977987 (the quantile of Student’s t with 4 degrees, R’s qt(0.975, 4)) · std(ddof=1)/√5; all 32 signs. */
    @Test
    void equalsNumPy() {
        PairedDifference by = PairedDifference.of(new double[] {0.81, 0.79, 0.84, 0.80, 0.78}, new double[] {0.78, 0.80, 0.79, 0.79, 0.75});
        assertEquals(0.022, by.mean(), 1e-12);
        assertEquals(-0.006314295539645475, by.low(), 1e-9);
        assertEquals(0.050314295539645476, by.high(), 1e-9);
        assertEquals(0.1875, by.p(), 1e-12);
    }

    @Test
    void fiveDrawsInOneDirectionAreOneOfSixteen() {
        assertEquals(2.0 / 32, PairedDifference.of(new double[] {1, 2, 3, 4, 5}, new double[5]).p());
        assertEquals(1, PairedDifference.of(new double[4], new double[4]).p());
        assertTrue(Double.isNaN(PairedDifference.of(new double[] {1}, new double[] {0}).low()));
        assertThrows(IllegalArgumentException.class, () -> PairedDifference.of(new double[2], new double[3]));
    }

    /** The interval holds the true mean of normal differences in 95 % of the cases. */
    @Test
    void theIntervalCoversItsMean() {
        SplittableRandom random = new SplittableRandom(1);
        int covered = 0;
        for (int i = 0; i < 2000; i++) {
            double[] a = new double[5];
            for (int k = 0; k < 5; k++) {
                a[k] = 0.3 + random.nextGaussian();
            }
            PairedDifference by = PairedDifference.of(a, new double[5]);
            covered += by.low() <= 0.3 && 0.3 <= by.high() ? 1 : 0;
        }
        assertEquals(0.95, covered / 2000.0, 0.015);
    }
}
