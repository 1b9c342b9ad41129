package thaw.finetune.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.engine.optim.GradientClipping;
import thaw.engine.optim.WeightAverage;
import thaw.finetune.loss.Objective;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.ColourFolder;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.FitSettings;
import thaw.finetune.train.FitState;
import thaw.finetune.train.FrozenBatchNorm;
import thaw.finetune.train.Learner;
import thaw.finetune.train.SweepOptions;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.Granularity;
import thaw.resnet.ResNet;

/** Plans of several phases, on images with three batches per epoch. */
class TrainingPhaseTest {

    @TempDir
    private Path folder;
    private Device device;
    private ResNet net;
    private Learner learn;
    private final List<List<Double>> rates = new ArrayList<>();
    private final List<String> phases = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        device = Device.cpu(1);
        net = ResNet.resnet20(device, 2);
        learn = learner();
    }

    private Learner learner() throws IOException {
        return new Learner(net, ColourFolder.in(folder)).addListener(new TrainingListener() {
            @Override
            public void onPhase(TrainingPhase phase, int number, int count) {
                phases.add(phase.name() + " " + number + "/" + count);
            }

            @Override
            public void onBatch(BatchResult batch) {
                rates.add(batch.learningRates());
            }

            @Override
            public void onWarning(String message) {
                warnings.add(message);
            }
        });
    }

    @AfterEach
    void close() {
        device.close();
    }

    // ---- fine_tune -----------------------------------------------------------------------------------------------

    /**
     * fastai's {@code fine_tune(2)} with three batches per epoch, computed by hand. combined_cos at p is {@code start +
     * (1 + cos(π(1 − p/pct)))·(peak − start)/2} before pct and falls likewise from peak to peak/1e5 after it. Frozen:
     * rates [2e-4, 2e-4, 2e-3], pct 0.99, from a 25th, at p = 0, 1/3, 2/3. Then [1e-5, 1e-4, 1e-3], pct 0.3, from a
     * fifth, at p = 0, 1/6 … 5/6.
     */
    @Test
    void fineTuneHasFastaisRatesAtEveryStep() {
        List<EpochResult> history = learn.fineTune(2).epochs();
        assertEquals(3, history.size());
        assertEquals(List.of("head 1/2", "all 2/2"), phases);
        double[] head = {8e-5, 0.0005688208678173748, 0.0015374796362408918};
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(new double[] {0, 0, head[i]}, array(rates.get(i)), 1e-12);
        }
        double[] all = {2e-4, 0.0006694592710667723, 0.000994415468958433, 0.0008117467834803573, 0.00046264032685725573,
            0.0001334827293444457};
        for (int i = 0; i < 6; i++) {
            double[] expected = {all[i] / 100, all[i] / 10, all[i]};
            double[] found = array(rates.get(3 + i));
            for (int g = 0; g < 3; g++) {
                assertEquals(expected[g], found[g], 1e-9 * expected[g] + 1e-15, "step " + i + ", group " + g);
            }
        }
        assertTrue(warnings.isEmpty());
    }

    private static double[] array(List<Double> list) {
        return list.stream().mapToDouble(Double::doubleValue).toArray();
    }

    @Test
    void fineTuneAsData() {
        List<TrainingPhase> plan = TrainingPhase.fineTune(5, 1e-2, 2, 10);
        assertEquals(7, plan.stream().mapToInt(TrainingPhase::epochs).sum());
        TrainingPhase head = plan.get(0);
        assertEquals("2 -1 one-cycle(pct_start=0.99) :1e-2",
                head.epochs() + " " + head.freezeTo() + " " + head.schedule() + " " + head.rates());
        TrainingPhase all = plan.get(1);
        assertEquals("5 0 one-cycle(pct_start=0.3,div=5.0) 5e-4:0.005",
                all.epochs() + " " + all.freezeTo() + " " + all.schedule() + " " + all.rates());
        assertEquals(1, TrainingPhase.fineTune(5, 1e-2, 0, 10).size());
    }

    // ---- gradual unfreezing ----------------------------------------------------------------------------------------

    @Test
    void gradualUnfreezingThawsOneGroupEachEpochAtItsOwnRate() {
        learn.run(List.of(TrainingPhase.gradualUnfreezing(4, ScheduleRecipe.of("constant"), LearningRates.of(0.001, 0.01, 0.1))));
        List<List<Double>> expected = List.of(List.of(0.0, 0.0, 0.1), List.of(0.0, 0.01, 0.1), List.of(0.001, 0.01, 0.1),
                List.of(0.001, 0.01, 0.1));
        for (int i = 0; i < 12; i++) {
            assertEquals(expected.get(i / 3), rates.get(i), "step " + i);
        }
        assertTrue(learn.groups().get(0).parameters().get(0).requiresGrad());
    }

    @Test
    void aThawedGroupTakesTheScheduleWhereItIsAndItsMomentumStartsAtZero() throws IOException {
        List<FitState> states = new ArrayList<>();
        learn.addListener(new TrainingListener() {
            @Override
            public void onEpoch(EpochResult epoch) {
                states.add(learn.state());
            }
        }).run(List.of(TrainingPhase.gradualUnfreezing(2, ScheduleRecipe.oneCycle(), LearningRates.of(1e-3, 1e-2, 1e-1))));
        for (int i = 3; i < 6; i++) {
            assertEquals(rates.get(i).get(2) / 10, rates.get(i).get(1), 1e-15);
        }
        Map<String, StoredTensor> afterOne = states.get(0).optimizer();
        assertTrue(afterOne.containsKey("momentum_buffer.2.0"));
        assertFalse(afterOne.containsKey("momentum_buffer.1.0"));
        assertTrue(states.get(1).optimizer().containsKey("momentum_buffer.1.0"));
        assertFalse(states.get(1).optimizer().containsKey("momentum_buffer.0.0"), "still frozen");
        assertEquals("middle", states.get(1).optimizer().metadata().get("group.1.name"));
    }

    // ---- phases ----------------------------------------------------------------------------------------------------

    @Test
    void aStopBetweenEqualPhasesTakesNoFurtherStep() {
        learn.addListener(new TrainingListener() {
            @Override
            public void onEpoch(EpochResult epoch) {
                learn.stop();
            }
        });
        TrainingPhase phase = new TrainingPhase("twice", 1, ScheduleRecipe.of("constant"), LearningRates.of(0.01));
        assertTrue(learn.run(List.of(phase, phase)).stoppedAt().isPresent());
        assertEquals(3, rates.size());
    }

    @Test
    void phasesMayHaveImagesOfOtherSizes() {
        List<Integer> sides = new ArrayList<>();
        learn.loss((scores, batch) -> {
            sides.add(batch.side());
            return Objective.crossEntropy().of(scores, batch);
        });
        TrainingPhase phase = new TrainingPhase("small", 1, ScheduleRecipe.of("constant"), LearningRates.slice(0.01));
        learn.run(List.of(phase, phase.size(12)));
        assertEquals(List.of(8, 8, 8, 12, 12, 12), sides);
    }

    @Test
    void anyGrainIsFrozenAndTrained() {
        learn.granularity(Granularity.BLOCKS).freezeTo(-2);
        assertEquals(11, learn.groups().size());
        List<Double> last = learn.fit(1, ScheduleRecipe.of("constant"), LearningRates.layerDecay(0.1, 0.5)).epochs().get(0).learningRates();
        assertEquals(List.of(0.05, 0.1), last.subList(9, 11));
        assertEquals(0.0, last.stream().limit(9).mapToDouble(Double::doubleValue).sum());
        String message = assertThrows(IllegalArgumentException.class, () -> learn.fit(1, 0.1, 0.2)).getMessage();
        assertTrue(message.contains("[stem, layer1.0, layer1.1, layer1.2, layer2.0"), message);
    }

    @Test
    void accumulatedBatchesAreOneStep() {
        learn.settings(FitSettings.sgd().accumulate(2));
        List<EpochResult> history = learn.fit(2, 0.01).epochs();
        assertEquals(2, history.size());
        assertEquals(4, rates.size());                                  // of three batches an epoch: two and one
    }

    /** Without batch statistics, two accumulated batches of 3 equal one of 6, up to rounding. */
    @Test
    void accumulatedGradientsAreThoseOfTheLargerBatch() throws IOException {
        Map<String, StoredTensor> before = net.stateDict();
        learn.settings(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL)).freeze().fit(1, 0.1);
        Map<String, StoredTensor> large = net.stateDict();
        net.loadStateDict(before);
        new Learner(net, ColourFolder.in(folder).batch(3)).freeze()
                .settings(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL).accumulate(2)).fit(1, 0.1);
        assertArrayEquals(large.get("fc.weight").toFloats(), net.stateDict().get("fc.weight").toFloats(), 1e-5f);
    }

    @Test
    void clippingBoundsTheStep() {
        Map<String, StoredTensor> before = net.stateDict();
        learn.settings(FitSettings.sgd().option("weight_decay", 0).option("momentum", 0)
                .clip(new GradientClipping.ByNorm(1e-3))).fit(1, 0.1);
        Map<String, StoredTensor> after = net.stateDict();
        double sum = 0;
        for (String name : net.namedParameters().keySet()) {
            float[] a = before.get(name).toFloats();
            float[] b = after.get(name).toFloats();
            for (int i = 0; i < a.length; i++) {
                sum += Math.pow(a[i] - b[i], 2);
            }
        }
        assertTrue(Math.sqrt(sum) <= 3 * 0.1 * 1e-3 * 1.001, "moved by " + Math.sqrt(sum));
        assertTrue(sum > 0);
    }

    // ---- batch norm while frozen -------------------------------------------------------------------------------------

    @Test
    void fastaisFrozenBatchNormTrains() {
        Map<String, StoredTensor> before = net.stateDict();
        learn.settings(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.TRAIN)).freeze().fit(1, 0.1);
        Map<String, StoredTensor> after = net.stateDict();
        for (String name : before.keySet()) {
            boolean moved = !before.get(name).bytes().equals(after.get(name).bytes());
            boolean norm = name.contains("bn") || name.contains("running_") || name.endsWith("num_batches_tracked");
            assertEquals(norm || name.startsWith("fc."), moved, name);
        }
    }

    @Test
    void frozenBatchNormsGroupThawsWithTheRest() {
        learn.settings(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.TRAIN));
        learn.run(List.of(TrainingPhase.gradualUnfreezing(3, ScheduleRecipe.of("constant"), LearningRates.slice(1e-3, 1e-1))));
        assertTrue(net.parameters().stream().allMatch(p -> p.requiresGrad()));
    }

    @Test
    void theSummarySaysWhatIsFrozen() {
        String summary = learn.freezeTo(-2).settings(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL)).summary();
        assertTrue(summary.matches("(?s)early +14,\\d{3} parameters  frozen\\R.*head +130 parameters  trained\\R.*"), summary);
        assertTrue(summary.contains("batch norm of frozen groups is fixed: weights, biases and statistics (eval)"), summary);
        assertTrue(summary.contains("SGD, dampening 0.0, decay_bias_and_norm 1.0, maximize 0.0, momentum 0.9"), summary);
        assertFalse(learn.unfreeze().summary().contains("batch norm of"), learn.summary());
        String adamW = learn.settings(FitSettings.adamW().option("beta1", 0.8)).summary();
        assertTrue(adamW.contains("AdamW, beta1 0.8, beta2 0.999") && !adamW.contains("momentum"), adamW);
    }

    // ---- averages and AdamW --------------------------------------------------------------------------------------

    @Test
    void theAverageIsValidatedSavedAndKept() throws IOException {
        List<Map<String, StoredTensor>> saved = new ArrayList<>();
        learn.settings(FitSettings.adamW().average(new WeightAverage.Decay(0.9, false)));
        learn.addListener(new TrainingListener() {
            @Override
            public void onEpoch(EpochResult epoch) {
                saved.add(learn.model().weights());
                assertFalse(net.stateDict().get("fc.weight").bytes().equals(saved.get(0).get("fc.weight").bytes()));
            }
        });
        EpochResult result = learn.fit(1, 1e-2).epochs().get(0);
        assertArrayEquals(saved.get(0).get("fc.weight").toFloats(), net.stateDict().get("fc.weight").toFloats());
        assertEquals(result.valid().loss(), learn.validate().loss());
    }

    // ---- warnings --------------------------------------------------------------------------------------------------

    /** Steps that move a pretrained group by more than the limit are warned of, in whatever form the rates are given. */
    @Test
    void largeStepsAreWarnedOfWhateverTheFormOfTheRates() throws IOException {
        net.loadStateDict(net.stateDict());
        Map<String, StoredTensor> start = net.stateDict();
        learn = learner().diagnostics(new DiagnosticsOptions(10, 0, 1e-2));
        learn.fit(1, 1e-4);
        learn.fit(1, ScheduleRecipe.of("constant"), LearningRates.slice(1e-5, 1e-4));
        assertEquals(List.of(), warnings);
        learn.fit(1, 3);
        assertEquals(1, warnings.size());
        assertTrue(warnings.get(0).contains("in epoch 1 of the run") && warnings.get(0).contains("divide its rate by"),
                warnings.get(0));
        net.restore(start);
        learn.fit(1, 3, 3, 3);
        assertEquals(2, warnings.size());
    }

    /** A rate of 0 is a frozen group: no gradient, the same bits, and the next fit trains it again. */
    @Test
    void aRateOfZeroFreezes() throws IOException {
        learn = learner();
        Map<String, StoredTensor> before = net.stateDict();
        List<Boolean> gradients = new ArrayList<>();
        TrainingListener look = new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                learn.groups().forEach(group -> gradients.add(group.parameters().get(0).grad() != null));
            }
        };
        learn.addListener(look);
        List<EpochResult> result = learn.fit(1, 0, 0.01, 0).epochs();
        assertEquals(List.of(false, true, false), gradients.subList(0, 3));
        assertEquals(0, result.get(0).learningRates().get(0));
        assertTrue(result.get(0).learningRates().get(1) > 0);
        for (String name : List.of("conv1.weight", "fc.weight")) {
            assertArrayEquals(before.get(name).toFloats(), net.stateDict().get(name).toFloats(), name);
        }
        assertThrows(IllegalArgumentException.class, () -> learn.fit(1, 0, 0, 0));
        gradients.clear();
        learn.fit(1, 0.01);
        assertEquals(List.of(true, true, true), gradients.subList(0, 3));
    }

    /** Groups trained by name: gradients and changes in these alone, in every fit until the choice changes. */
    @Test
    void trainsGroupsByName() throws IOException {
        learn = learner();
        Map<String, StoredTensor> before = net.stateDict();
        List<Boolean> gradients = new ArrayList<>();
        learn.addListener(new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                learn.groups().forEach(group -> gradients.add(group.parameters().stream().anyMatch(p -> p.grad() != null)));
            }
        });
        learn.train("early");
        assertEquals(List.of(true, false, false), learn.groups().stream().map(group -> group.parameters().get(0).requiresGrad()).toList());
        for (LearningRates rates : List.of(LearningRates.of(0.01), LearningRates.slice(1e-3, 1e-2), LearningRates.auto())) {
            gradients.clear();
            learn.fit(1, ScheduleRecipe.of("constant"), rates);
            assertEquals(List.of(true, false, false), gradients.subList(0, 3));
        }
        learn.train("early", "head").fit(1, 0.01, 0.1);
        for (String name : List.of("conv1.weight", "layer3.0.conv1.weight", "fc.weight")) {
            assertEquals(name.startsWith("layer3"), Arrays.equals(before.get(name).toFloats(), net.stateDict().get(name).toFloats()),
                    name);
        }
        assertEquals(2, learn.lrFindPerGroup(SweepOptions.standard()).size());
        assertTrue(learn.summary().contains("batch norm of frozen groups"), learn.summary());
        assertThrows(IllegalArgumentException.class, () -> learn.train("late"));
        gradients.clear();
        learn.unfreeze().fit(1, 0.01);
        assertEquals(List.of(true, true, true), gradients.subList(0, 3));
    }

    /** Auto-RGN reports each group's mean rate, its shares are those of the rule, and L-DoG ends on the average. */
    @Test
    void rulesChooseRatesThatTheResultShows() throws IOException {
        for (LearningRates rule : List.of(LearningRates.auto(), LearningRates.autoRgn(0.1), LearningRates.autoRgnByGroup(0.1))) {
            learn = learner();
            List<EpochResult> result = learn.fit(2, ScheduleRecipe.of("constant"), rule).epochs();
            List<Double> rates = result.get(1).learningRates();
            double most = rates.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
            assertTrue(rates.stream().allMatch(rate -> rate > 0), rule + ": " + rates);
            assertTrue(rates.stream().distinct().count() > 1, rule + ": " + rates);
            if (rule.equals(LearningRates.auto())) {
                assertEquals(0.05, rates.get(2), 1e-12, "the head has the rate as it is");
                assertTrue(most <= 0.1, rates::toString);
            } else {
                assertTrue(most <= 0.1 + 1e-12, rule + ": " + rates);
            }
            if (rule.equals(LearningRates.autoRgnByGroup(0.1))) {
                assertEquals(0.1, most, 1e-12, "the largest share is 1");
            }
        }
        learn = learner();
        List<Double> rates = learn.fit(2, ScheduleRecipe.of("constant"), LearningRates.lDog()).epochs().get(1).learningRates();
        assertTrue(rates.stream().allMatch(rate -> rate > 0 && Double.isFinite(rate)), rates::toString);
    }

    /** The gradients that Auto-RGN looks at leave no trace: with a frozen body, whose head as one group has the share 1, no bit differs. */
    @Test
    void choosingRatesLeavesStatisticsAndFrozenGroupsAlone() throws IOException {
        Map<String, StoredTensor> start = net.stateDict();
        learner().freezeTo(-1).fit(2, 0.05);
        Map<String, StoredTensor> expected = net.stateDict();
        net.restore(start);
        learner().freezeTo(-1).fit(2, ScheduleRecipe.of("constant"), LearningRates.autoRgnByGroup(0.05));
        net.stateDict().forEach((name, t) -> assertArrayEquals(expected.get(name).toFloats(), t.toFloats(), name));
    }

    /** Ridge regression sets the head alone, which auto then keeps; of other labels auto makes a new one. */
    @Test
    void closedFormSetsTheHead() throws IOException {
        Map<String, StoredTensor> start = net.stateDict();
        List<String> notes = new ArrayList<>();
        learn = learner();
        learn.addListener(new TrainingListener() {
            @Override
            public void onNote(String message) {
                notes.add(message);
            }
        });
        EpochResult fitted = learn.fit(1, ScheduleRecipe.of("constant"), LearningRates.ridge()).epochs().get(0);
        assertEquals(List.of(0.0, 0.0, 0.0), fitted.learningRates());
        assertTrue(fitted.trainLoss() < Math.log(2), "loss " + fitted.trainLoss());
        Map<String, StoredTensor> after = net.stateDict();
        start.forEach((name, tensor) -> {
            if (!name.contains("running_") && !name.contains("num_batches")) {
                assertEquals(!name.startsWith("fc."), Arrays.equals(tensor.toFloats(), after.get(name).toFloats()), name);
            }
        });
        assertTrue(notes.get(0).startsWith("ridge: head fitted by ridge regression; cross-entropy of the old head "), notes::toString);
        float[] head = after.get("fc.weight").toFloats();
        for (int i = 0; i < head.length; i++) {
            head[i] = -head[i];
        }
        Map<String, StoredTensor> reversed = new HashMap<>(after);
        reversed.put("fc.weight", StoredTensor.of(after.get("fc.weight").shape(), head));
        for (Map<String, StoredTensor> weights : List.of(after, reversed)) {
            net.restore(weights);
            notes.clear();
            learn.fit(1, ScheduleRecipe.of("constant"), LearningRates.auto());
            assertTrue(notes.get(0).startsWith("auto: head " + (weights == reversed ? "fitted" : "")), notes::toString);
        }
    }
}
