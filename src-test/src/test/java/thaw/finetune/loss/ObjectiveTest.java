package thaw.finetune.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.finetune.data.Batch;
import thaw.finetune.predict.LabelSet;
import thaw.kernels.Shape;

/** Losses compared with their definitions, in double precision. */
class ObjectiveTest {
    private static final Device DEVICE = Device.cpu(1);
    private static final double[][] SCORES = {{1, -2, 0.5}, {0.25, 3, -1}};

    @AfterAll
    static void close() {
        DEVICE.close();
    }

    @Test
    void crossEntropyOfClassNumbers() {
        double plain = (-logSoftmax(0, 2) - logSoftmax(1, 1)) / 2;
        assertEquals(plain, loss(Objective.crossEntropy(), new Batch.ClassNumbers(new int[] {2, 1})), 1e-6);

        double weighted = (-3 * logSoftmax(0, 2) - 2 * logSoftmax(1, 1)) / (3 + 2);
        Objective withWeights = Objective.crossEntropy().classWeights(List.of(0.5, 2.0, 3.0));
        assertEquals(weighted, loss(withWeights, new Batch.ClassNumbers(new int[] {2, 1})), 1e-6);

        double smooth = 0;
        for (int i = 0; i < 2; i++) {
            for (int c = 0; c < 3; c++) {
                smooth -= (0.1 / 3 + (c == 2 - i ? 0.9 : 0)) * logSoftmax(i, c) / 2;
            }
        }
        Objective smoothing = Objective.crossEntropy().labelSmoothing(0.1);
        assertEquals(smooth, loss(smoothing, new Batch.ClassNumbers(new int[] {2, 1})), 1e-6);
    }

    /** PyTorch's mean would be 0/0, and its gradients NaN. */
    @Test
    void aBatchWithoutWeightTeachesNothing() {
        for (double smoothing : new double[] {0, 0.1}) {
            Objective objective = Objective.crossEntropy().labelSmoothing(smoothing).classWeights(List.of(2.0, 0.0, 1e-60));
            Tensor scores = scores().requiresGrad(true);
            Tensor loss = objective.of(scores, batch(new Batch.ClassNumbers(new int[] {1, 2})));
            loss.backward();
            assertEquals(0, loss.item());
            assertArrayEquals(new float[6], scores.grad().toFloats());
            assertTrue(loss(objective, new Batch.ClassNumbers(new int[] {0, 2})) > 0);
            assertTrue(loss(objective, new Batch.Matrix(new float[] {0, 0.5f, 0.5f, 0, 1, 0}, 3)) >= 0);
        }
        Objective second = Objective.crossEntropy().classWeights(List.of(0.0, 1.0));
        Tensor broken = DEVICE.tensor(Shape.of(2, 2), Double.NaN, 0, 1, 2);
        assertEquals(Float.NaN, second.of(broken, batch(new Batch.ClassNumbers(new int[] {0, 0}))).item());
    }

    /** The loss of mixed targets equals the mixture of the losses, label smoothing included. */
    @Test
    void mixedTargetsMixLosses() {
        Objective objective = Objective.crossEntropy().labelSmoothing(0.1);
        double first = loss(objective, new Batch.ClassNumbers(new int[] {0, 1}));
        double second = loss(objective, new Batch.ClassNumbers(new int[] {2, 0}));
        double mixed = loss(objective, new Batch.Matrix(new float[] {0.75f, 0, 0.25f, 0.25f, 0.75f, 0}, 3));
        assertEquals(0.75 * first + 0.25 * second, mixed, 1e-6);
    }

    @Test
    void binaryCrossEntropyOfRows() {
        Batch.Matrix targets = new Batch.Matrix(new float[] {1, 0, 1, 0, 0, 0}, 3);
        double sum = 0;
        double weighted = 0;
        double[] weights = {1, 2, 4};
        for (int i = 0; i < 2; i++) {
            for (int c = 0; c < 3; c++) {
                double p = 1 / (1 + Math.exp(-SCORES[i][c]));
                boolean shows = targets.values()[3 * i + c] == 1;
                sum -= Math.log(shows ? p : 1 - p) / 6;
                weighted -= (shows ? weights[c] : 1) * Math.log(shows ? p : 1 - p) / 6;
            }
        }
        assertEquals(sum, loss(Objective.binaryCrossEntropy(), targets), 1e-6);
        assertEquals(weighted, loss(Objective.binaryCrossEntropy().positiveWeights(List.of(1.0, 2.0, 4.0)), targets), 1e-6);
    }

