package thaw.finetune.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MultiLabelCountsTest {
    /**
     * Shown {0, 1}, {}, {2}; said {0}, {2}, {2}. Class 0: TP 1; class 1: FN 1; class 2: TP 1, FP 1. Two of nine decisions are
     * wrong, F1 of the classes is 1, 0, 2/3; of the images 2/3, 0, 1; of all 4/6.
     */
    @Test
    void byHand() {
        MultiLabelCounts counts = MultiLabelCounts.of(Given.multi(new int[][] {{0, 1}, {}, {2}},
                new double[][] {{0.9, 0.5, 0.1}, {0.2, 0.3, 0.6}, {0.1, 0.1, 0.8}}), 0.5);
        assertEquals(7 / 9.0, counts.accuracy(), 1e-15);
        assertEquals(1, counts.f1(0));
        assertEquals(0, counts.f1(1));
        assertEquals(2 / 3.0, counts.f1(2), 1e-15);
        assertEquals(0.5, counts.precision(2));
        assertEquals(1, counts.recall(2));
        assertEquals(5 / 9.0, counts.macroF1(), 1e-15);
        assertEquals(2, counts.correct(1));
    }

    /** Ranks of the positives 1 and 3 of 4: (1/1 + 2/3) / 2; the example of scikit-learn's average_precision_score too. */
    @Test
    void averagePrecisionByHand() {
        double[] scores = {0.1, 0.4, 0.35, 0.8};
        boolean[] positive = {false, false, true, true};
        assertEquals(5 / 6.0, new RankCurve(scores, positive).averagePrecision(), 1e-12);
        MultiLabelCounts counts = MultiLabelCounts.of(Given.multi(new int[][] {{}, {}, {0}, {0}},
                new double[][] {{0.1, 0}, {0.4, 0}, {0.35, 0}, {0.8, 0}}), 0.5);
        assertEquals(5 / 6.0, counts.meanAveragePrecision(), 1e-12, "a class that never occurs doesn't count");
    }

    @Test
    void randomDecisionsAgreeWithTheDefinitions() {
        SplittableRandom random = new SplittableRandom(2);
        for (int round = 0; round < 30; round++) {
            int images = 20;
            int classes = 5;
            int[][] shown = new int[images][];
            double[][] probabilities = new double[images][classes];
            for (int i = 0; i < images; i++) {
                shown[i] = IntStream.range(0, classes).filter(c -> random.nextInt(3) == 0).toArray();
                for (int c = 0; c < classes; c++) {
                    probabilities[i][c] = random.nextDouble();
                }
            }
            Predictions p = Given.multi(shown, probabilities);
            int right = 0;
            for (int i = 0; i < images; i++) {
                for (int c = 0; c < classes; c++) {
                    right += probabilities[i][c] > 0.4 == p.shows(i, c) ? 1 : 0;
                }
            }
            MultiLabelCounts counts = MultiLabelCounts.of(p, 0.4);
            assertEquals((double) right / (images * classes), counts.accuracy(), 1e-12);
        }
    }
}
