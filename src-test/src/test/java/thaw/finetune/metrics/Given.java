package thaw.finetune.metrics;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import thaw.finetune.data.Sample;
import thaw.finetune.predict.LabelSet;

/** Predictions made up for tests. */
final class Given {
    private Given() {
    }

    static LabelSet classes(int count, boolean multiLabel) {
        return new LabelSet(IntStream.range(0, count).mapToObj(c -> "c" + c).toList(), multiLabel);
    }

    /** Images of one class each. */
    static Predictions single(int[] actual, double[][] probabilities) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < actual.length; i++) {
            samples.add(new Sample(Path.of(i + ".jpg"), actual[i]));
        }
        return new Predictions(classes(probabilities[0].length, false), samples, List.of(probabilities));
    }

    /** Where all that counts is which class is predicted. */
    static Predictions decided(int classes, int[] actual, int[] predicted) {
        double[][] probabilities = new double[actual.length][classes];
        for (int i = 0; i < actual.length; i++) {
            probabilities[i][predicted[i]] = 1;
        }
        return single(actual, probabilities);
    }

    static Predictions multi(int[][] shown, double[][] probabilities) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < shown.length; i++) {
            samples.add(new Sample(Path.of(i + ".jpg"), IntStream.of(shown[i]).boxed().toList()));
        }
        return new Predictions(classes(probabilities[0].length, true), samples, List.of(probabilities));
    }

    /** With scores of two decimals, so that equal ones occur. */
    static Predictions random(int images, int classes, SplittableRandom random) {
        int[] actual = new int[images];
        double[][] probabilities = new double[images][classes];
        for (int i = 0; i < images; i++) {
            actual[i] = random.nextInt(classes);
            for (int c = 0; c < classes; c++) {
                probabilities[i][c] = random.nextInt(100) / 100.0;
            }
        }
        return single(actual, probabilities);
    }
}
