package thaw.finetune.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.Mixup;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Metric;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.train.ColourFolder;
import thaw.resnet.ResNet;

class TestTimeAugmentationTest {
    @TempDir
    private Path folder;

    /**
     * The expected value is computed from the passes: 0.75 times the mean of four views and 0.25 times the plain
     * prediction.
     */
    @Test
    void isTheStatedMixture() throws IOException {
        ImageFolder data = ColourFolder.in(folder).batch(3).augment(Augmentation.fastai()).mix(new Mixup(0.4));
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 2);
            BatchLoader loader = data.evaluationLoader();
            Predictions plain = Evaluation.of(net, data).predictions();
            double[][] means = new double[plain.size()][2];
            double[][] largest = new double[plain.size()][2];
            for (int i = 0; i < plain.size(); i++) {
                largest[i] = plain.probabilities().get(i).clone();
            }
            for (int view = 0; view < 4; view++) {
                Predictions augmented = PredictionPass
                        .over(loader.augmentedEpoch(view), loader, net, Objective.crossEntropy(), images -> {})
                        .predictions();
                for (int i = 0; i < plain.size(); i++) {
                    for (int c = 0; c < 2; c++) {
                        means[i][c] += augmented.probability(i, c) / 4;
                        largest[i][c] = Math.max(largest[i][c], augmented.probability(i, c));
                    }
                }
            }
            Predictions tta = TestTimeAugmentation.fastai().predict(net, data);
            Predictions max = new TestTimeAugmentation(4, 0.25, true).predict(net, data);
            assertEquals(plain.samples(), tta.samples());
            for (int i = 0; i < plain.size(); i++) {
                double[] expected = {0.75 * means[i][0] + 0.25 * plain.probability(i, 0),
                    0.75 * means[i][1] + 0.25 * plain.probability(i, 1)};
                assertArrayEquals(expected, tta.probabilities().get(i), 1e-12);
                assertArrayEquals(largest[i], max.probabilities().get(i));
            }
        }
    }

    /** Without augmentation every view equals the plain image. */
    @Test
    void withoutAugmentationItChangesNothing() throws IOException {
        ImageFolder data = ColourFolder.in(folder).augment(Augmentation.none());
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 2);
            Evaluation plain = Evaluation.of(net, data);
            Predictions tta = new TestTimeAugmentation(2, 0.5, false).predict(net, data);
            for (int i = 0; i < tta.size(); i++) {
                assertArrayEquals(plain.predictions().probabilities().get(i), tta.probabilities().get(i), 1e-12);
            }
            assertEquals(plain.accuracy(), Metric.ACCURACY.of(plain.predictions()));
        }
    }

    @Test
    void senselessSettingsAreNamed() {
        for (String wrong : List.of("views", "beta")) {
            String message = assertThrows(IllegalArgumentException.class, () -> new TestTimeAugmentation(
                    wrong.equals("views") ? 0 : 4, wrong.equals("beta") ? 1.5 : 0.25, false)).getMessage();
            assertEquals(wrong, message.substring(0, wrong.length()));
        }
    }
}
