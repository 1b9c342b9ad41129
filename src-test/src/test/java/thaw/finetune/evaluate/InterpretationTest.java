package thaw.finetune.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.ImageSource;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.Calibration;
import thaw.finetune.train.ColourFolder;
import thaw.resnet.ResNet;

class InterpretationTest {
    @TempDir
    private Path folder;

    @Test
    void explainsTheHighestLosses() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 2);
            Interpretation found = Interpretation.of(net, data);
            Predictions predictions = found.evaluation().predictions();
            assertEquals(Evaluation.of(net, data).loss(), found.evaluation().loss());
            assertEquals(8, found.evaluation().features().size());
            List<Integer> highest = found.highestLosses();
            for (int i = 1; i < highest.size(); i++) {
                assertTrue(predictions.loss(highest.get(i - 1)) >= predictions.loss(highest.get(i)));
            }
            assertEquals(highest, List.copyOf(found.explanations().keySet()));
            found.explanations().forEach((image, explained) -> assertEquals(predictions.predicted(image), explained.label()));
            assertEquals(found.evaluation().loss(), IntStream.range(0, 8).mapToDouble(predictions::loss).average().orElseThrow(), 1e-6);
        }
    }

    @Test
    void featuresAreThoseOfAClassifier() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 2);
            Interpretation found = Interpretation.of(net, data);
            try (Classifier classifier = Classifier.of(ModelFile.of(net, data.classes(), data.transforms()), Device.cpu(1))) {
                for (int image = 0; image < 8; image++) {
                    float[] features = classifier.features(ImageSource.of(found.evaluation().predictions().samples().get(image).file()));
                    assertArrayEquals(found.evaluation().features().get(image), features, 1e-5f);
                }
            }
        }
    }

    /** At a higher temperature a mistake between two even classes costs more than a surer one; heat maps are in that order. */
    @Test
    void calibratedPredictionsAreExplainedInTheirOwnOrder() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        ImageFolder three = data.classes(Stream.concat(data.classes().stream(), Stream.of("third")).toList());
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 3);
            Evaluation plain = Evaluation.of(net, three);
            Predictions from = plain.predictions();
            List<double[]> rows = IntStream.range(0, from.size()).mapToObj(i -> {
                double[] row = new double[3];
                row[from.actual(i)] = i % 2 == 0 ? 1e-4 : 2e-4;
                row[2] = i % 2 == 0 ? 1 - 1e-4 - 1e-9 : (1 - 2e-4) / 2;
                row[1 - from.actual(i)] = 1 - row[2] - row[from.actual(i)];
                return row;
            }).toList();
            Evaluation sure = new Evaluation(plain.classes(), 1, new Predictions(from.labels(), from.samples(), rows), plain.features());
            Evaluation calibrated = new Calibration(8, sure.predictions(), sure.predictions()).applyTo(sure);
            assertEquals(plain.features().keySet(), calibrated.features().keySet());
            List<Integer> before = Interpretation.of(net, three.evaluationLoader(), sure).highestLosses();
            Interpretation after = Interpretation.of(net, three.evaluationLoader(), calibrated);
            assertEquals(0, before.get(0) % 2);
            assertEquals(1, after.highestLosses().get(0) % 2);
            assertEquals(after.highestLosses(), List.copyOf(after.explanations().keySet()));
        }
    }

    @Test
    void leavesTheNetworkAsItWas() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 2);
            net.train();
            net.groups().get(0).train(false);
            Tensor frozen = net.parameters().get(0).requiresGrad(false);
            Interpretation.of(net, data);
            assertTrue(net.isTraining() && !net.children().get("layer1").children().get("0").isTraining());
            assertFalse(frozen.requiresGrad());
            assertTrue(net.parameters().stream().skip(1).allMatch(Tensor::requiresGrad));
            long memory = device.backend().memory().inUse();
            Interpretation.of(net, data);
            assertEquals(memory, device.backend().memory().inUse());
        }
    }

    /** Values of {@code numpy.linalg.svd} of the centred rows: {@code u·s}, and {@code s²/Σs²}. */
    @Test
    void principalComponentsAreNumpys() {
        PrincipalComponents found = PrincipalComponents.of(List.of(new float[] {2, 0, 1, 3}, new float[] {1, 4, 0, -1},
                new float[] {0.5f, -2, 3, 1}, new float[] {5, 1, -1, 2}, new float[] {-3, 2, 2, 0.25f}), 2);
        double[][] expected = {{1.50434945, -1.43470817}, {-0.76476412, 3.62346055}, {-0.80490947, -3.37819451}, {4.39997139, 0.8433186},
            {-4.33464725, 0.34612353}};
        for (int i = 0; i < 5; i++) {
            assertArrayEquals(expected[i], found.coordinates()[i], 1e-7);
        }
        assertArrayEquals(new double[] {0.57243609, 0.37705897}, found.explained(), 1e-7);
    }

    /** Points of a plane in many dimensions keep their distances, and the plane explains all their variance. */
    @Test
    void pointsOfAPlaneKeepTheirDistances() {
        SplittableRandom random = new SplittableRandom(4);
        double[][] plane = IntStream.range(0, 20).mapToObj(i -> new double[] {random.nextDouble(), random.nextDouble()})
                .toArray(double[][]::new);
        float[] first = new float[60];
        float[] second = new float[60];
        for (int k = 0; k < 30; k++) {
            first[2 * k] = random.nextInt(9) - 4;
            second[2 * k + 1] = random.nextInt(9) - 4;
        }
        PrincipalComponents found = PrincipalComponents.of(IntStream.range(0, 20).mapToObj(i -> {
            float[] row = new float[60];
            for (int k = 0; k < 60; k++) {
                row[k] = (float) (plane[i][0] * first[k] + plane[i][1] * second[k]);
            }
            return row;
        }).toList(), 2);
        double a = norm(first);
        double b = norm(second);
        for (int i = 1; i < 20; i++) {
            double before = Math.hypot(a * (plane[i][0] - plane[0][0]), b * (plane[i][1] - plane[0][1]));
            double[] p = found.coordinates()[i];
            double[] q = found.coordinates()[0];
            assertEquals(before, Math.hypot(p[0] - q[0], p[1] - q[1]), 1e-4);
        }
        assertEquals(1, found.explained()[0] + found.explained()[1], 1e-9);
        assertTrue(found.explained()[0] >= found.explained()[1]);
    }

    private static double norm(float[] values) {
        return Math.sqrt(IntStream.range(0, values.length).mapToDouble(i -> values[i] * values[i]).sum());
    }
}
