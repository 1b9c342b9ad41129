package thaw.finetune.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metrics of images whose probabilities are NaN. */
class NotANumberTest {
    private static final double NAN = Double.NaN;
    private static final double INF = Double.POSITIVE_INFINITY;

    /** Two images of class 0, one right; three of class 1, one right, one taken for 0 and one for nothing. */
    private final Predictions five = Given.single(new int[] {0, 0, 1, 1, 1},
            new double[][] {{0.9, 0.1}, {0.4, 0.6}, {0.2, 0.8}, {0.7, 0.3}, {NAN, NAN}});

    @Test
    void anImageOfWhichNothingIsPredictedIsNotRight() {
        assertEquals(-1, five.predicted(4));
        assertArrayEquals(new int[] {4}, five.undefined());
        assertEquals(2 / 5.0, TopK.accuracy(five, 1));
        assertEquals(4 / 5.0, TopK.accuracy(five, 2), "all but the one");
        ConfusionMatrix matrix = ConfusionMatrix.of(five);
        assertEquals(5, matrix.total());
        assertEquals(3, matrix.actualCount(1));
        assertEquals(2, matrix.predictedCount(0));
        assertEquals(2 / 5.0, matrix.accuracy());
        assertEquals(1 / 2.0, matrix.precision(1));
        assertEquals(1 / 3.0, matrix.recall(1));
        assertEquals(2 / 5.0, matrix.f1(1), "2 TP / (2 TP + FP + FN)");
        double byChance = 2 / 5.0 * (2 / 5.0) + 3 / 5.0 * (2 / 5.0);
        assertEquals((2 / 5.0 - byChance) / (1 - byChance), matrix.kappa(), 1e-15);
        assertEquals(2, matrix.mostConfused(1).size());
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.count(1, 2));
    }

    @Test
    void whatNeedsEveryProbabilityIsNotDefined() {
        assertEquals(NAN, RocAuc.of(five));
        assertEquals(NAN, RocAuc.macro(five));
        assertEquals(NAN, CalibrationError.of(five));
        assertEquals(4, CalibrationError.bins(five, 10).stream().mapToInt(CalibrationError.Bin::images).sum());
        for (boolean[] positive : new boolean[][] {{true, false, true}, {false, true, true}}) {
            assertEquals(NAN, RocAuc.binary(new double[] {0.5, NAN, 0.1}, positive));
        }
        assertEquals(0.5, RocAuc.binary(new double[] {INF, INF, -INF, -INF}, new boolean[] {true, false, true, false}));
        assertEquals(0.5, RocAuc.binary(new double[] {0.0, -0.0}, new boolean[] {true, false}), "equal, whatever their signs");
    }

    /** Image 1 shows class 0; of class 1 nothing is known there. Class 2 never occurs. */
    @Test
    void decisionsThatAreNotMadeAreNotRight() {
        Predictions several = Given.multi(new int[][] {{0, 1}, {0}, {1}},
                new double[][] {{0.9, 0.8, 0.1}, {0.7, NAN, 0.2}, {NAN, 0.6, 0.3}});
        MultiLabelCounts counts = MultiLabelCounts.of(several, 0.5);
        assertEquals(7 / 9.0, counts.accuracy(), 1e-15);
        assertEquals(2, counts.correct(0));
        assertEquals(2, counts.correct(1));
        assertEquals(1, counts.precision(0));
        assertEquals(1, counts.recall(0));
        assertEquals(1, counts.precision(1), "nothing was said wrongly");
        assertEquals(NAN, counts.meanAveragePrecision());
        Predictions missed = Given.multi(new int[][] {{0}, {0}}, new double[][] {{NAN}, {0.9}});
        assertEquals(0.5, MultiLabelCounts.of(missed, 0.5).recall(0));
        assertEquals(NAN, MultiLabelCounts.of(missed, 0.5).meanAveragePrecision());
    }

    /** Whichever probabilities are none, every metric returns, and is a number from -1 to 1 or NaN. */
    @Test
    void everyMetricEnds() {
        double[] odd = {NAN, INF, -INF, -0.0, 0, Double.MIN_VALUE, 1};
        SplittableRandom random = new SplittableRandom(5);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            for (int round = 0; round < 200; round++) {
                int classes = random.nextInt(2, 8);
                Predictions p = Given.random(random.nextInt(1, 12), classes, random);
                for (double[] row : p.probabilities()) {
                    row[random.nextInt(classes)] = odd[random.nextInt(odd.length)];
                }
                for (Metric metric : Metric.single(classes)) {
                    requireDefinedOrNaN(metric, p);
                }
                for (Metric metric : Metric.multi(0.5)) {
                    requireDefinedOrNaN(metric, p);
                }
                ConfusionMatrix.of(p).mostConfused(1);
                assertEquals(TopK.accuracy(p, 1), ConfusionMatrix.of(p).accuracy(), 1e-12);
            }
        });
    }

    private static void requireDefinedOrNaN(Metric metric, Predictions p) {
        double value = metric.of(p);
        assertTrue(Double.isNaN(value) || value >= -1 && value <= 1, metric.name() + " " + value);
    }

    @Test
    void tablesHaveEmptyFields(@TempDir Path folder) throws IOException {
        Path table = folder.resolve("table.csv");
        five.writeCsv(table, 0.5);
        assertEquals("4.jpg,c1,,,", Files.readAllLines(table).get(5));
        assertEquals("3.jpg,c1,c0,0.7,0.3", Files.readAllLines(table).get(4));
    }
}
