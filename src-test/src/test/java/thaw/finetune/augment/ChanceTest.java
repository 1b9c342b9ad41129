package thaw.finetune.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChanceTest {
    private static final int DRAWS = 40_000;

    @Test
    void gaussianHasTheMomentsOfTheNormalDistribution() {
        SplittableRandom random = new SplittableRandom(1);
        double[] moments = new double[5];
        for (int i = 0; i < DRAWS; i++) {
            double x = Chance.gaussian(random);
            for (int k = 1; k < moments.length; k++) {
                moments[k] += Math.pow(x, k) / DRAWS;
            }
        }
        assertEquals(0, moments[1], 0.02);
        assertEquals(1, moments[2], 0.03);
        assertEquals(0, moments[3], 0.07);
        assertEquals(3, moments[4], 0.25);
    }

    /** Beta(α, α) has mean 1/2 and variance 1 / (4 (2α + 1)). */
    @ParameterizedTest
    @ValueSource(doubles = {0.2, 0.4, 1, 3})
    void betaHasMeanAndVariance(double alpha) {
        SplittableRandom random = new SplittableRandom(2);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            double x = Chance.beta(alpha, random);
            assertTrue(x >= 0 && x <= 1);
            sum += x;
            squares += (x - 0.5) * (x - 0.5);
        }
        assertEquals(0.5, sum / DRAWS, 0.01);
        assertEquals(1 / (4 * (2 * alpha + 1)), squares / DRAWS, 0.003);
    }

    /** Beta(1, 1) is uniform: as many draws in each tenth. */
    @Test
    void betaOfOneIsUniform() {
        SplittableRandom random = new SplittableRandom(3);
        int[] tenths = new int[10];
        for (int i = 0; i < DRAWS; i++) {
            tenths[(int) (10 * Chance.beta(1, random))]++;
        }
        for (int count : tenths) {
            assertEquals(DRAWS / 10.0, count, 250);
        }
    }

    @Test
    void tinyShapesAreCoins() {
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 1000; i++) {
            double x = Chance.beta(1e-4, random);
            assertTrue(x < 0.01 || x > 0.99, "drawn " + x);
        }
    }
}
