package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.finetune.data.Sample;
import thaw.finetune.images.Transforms;
import thaw.finetune.metrics.CalibrationError;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.ModelFile;
import thaw.kernels.Shape;
import thaw.resnet.Network;
import thaw.resnet.ResNet;

class CalibrationTest {

    private static final LabelSet LABELS = new LabelSet(List.of("a", "b", "c"), false);

    /** Images whose classes are drawn from softmax(s), with predictions softmax(s · overconfidence). */
    private static Predictions predictions(int count, double overconfidence, long seed) {
        Random random = new Random(seed);
        List<Sample> samples = new ArrayList<>();
        List<double[]> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double[] scores = random.doubles(3, -2, 2).toArray();
            double[] p = softmax(scores, 1);
            double draw = random.nextDouble();
            int label = draw < p[0] ? 0 : draw < p[0] + p[1] ? 1 : 2;
            samples.add(new Sample(Path.of("image" + i), label));
            rows.add(softmax(scores, overconfidence));
        }
        return new Predictions(LABELS, samples, rows);
    }

    private static double[] softmax(double[] scores, double factor) {
        double[] p = new double[scores.length];
        double sum = 0;
        for (int c = 0; c < p.length; c++) {
            p[c] = Math.exp(factor * scores[c]);
            sum += p[c];
        }
        for (int c = 0; c < p.length; c++) {
            p[c] /= sum;
        }
        return p;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 2, 5})
    void findsTheFactorByWhichScoresAreTooLarge(double overconfidence) {
        Calibration found = Calibration.of(predictions(20_000, overconfidence, 1)).orElseThrow();
        assertEquals(overconfidence, found.temperature(), 0.04 * overconfidence);
        double after = CalibrationError.of(found.after());
        double before = CalibrationError.of(found.before());
        assertTrue(after < 0.015, () -> "error " + after);
        assertTrue(overconfidence == 1 || before > 0.05, () -> "error " + before);
    }

    @Test
    void fewImagesAndSeveralLabelsAreNotCalibrated() {
        assertEquals(Optional.empty(), Calibration.of(predictions(99, 2, 2)));
        Predictions several = new Predictions(new LabelSet(LABELS.classes(), true), predictions(200, 2, 3).samples(),
                predictions(200, 2, 3).probabilities());
        assertEquals(Optional.empty(), Calibration.of(several));
        Predictions undefined = predictions(200, 2, 4);
        undefined.probabilities().get(7)[1] = Double.NaN;
        assertEquals(Optional.empty(), Calibration.of(undefined));
    }

    /** One network is certain of a wrong class: T stays finite, and so do the probabilities. */
    @Test
    void certainAndWrong() {
        Predictions one = predictions(200, 2, 5);
        double[] row = one.probabilities().get(0);
        for (int c = 0; c < row.length; c++) {
            row[c] = c == (one.actual(0) + 1) % 3 ? 1 : 0;
        }
        Calibration found = Calibration.of(one).orElseThrow();
        assertTrue(found.temperature() > 0 && Double.isFinite(found.temperature()));
        assertTrue(Double.isFinite(CalibrationError.of(found.after())));
    }

    @Test
    void theModelsScoresAreDivided() {
        try (Device device = Device.cpu()) {
            ResNet net = ResNet.resnet20(device, 3);
            ModelFile model = ModelFile.of(net, LABELS, Transforms.of(32));
            float[] images = new float[2 * 3 * 32 * 32];
            for (int i = 0; i < images.length; i++) {
                images[i] = (float) Math.sin(i);
            }
            float[] plain = scores(model, images, device);
            float[] calibrated = scores(new Calibration(2.5, predictions(1, 1, 1), predictions(1, 1, 1)).applyTo(model, device), images,
                    device);
            for (int i = 0; i < plain.length; i++) {
                plain[i] /= 2.5f;
            }
            assertArrayEquals(plain, calibrated, 1e-5f);
        }
    }

    private static float[] scores(ModelFile model, float[] images, Device device) {
        Network net = model.toNet(device);
        try (Tensor scores = net.call(device.tensor(Shape.of(2, 3, 32, 32), images))) {
            return scores.toFloats();
        } finally {
            net.release();
        }
    }
}
