package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.loss.Objective;
import thaw.resnet.ResNet;

/** Messages about the first value that is not finite, and the diagnostics of a diverging fit. */
class FirstNonFiniteTest {

    @TempDir
    private Path folder;
    private Device device;
    private ResNet net;
    private Learner learn;

    @BeforeEach
    void open() throws IOException {
        device = Device.cpu(1);
        net = ResNet.resnet20(device, 2);
        learn = new Learner(net, ColourFolder.in(folder));
    }

    @AfterEach
    void close() {
        device.close();
    }

    private void fill(String parameter, float value) {
        Tensor p = net.namedParameters().get(parameter);
        float[] values = new float[p.shape().size()];
        Arrays.fill(values, value);
        p.set(values);
    }

    private String message() {
        return assertThrows(DivergenceException.class, () -> learn.fit(1, 0.01)).getMessage();
    }

    @Test
    void namesTheLayerWhoseOutputOverflows() {
        fill("layer2.0.bn1.weight", 3e38f);
        String message = message();
        assertTrue(message.contains("the first layer whose output is not finite is layer2.0.bn1 in group middle"), message);
        assertTrue(message.contains("epoch 1, batch 1"), message);
        assertFirst(message);
    }

    private static void assertFirst(String message) {
        assertTrue(message.contains("before the first step, so no learning rate is the cause"), message);
        assertFalse(message.contains("unusable") || message.contains("last step"), message);
    }

    /** A rate of 1e30 breaks the weights in the first step; the loss of the second batch shows it. */
    @Test
    void blamesTheLearningRateLater() {
        String message = assertThrows(DivergenceException.class, () -> learn.fit(1, 1e30)).getMessage();
        assertTrue(message.contains("epoch 1, batch 2, at learning rates 1.00e+30"), message);
        assertTrue(message.contains("unusable"), message);
    }

    /** With gradient accumulation, every batch of the first step counts as before the first step. */
    @Test
    void severalBatchesMakeTheFirstStep() {
        int[] batches = {0};
        learn.settings(FitSettings.sgd().accumulate(2)).loss((scores, batch) -> Objective.crossEntropy().of(scores, batch)
                .mul(++batches[0] == 2 ? Double.NaN : 1));
        String message = message();
        assertTrue(message.contains("epoch 1, batch 2, before the first step"), message);
    }

    /** Validation is in class order: its first batches contain only the class of weight 0. */
    @Test
    void batchesOfClassesThatDoNotCountAreNoDivergence() throws IOException {
        Learner weighted = new Learner(net, ColourFolder.in(folder).batch(2));
        weighted.loss(Objective.crossEntropy().classWeights(List.of(0.0, 1.0)));
        assertTrue(Double.isFinite(weighted.fit(1, 0.01).epochs().get(0).valid().loss()));
    }

    @Test
    void namesTheImageWhoseValidationOverflows() {
        learn.settings(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL)).freezeTo(2);
        Tensor mean = net.namedBuffers().get("bn1.running_mean");
        float[] values = mean.toFloats();
        learn.addListener(new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                values[0] = Float.NaN;
                if (batch.batch() == batch.batches()) {
                    mean.set(values);
                }
            }
        });
        String message = message();
        assertTrue(message.contains("the validation loss is NaN after epoch 1, for 8 of 8 images, the first "), message);
        assertTrue(message.contains("the first running statistic that is not finite is bn1.running_mean in group early"), message);
    }

    @Test
    void namesTheParameterThatIsNoNumber() {
        fill("layer1.1.conv2.weight", Float.NaN);
        fill("fc.bias", Float.POSITIVE_INFINITY);
        String message = message();
        assertTrue(message.contains("the first parameter that is not finite is layer1.1.conv2.weight in group early,"
                + " one of 2 of"), message);
        assertFirst(message);
    }

    @Test
    void saysWhenTheLossAloneIsNoNumber() {
        learn.loss((scores, batch) -> Objective.crossEntropy().of(scores, batch).mul(Double.POSITIVE_INFINITY));
        String message = message();
        assertTrue(message.contains("the loss alone is not"), message);
        assertFirst(message);
    }

    @Test
    void activitiesOfAFit() {
        learn.diagnostics(new DiagnosticsOptions(1, 6, 1e-2)).freezeTo(1);
        List<EpochResult> epochs = learn.fit(2, 0.1, 0.05, 0.1).epochs();
        GroupActivity early = epochs.get(1).activity().get(0);
        assertEquals(0, early.learningRate());
        assertEquals(0, early.distance());
        assertTrue(Double.isNaN(early.gradNorm()));
        GroupActivity middle = epochs.get(1).activity().get(1);
        assertEquals(0.05, middle.learningRate(), 1e-12);
        assertTrue(middle.gradNorm() > 0 && middle.updateRatio() > 0 && middle.updateRatio() < 1, middle.toString());
        assertTrue(middle.distance() > epochs.get(0).activity().get(1).distance() && middle.drift() > 0, middle.toString());
    }

    @Test
    void nothingIsHeardWhereNothingIsAskedFor() {
        assertEquals(List.of(), learn.fit(1, 0.01).epochs().get(0).activity());
    }
}
