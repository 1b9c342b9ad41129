package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.augment.CutMix;
import thaw.finetune.augment.Mixup;
import thaw.finetune.data.CsvLabels;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Metric;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.Prediction;
import thaw.resnet.ResNet;

/** Images of red, green, blue, any two of them, or none: from the label table to the saved model. */
class MultiLabelTest {
    private static final List<String> COLOURS = List.of("blue", "green", "red");
    private static final int SIDE = 8;

    @TempDir
    private Path folder;
    private ImageFolder data;

    @BeforeEach
    void writeImages() throws IOException {
        List<String> table = new ArrayList<>(List.of("file,labels"));
        for (int i = 0; i < 42; i++) {
            int shown = i % 7;
            BufferedImage drawn = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
            int colour = 0;
            List<String> labels = new ArrayList<>();
            for (int c = 0; c < 3; c++) {
                if ((shown >> c & 1) == 1) {
                    colour |= 170 + i << 8 * c;
                    labels.add(COLOURS.get(c));
                }
            }
            for (int k = 0; k < SIDE * SIDE; k++) {
                drawn.setRGB(k % SIDE, k / SIDE, colour);
            }
            ImageIO.write(drawn, "png", folder.resolve(i + ".png").toFile());
            table.add(i + ".png," + String.join(" ", labels));
        }
        Files.write(folder.resolve("labels.csv"), table);
        data = ImageFolder.ofCsv(folder.resolve("labels.csv"), CsvLabels.standard().delimiter(" ")).size(SIDE).batch(8).seed(1);
    }

    @Test
    void trainsSavesAndPredicts() throws IOException {
        Path file = folder.resolve("colours.safetensors");
        try (Device device = Device.cpu(1)) {
            device.generator().seed(1);
            Learner learn = new Learner(ResNet.resnet20(device, 3), data);
            List<EpochResult> history = learn.fitOneCycle(30, 0.05).epochs();
            Evaluation found = learn.validate();
            assertEquals(3 * data.valid().size(), found.total());
            assertEquals(found.accuracy(), Metric.accuracyMulti(0.5).of(found.predictions()), 1e-12);
            Evaluation again = Evaluation.of(found.predictions(), 0.5);
            assertEquals(found.classes(), again.classes());
            assertEquals(found.loss(), again.loss(), 1e-6);
            assertTrue(found.accuracy() > 0.9, "accuracy " + found.accuracy());
            assertTrue(history.get(29).trainLoss() < 0.5 * history.get(0).trainLoss(), history.toString());
            learn.loss(Objective.binaryCrossEntropy().threshold(0.3)).save(file);
        }
        assertTrue(ModelFile.read(file).labels().multiLabel());
        assertEquals(0.3, ModelFile.read(file).threshold());
        try (Classifier classifier = Classifier.load(file)) {
            assertTrue(classifier.labels().multiLabel());
            assertEquals(0.3, classifier.threshold());
            Prediction one = classifier.predict(folder.resolve("1.png"));
            assertEquals(one.labels(0.3), one.labels());
            int right = 0;
            for (int i = 0; i < 7; i++) {
                Set<String> expected = new HashSet<>(data.evaluation().get(i).labels().stream().map(COLOURS::get).toList());
                right += expected.equals(new HashSet<>(classifier.predict(folder.resolve(i + ".png")).labels(0.5))) ? 1 : 0;
            }
            assertTrue(right >= 5, right + " of 7 images with all their colours and no other");
        }
    }

    @Test
    void objectivesForOtherImagesAreRefused() throws IOException {
        try (Device device = Device.cpu(1)) {
            Learner several = new Learner(ResNet.resnet20(device, 3), data);
            String message = assertThrows(IllegalArgumentException.class,
                    () -> several.loss(Objective.crossEntropy())).getMessage();
            assertTrue(message.contains("use Objective.binaryCrossEntropy()"), message);
            ImageFolder single = ColourFolder.in(folder.resolve("single"));
            Learner one = new Learner(ResNet.resnet20(device, 2), single);
            assertThrows(IllegalArgumentException.class, () -> one.loss(Objective.binaryCrossEntropy()));
            one.loss(Objective.crossEntropy().labelSmoothing(0.1).classWeights(single.classWeights()));
            double smoothed = one.validate().loss();
            one.loss(Objective.crossEntropy());
            assertNotEquals(smoothed, one.validate().loss(), "validation computes the loss that training makes small");
        }
    }

    /** Mixed targets are neither class numbers nor ones and zeros; training accepts them. */
    @Test
    void trainsOnMixedBatches() throws IOException {
        try (Device device = Device.cpu(1)) {
            List<EpochResult> several = new Learner(ResNet.resnet20(device, 3), data.mix(new Mixup(0.4))).fitOneCycle(1, 0.01).epochs();
            assertTrue(several.get(0).trainLoss() > 0);
            ImageFolder single = ColourFolder.in(folder.resolve("single")).mix(new CutMix(1));
            assertTrue(new Learner(ResNet.resnet20(device, 2), single).fitOneCycle(1, 0.01).epochs().get(0).trainLoss() > 0);
        }
    }
}
