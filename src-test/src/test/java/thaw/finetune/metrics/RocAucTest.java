package thaw.finetune.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RocAucTest {
    /** Three of four pairs of a positive and a negative are in order; the example of scikit-learn's roc_auc_score too. */
    @Test
    void byHand() {
        assertEquals(0.75, RocAuc.binary(new double[] {0.1, 0.4, 0.35, 0.8}, new boolean[] {false, false, true, true}));
        assertEquals(1, RocAuc.binary(new double[] {3, 2, 1}, new boolean[] {true, true, false}));
        assertEquals(0, RocAuc.binary(new double[] {3, 2, 1}, new boolean[] {false, false, true}));
        assertEquals(0.5, RocAuc.binary(new double[] {1, 1, 1}, new boolean[] {false, true, true}));
        assertTrue(Double.isNaN(RocAuc.binary(new double[] {1, 2}, new boolean[] {true, true})));
    }

    /** The AUC is the probability that a pair is in order; equal scores count one half. */
    @Test
    void isTheShareOfPairsInOrder() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 50; round++) {
            Predictions p = Given.random(30, 4, random);
            double sum = 0;
            int defined = 0;
            for (int c = 0; c < 4; c++) {
                double inOrder = 0;
                int pairs = 0;
                for (int i = 0; i < p.size(); i++) {
                    for (int k = 0; k < p.size(); k++) {
                        if (p.shows(i, c) && !p.shows(k, c)) {
                            pairs++;
                            double difference = p.probability(i, c) - p.probability(k, c);
                            inOrder += difference > 0 ? 1 : difference == 0 ? 0.5 : 0;
                        }
                    }
                }
                if (pairs > 0) {
                    assertEquals(inOrder / pairs, RocAuc.oneVersusRest(p, c), 1e-12);
                    sum += inOrder / pairs;
                    defined++;
                }
            }
            assertEquals(sum / defined, RocAuc.macro(p), 1e-12);
            assertEquals(RocAuc.macro(p), RocAuc.of(p));
        }
    }

    @Test
    void ofTwoClassesItIsTheSecondOnes() {
        Predictions p = Given.single(new int[] {0, 0, 1, 1}, new double[][] {{0.9, 0.1}, {0.6, 0.4}, {0.65, 0.35}, {0.2, 0.8}});
        assertEquals(0.75, RocAuc.of(p));
    }
}