    /** The gradient is {@code (σ(x) - t) / (N C)}. */
    @Test
    void binaryCrossEntropyTrains() {
        Batch.Matrix targets = new Batch.Matrix(new float[] {1, 0, 1, 0, 0, 0}, 3);
        Tensor scores = scores().requiresGrad(true);
        Objective.binaryCrossEntropy().of(scores, batch(targets)).backward();
        float[] expected = new float[6];
        for (int i = 0; i < 6; i++) {
            expected[i] = (float) ((1 / (1 + Math.exp(-SCORES[i / 3][i % 3])) - targets.values()[i]) / 6);
        }
        assertArrayEquals(expected, scores.grad().toFloats(), 1e-6f);
    }

    @Test
    void theLabelsSayWhichIsTheStandard() {
        assertEquals(Objective.crossEntropy(), Objective.standard(new LabelSet(List.of("a", "b"), false)));
        assertEquals(Objective.binaryCrossEntropy(), Objective.standard(new LabelSet(List.of("a", "b"), true)));
    }

    @Test
    void settingsAreData() throws Exception {
        ObjectMapper json = new ObjectMapper();
        for (Objective objective : List.of(Objective.crossEntropy().labelSmoothing(0.1).classWeights(List.of(1.0, 2.0)),
                Objective.binaryCrossEntropy().threshold(0.3))) {
            String text = json.writeValueAsString(objective);
            assertTrue(text.contains("\"type\":\"" + objective.getClass().getSimpleName() + "\""), text);
            assertEquals(objective, json.readValue(text, Objective.class));
        }
    }

    @Test
    void senselessSettingsAreNamed() {
        assertMessage(() -> Objective.crossEntropy().labelSmoothing(-0.1), "label smoothing", "-0.1");
        assertMessage(() -> Objective.crossEntropy().classWeights(List.of(-1.0)), "class weights", "-1.0");
        assertMessage(() -> Objective.crossEntropy().classWeights(List.of(1.0, Double.NaN)), "class weights", "NaN");
        assertMessage(() -> Objective.crossEntropy().classWeights(List.of(1.0, 1e39)), "class weights", "1.0E39");
        assertMessage(() -> Objective.crossEntropy().classWeights(List.of(0.0, 0.0)), "class weights", "at least one above 0");
        assertMessage(() -> Objective.binaryCrossEntropy().positiveWeights(List.of(0.0)), "positive weights", "at least one above 0");
        assertMessage(() -> Objective.binaryCrossEntropy().threshold(1), "threshold", "1.0");
        assertMessage(() -> loss(Objective.crossEntropy().classWeights(List.of(1.0)), new Batch.ClassNumbers(new int[] {0, 1})),
                "each of 3 classes", "got 1");
    }

    private static double logSoftmax(int image, int label) {
        double sum = 0;
        for (double score : SCORES[image]) {
            sum += Math.exp(score);
        }
        return SCORES[image][label] - Math.log(sum);
    }

    private static double loss(Objective objective, Batch.Targets targets) {
        return objective.of(scores(), batch(targets)).item();
    }

    private static Tensor scores() {
        return DEVICE.tensor(Shape.of(2, 3), SCORES[0][0], SCORES[0][1], SCORES[0][2], SCORES[1][0], SCORES[1][1], SCORES[1][2]);
    }

    private static Batch batch(Batch.Targets targets) {
        return new Batch(new float[6], targets, 2, 1, Collections.nCopies(2, Path.of("x")));
    }

    private static void assertMessage(Runnable action, String... parts) {
        String message = assertThrows(IllegalArgumentException.class, action::run).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }
}
