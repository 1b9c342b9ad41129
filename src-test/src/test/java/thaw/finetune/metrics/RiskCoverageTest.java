package thaw.finetune.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RiskCoverageTest {

    /** Surest first: 0.9 right, 0.8 wrong and right together, 0.6 right. */
    @Test
    void byHand() {
        RiskCoverage curve = RiskCoverage.of(Given.single(new int[] {0, 1, 1, 0},
                new double[][] {{0.6, 0.4}, {0.8, 0.2}, {0.1, 0.9}, {0.8, 0.2}}));
        assertEquals(List.of(1, 3, 4), curve.points().stream().map(RiskCoverage.Point::answered).toList());
        assertEquals(List.of(0, 1, 1), curve.points().stream().map(RiskCoverage.Point::wrong).toList());
        assertEquals(0.85, curve.points().get(0).threshold(), 1e-12);
        assertEquals(0.7, curve.points().get(1).threshold(), 1e-12);
        assertEquals(0.3, curve.points().get(2).threshold(), 1e-12);
        assertEquals(0.75, curve.points().get(2).precision());
        assertEquals(0.25, curve.points().get(0).coverage());
        assertEquals(4, curve.reaching(0.6).orElseThrow().answered(), "2 of 5 may be wrong");
        assertEquals(4, curve.reaching(0.5).orElseThrow().answered());
        assertEquals(Optional.empty(), curve.reaching(0.61));
        assertThrows(IllegalArgumentException.class, () -> curve.reaching(1));
        assertThrows(IllegalArgumentException.class, () -> curve.reaching(Double.NaN));
    }

    /**
     * A network that is right as often as it says, p uniform from 0.5 to 1: above t it is right in (1 + t)/2 of the cases and answers
     * 2(1 − t) of the images. For a precision of 0.95 t is 0.9, and a fifth is answered; new images have it too.
     */
    @Test
    void theThresholdOfAPrecisionHoldsOnNewImages() {
        Predictions chosenOn = honest(20_000, 1);
        RiskCoverage.Point found = RiskCoverage.of(chosenOn).reaching(0.95).orElseThrow();
        assertEquals(0.9, found.threshold(), 0.02);
        assertEquals(0.2, found.coverage(), 0.04);
        RiskCoverage.Point other = RiskCoverage.outOfFold(chosenOn, 0.95);
        assertEquals(0.95, other.precision(), 0.01);
        assertEquals(0.2, other.coverage(), 0.04);
    }

    /** Over many small draws the precision on new images is the one asked for, though each threshold is chosen on 200 images. */
    @Test
    void smallDrawsAreNotOptimistic() {
        double answered = 0;
        double wrong = 0;
        for (int draw = 0; draw < 200; draw++) {
            RiskCoverage.Point found = RiskCoverage.outOfFold(honest(200, 100 + draw), 0.9);
            answered += found.answered();
            wrong += found.wrong();
        }
        assertTrue(answered > 200 * 200 * 0.2, "answered " + answered);
        assertEquals(0.1, wrong / answered, 0.02);
    }

    private static Predictions honest(int n, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] actual = new int[n];
        double[][] rows = new double[n][];
        for (int i = 0; i < n; i++) {
            double p = 0.5 + random.nextDouble() / 2;
            actual[i] = random.nextDouble() < p ? 1 : 0;
            rows[i] = new double[] {1 - p, p};
        }
        return Given.single(actual, rows);
    }

    /** An image without a prediction is not answered. */
    @Test
    void undefinedImagesAreNotAnswered() {
        RiskCoverage curve = RiskCoverage.of(Given.single(new int[] {0, 1}, new double[][] {{0.6, 0.4}, {Double.NaN, Double.NaN}}));
        assertEquals(1, curve.points().size());
        assertEquals(0.5, curve.points().get(0).coverage());
    }
}
