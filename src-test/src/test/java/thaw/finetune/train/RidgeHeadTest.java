package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Closed forms against fits that leave each image out in turn, by Gaussian elimination. */
class RidgeHeadTest {

    private static final int CLASSES = 3;

    /** A ridge fit by the normal equations of features with a column of ones, whose weight has no penalty: [features + 1][classes]. */
    private static double[][] normalEquations(double[][] x, int[] labels, int leftOut, double lambda) {
        int f = x[0].length + 1;
        double[][] system = new double[f][f + CLASSES];
        for (int i = 0; i < x.length; i++) {
            if (i == leftOut) {
                continue;
            }
            for (int j = 0; j < f; j++) {
                double a = j < f - 1 ? x[i][j] : 1;
                for (int k = 0; k < f; k++) {
                    system[j][k] += a * (k < f - 1 ? x[i][k] : 1);
                }
                system[j][f + labels[i]] += a;
            }
        }
        for (int j = 0; j < f - 1; j++) {
            system[j][j] += lambda;
        }
        for (int p = 0; p < f; p++) {
            for (int row = 0; row < f; row++) {
                double factor = row == p ? 0 : system[row][p] / system[p][p];
                for (int k = p; k < f + CLASSES; k++) {
                    system[row][k] -= factor * system[p][k];
                }
            }
        }
        double[][] w = new double[f][CLASSES];
        for (int j = 0; j < f; j++) {
            for (int c = 0; c < CLASSES; c++) {
                w[j][c] = system[j][f + c] / system[j][j];
            }
        }
        return w;
    }

    private static double score(double[][] w, double[] x, int c) {
        return w[x.length][c] + IntStream.range(0, x.length).mapToDouble(j -> w[j][c] * x[j]).sum();
    }

    /** More images than features, and fewer. */
    @ParameterizedTest
    @CsvSource({"24, 5", "9, 14"})
    void strengthAndScaleAreThoseOfTheLowestLeaveOneOutLoss(int images, int features) {
        SplittableRandom random = new SplittableRandom(images);
        int[] labels = IntStream.range(0, images).map(i -> i % CLASSES).toArray();
        double[][] x = new double[images][features];
        for (int i = 0; i < images; i++) {
            for (int j = 0; j < features; j++) {
                x[i][j] = 3 + random.nextGaussian() + (j == labels[i] ? 1.5 : 0);
            }
        }
        double trace = 0;
        for (int j = 0; j < features; j++) {
            int column = j;
            double mean = IntStream.range(0, images).mapToDouble(i -> x[i][column]).average().orElseThrow();
            trace += IntStream.range(0, images).mapToDouble(i -> (x[i][column] - mean) * (x[i][column] - mean)).sum();
        }
        double unit = trace / Math.min(features, images - 1);
        TemperatureScaling best = new TemperatureScaling(1, Double.POSITIVE_INFINITY);
        double strength = 0;
        for (double power = -5; power <= 3; power += 0.5) {
            double lambda = unit * Math.pow(10, power);
            double[][] scores = new double[images][CLASSES];
            for (int i = 0; i < images; i++) {
                double[][] w = normalEquations(x, labels, i, lambda);
                for (int c = 0; c < CLASSES; c++) {
                    scores[i][c] = score(w, x[i], c);
                }
            }
            TemperatureScaling found = TemperatureScaling.of(scores, labels);
            if (found.loss() < best.loss()) {
                best = found;
                strength = lambda;
            }
        }
        RidgeHead ridge = RidgeHead.fit(new DMatrixRMaj(x), labels, CLASSES);
        assertEquals(best.loss(), ridge.loss(), 1e-7);
        double[][] w = normalEquations(x, labels, -1, strength);
        for (int c = 0; c < CLASSES; c++) {
            assertEquals(best.factor() * w[features][c], ridge.bias()[c], 1e-4);
            for (int j = 0; j < features; j++) {
                assertEquals(best.factor() * w[j][c], ridge.weight()[c * features + j], 1e-4);
            }
        }
    }

    @Test
    void featuresThatAreNotFiniteGiveAGuess() {
        DMatrixRMaj features = new DMatrixRMaj(6, 4);
        features.set(2, 1, Double.NaN);
        assertEquals(Math.log(CLASSES), RidgeHead.fit(features, new int[] {0, 1, 2, 0, 1, 2}, CLASSES).loss(), 0.2);
    }

    /** The factor is inverse to the size of the scores. */
    @ParameterizedTest
    @CsvSource({"0.25", "1", "16"})
    void scoresGetTheirBestFactor(double size) {
        SplittableRandom random = new SplittableRandom(7);
        int[] labels = random.ints(200, 0, CLASSES).toArray();
        double[][] scores = new double[labels.length][CLASSES];
        double[][] scaled = new double[labels.length][CLASSES];
        for (int i = 0; i < labels.length; i++) {
            for (int c = 0; c < CLASSES; c++) {
                scores[i][c] = random.nextGaussian() + (c == labels[i] ? 1 : 0);
                scaled[i][c] = size * scores[i][c];
            }
        }
        TemperatureScaling plain = TemperatureScaling.of(scores, labels);
        TemperatureScaling found = TemperatureScaling.of(scaled, labels);
        assertEquals(plain.factor() / size, found.factor(), 1e-6);
        assertEquals(plain.loss(), found.loss(), 1e-9);
        double uniform = Math.log(CLASSES);
        assertTrue(found.loss() < uniform, found + ": worse than a guess, " + uniform);
    }
}
