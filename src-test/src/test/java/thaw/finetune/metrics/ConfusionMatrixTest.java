package thaw.finetune.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import thaw.finetune.metrics.ConfusionMatrix.Confusion;

class ConfusionMatrixTest {
    /**
     * Truth 0 1 2 0 1 2, prediction 0 2 1 0 0 1. By hand, class 0: precision 2/3, recall 2/2, F1 4/5; classes 1 and 2: all 0.
     * These are also the examples of scikit-learn's precision_score, recall_score and f1_score.
     */
    @Test
    void precisionRecallAndF1() {
        ConfusionMatrix matrix = ConfusionMatrix.of(Given.decided(3, new int[] {0, 1, 2, 0, 1, 2}, new int[] {0, 2, 1, 0, 0, 1}));
        assertEquals(2 / 3.0, matrix.precision(0), 1e-15);
        assertEquals(1, matrix.recall(0), 1e-15);
        assertEquals(0.8, matrix.f1(0), 1e-15);
        assertEquals(0, matrix.f1(1));
        assertEquals(2 / 9.0, matrix.macroPrecision(), 1e-15);
        assertEquals(1 / 3.0, matrix.macroRecall(), 1e-15);
        assertEquals(0.8 / 3, matrix.macroF1(), 1e-15);
        assertEquals(1 / 3.0, matrix.accuracy(), 1e-15);
        assertEquals(List.of(new Confusion("c2", "c1", 2), new Confusion("c1", "c0", 1), new Confusion("c1", "c2", 1)),
                matrix.mostConfused(1));
        assertEquals(1, matrix.mostConfused(2).size());
    }

    /** Truth n p n o p, prediction n p n o n: agreement 4/5, by chance (3·2 + 2·1 + 1·1)/25; so (20 - 9) / (25 - 9). */
    @Test
    void kappaByHand() {
        Predictions five = Given.decided(3, new int[] {0, 1, 0, 2, 1}, new int[] {0, 1, 0, 2, 0});
        assertEquals(11 / 16.0, ConfusionMatrix.of(five).kappa(), 1e-15);
        assertEquals(1, ConfusionMatrix.of(Given.decided(2, new int[] {0, 1, 1}, new int[] {0, 1, 1})).kappa(), 1e-15);
        assertEquals(-1, ConfusionMatrix.of(Given.decided(2, new int[] {0, 1}, new int[] {1, 0})).kappa(), 1e-15);
    }

    /** From the definitions, straight over the images. */
    @Test
    void randomPredictionsAgreeWithTheDefinitions() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 50; round++) {
            int classes = 2 + random.nextInt(5);
            Predictions p = Given.random(40 + random.nextInt(40), classes, random);
            ConfusionMatrix matrix = ConfusionMatrix.of(p);
            double f1Sum = 0;
            int occurring = 0;
            double chance = 0;
            int right = 0;
            for (int c = 0; c < classes; c++) {
                double tp = 0;
                double said = 0;
                double are = 0;
                for (int i = 0; i < p.size(); i++) {
                    tp += p.actual(i) == c && p.predicted(i) == c ? 1 : 0;
                    said += p.predicted(i) == c ? 1 : 0;
                    are += p.actual(i) == c ? 1 : 0;
                }
                double precision = said == 0 ? 0 : tp / said;
                double recall = are == 0 ? 0 : tp / are;
                assertEquals(precision, matrix.precision(c), 1e-15);
                assertEquals(recall, matrix.recall(c), 1e-15);
                if (said + are > 0) {
                    f1Sum += tp == 0 ? 0 : 2 * precision * recall / (precision + recall);
                    occurring++;
                }
                right += (int) tp;
                chance += said * are / p.size() / p.size();
            }
            assertEquals(f1Sum / occurring, matrix.macroF1(), 1e-12);
            double agreement = (double) right / p.size();
            assertEquals((agreement - chance) / (1 - chance), matrix.kappa(), 1e-12);
            assertEquals(p.size(), matrix.total());
        }
    }

    @Test
    void imagesOfSeveralClassesAreRefused() {
        Predictions several = Given.multi(new int[][] {{0, 1}}, new double[][] {{1, 1}});
        String message = assertThrows(IllegalArgumentException.class, () -> ConfusionMatrix.of(several)).getMessage();
        assertTrue(message.contains("MultiLabelCounts"), message);
    }
}
