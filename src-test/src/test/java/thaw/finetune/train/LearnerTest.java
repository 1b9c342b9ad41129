package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.functional.Functional.crossEntropy;
import static thaw.engine.optim.ParamGroup.group;
import static thaw.finetune.train.Learner.rates;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.SGD;
import thaw.finetune.data.Batch;
import thaw.finetune.data.FolderLayout;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.metrics.Metric;
import thaw.finetune.plan.LearningRates;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.LayerGroup;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;

class LearnerTest {
    @TempDir
    private Path folder;
    private Device device;
    private ImageFolder data;
    private ResNet net;
    private Learner learn;

    @BeforeEach
    void open() throws IOException {
        device = Device.cpu(2);
        data = ColourFolder.in(folder);
        net = ResNet.resnet20(device, 2);
        learn = new Learner(net, data);
    }

    @AfterEach
    void close() {
        device.close();
    }

    // ---- freezing ----------------------------------------------------------------------------------------------

    /** Python: {@code [0, 1, 2][n:]}. */
    @ParameterizedTest
    @CsvSource({"0, TTT", "1, FTT", "2, FFT", "3, FFF", "7, FFF", "-1, FFT", "-2, FTT", "-3, TTT", "-9, TTT"})
    void freezeToIsPythonsSlice(int n, String trainable) {
        learn.freezeTo(n);
        assertEquals(trainable, trainable());
    }

    @Test
    void freezeLeavesTheHeadAndUnfreezeAll() {
        assertEquals("TTT", trainable());
        learn.freeze();
        assertEquals("FFT", trainable());
        learn.unfreeze();
        assertEquals("TTT", trainable());
    }

    private String trainable() {
        StringBuilder found = new StringBuilder();
        List<LayerGroup> groups = net.groups();
        for (int i = 0; i < groups.size(); i++) {
            boolean all = groups.get(i).parameters().stream().allMatch(Tensor::requiresGrad);
            boolean none = groups.get(i).parameters().stream().noneMatch(Tensor::requiresGrad);
            assertTrue(all || none);
            assertEquals(all, learn.groups().get(i).parameters().get(0).requiresGrad());
            found.append(all ? 'T' : 'F');
        }
        return found.toString();
    }

    @Test
    void aFrozenBaseKeepsItsParametersWhileItsStatisticsFollow() {
        Map<String, StoredTensor> before = net.stateDict();
        learn.freeze().fit(2, 0.1);
        Map<String, StoredTensor> after = net.stateDict();
        for (String name : before.keySet()) {
            boolean moved = !before.get(name).bytes().equals(after.get(name).bytes());
            boolean statistic = name.contains("running_") || name.endsWith("num_batches_tracked");
            assertEquals(statistic || name.startsWith("fc."), moved, name);
        }
    }

    @Test
    void withFixedStatisticsAFrozenBaseStaysAsItIsToTheBit() {
        Map<String, StoredTensor> before = net.stateDict();
        learn.settings(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL)).freeze().fit(2, 0.1);
        Map<String, StoredTensor> after = net.stateDict();
        for (String name : before.keySet()) {
            boolean moved = !before.get(name).bytes().equals(after.get(name).bytes());
            assertEquals(name.startsWith("fc."), moved, name);
        }
    }

    @Test
    void groupsBelowTheFirstTrainableOneGetNoGradient() {
        learn.freezeTo(-2).addListener(new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                assertTrue(net.groups().get(0).parameters().stream().allMatch(p -> p.grad() == null));
                assertTrue(net.groups().get(1).parameters().stream().allMatch(p -> p.grad() != null));
            }
        }).fit(1, 0.1);
    }

    // ---- training ----------------------------------------------------------------------------------------------

    @Test
    void learnsToTellColoursApart() {
        List<EpochResult> history = learn.fitOneCycle(6, 0.1).epochs();
        assertEquals(6, history.size());
        assertTrue(history.get(5).trainLoss() < history.get(0).trainLoss(), history::toString);
        assertEquals(1.0, history.get(5).valid().accuracy());
        assertEquals(1.0, learn.validate().accuracy());
        assertEquals(history.get(5).valid().loss(), learn.validate().loss());
        assertFalse(net.isTraining());
    }

    /** A fit gives the same bits as the equivalent training loop. */
    @Test
    void fitsAreTheLoopWrittenOut() {
        ResNet other = ResNet.resnet20(device, 2);
        other.loadStateDict(net.stateDict());

        learn.settings(FitSettings.sgd().option("weight_decay", 0.01).option("momentum", 0.8)).fit(2, rates(0.01, 0.02, 0.03));
        learn.fit(1, (epochs, steps) -> OneCycle.of(epochs * steps), LearningRates.of(0.05));

        List<LayerGroup> groups = other.groups();
        int steps = data.trainLoader().batches();
        try (SGD sgd = new SGD(group("early", groups.get(0)).lr(0.01).momentum(0.8).weightDecay(0.01),
                group("middle", groups.get(1)).lr(0.02).momentum(0.8).weightDecay(0.01),
                group("head", groups.get(2)).lr(0.03).momentum(0.8).weightDecay(0.01))) {
            train(other, sgd, 0, null);
            train(other, sgd, 1, null);
        }
        try (SGD sgd = new SGD(group("all", other).momentum(0.8).weightDecay(0.01))) {
            train(other, sgd, 2, OneCycle.of(steps));
        }
        Map<String, StoredTensor> expected = other.stateDict();
        net.stateDict().forEach((name, value) -> assertArrayEquals(expected.get(name).toFloats(), value.toFloats(), name));
    }

    private void train(ResNet model, SGD sgd, int epoch, OneCycle cycle) {
        model.train();
        int step = 0;
        for (Batch batch : data.trainLoader().epoch(epoch)) {
            if (cycle != null) {
                sgd.group("all").lr(cycle.lr(step, 0.05)).momentum(cycle.momentum(step, 0.8));
                step++;
            }
            try (Scope scope = device.scope()) {
                Tensor loss = crossEntropy(model.forward(batch.images(device)), batch.labels(device));
                sgd.zeroGrad();
                loss.backward();
                sgd.step();
            }
        }
    }

    @Test
    void oneRateIsForAllGroupsAndFrozenOnesHaveNone() {
        assertEquals(List.of(0.1, 0.1, 0.1), learn.fit(1, 0.1).epochs().get(0).learningRates());
        assertEquals(List.of(0.1, 0.2, 0.3), learn.fit(1, rates(0.1, 0.2, 0.3)).epochs().get(0).learningRates());
        assertEquals(List.of(0.0, 0.2, 0.3), learn.freezeTo(-2).fit(1, rates(0.1, 0.2, 0.3)).epochs().get(0).learningRates());
        assertEquals(List.of(0.0, 0.0, 0.1), learn.freeze().fit(1, 0.1).epochs().get(0).learningRates());
    }

    @Test
    void oneCycleKeepsTheRatiosOfTheGroups() {
        List<List<Double>> seen = new ArrayList<>();
        learn.addListener(new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                seen.add(batch.learningRates());
            }
        }).fitOneCycle(2, rates(1e-4, 1e-3, 1e-2));
        OneCycle cycle = OneCycle.fastai(seen.size());
        for (int i = 0; i < seen.size(); i++) {
            assertEquals(List.of(cycle.lr(i, 1e-4), cycle.lr(i, 1e-3), cycle.lr(i, 1e-2)), seen.get(i));
        }
        assertEquals(1e-4 / 25, seen.get(0).get(0), 1e-12);
    }

    @Test
    void tellsTheListenerOfEveryBatchAndEpoch() {
        List<String> heard = new ArrayList<>();
        List<EpochResult> epochs = new ArrayList<>();
        learn.addListener(new TrainingListener() {
            @Override
            public void onBatch(BatchResult b) {
                heard.add(b.epoch() + "/" + b.epochs() + " " + b.batch() + "/" + b.batches());
                assertTrue(b.loss() > 0);
            }

            @Override
            public void onValidation(int images, int all) {
                heard.add("valid " + images + "/" + all);
            }

            @Override
            public void onEpoch(EpochResult e) {
                heard.add("epoch " + e.at().epoch() + "/" + e.at().epochs());
                epochs.add(e);
            }
        });
        List<EpochResult> history = learn.fit(2, 0.01).epochs();
        assertEquals(List.of("1/2 1/3", "1/2 2/3", "1/2 3/3", "valid 6/8", "valid 8/8", "epoch 1/2",
                "2/2 1/3", "2/2 2/3", "2/2 3/3", "valid 6/8", "valid 8/8", "epoch 2/2"), heard);
        assertEquals(history, epochs);
    }

    @Test
    void everyEpochHasAnOrderOfItsOwnAlsoAcrossFits() {
        List<Double> first = new ArrayList<>();
        TrainingListener losses = new TrainingListener() {
            @Override
            public void onBatch(BatchResult batch) {
                first.add(batch.loss());
            }
        };
        learn.addListener(losses).settings(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL)).freeze();
        IntStream.range(0, 2).forEach(i -> learn.fit(1, 1e-30));
        assertNotEquals(first.subList(0, 3), first.subList(3, 6));
    }

    /** Every listener is told, in order, until it is removed; an own metric is computed after each epoch. */
    @Test
    void takesListenersAndMetrics() {
        List<String> heard = new ArrayList<>();
        TrainingListener first = new TrainingListener() {
            @Override
            public void onEpoch(EpochResult epoch) {
                heard.add("first " + epoch.valid().metrics().keySet());
            }
        };
        learn.metrics(List.of(Metric.ERROR_RATE, Metric.of("images", predictions -> predictions.size()))).addListener(first)
                .addListener(new TrainingListener() {
                    @Override
                    public void onEpoch(EpochResult epoch) {
                        heard.add("second " + epoch.valid().metrics().get("images"));
                    }
                });
        EpochResult result = learn.fit(1, 0.01).epochs().get(0);
        assertEquals(1 - result.valid().accuracy(), result.valid().metrics().get("error_rate"), 1e-12);
        learn.removeListener(first).fit(1, 0.01);
        assertEquals(List.of("first [error_rate, images]", "second 8.0", "second 8.0"), heard);
    }

    // ---- the common case -------------------------------------------------------------------------------------------

    /** The weights are of ten classes, have fastai's head, and state a mean of their own. */
    @Test
    void aLearnerOfDataAndWeightsIsTheOneWrittenOut() throws IOException {
        ResNet pretrained = ResNet.resnet20(device, 10).replaceHead(Head.CONCAT_POOL, 10);
        Path file = folder.resolve("pretrained.safetensors");
        Weights.write(file, pretrained.stateDict(), Map.of("config.mean", "[0.1, 0.2, 0.3]"));

        device.generator().seed(data.seed());
        ResNet written = ResNet.of(Architecture.byName("resnet20"), device, 2, data.seed()).replaceHead(Head.CONCAT_POOL, 2);
        written.loadPretrained(NetworkWeights.in(Weights.read(file)), false);
        new Learner(written, data.transforms(data.transforms().normalize(List.of(0.1f, 0.2f, 0.3f), data.transforms().std())))
                .fineTune(1);

        try (Learner same = Learner.of(data, Weights.read(file), device)) {
            same.fineTune(1);
            same.model().weights()
                    .forEach((name, tensor) -> assertArrayEquals(written.stateDict().get(name).toFloats(), tensor.toFloats(), name));
        }
        try (Learner onItsDevice = Learner.of(data, file)) {
            assertEquals(data.classes(), onItsDevice.model().classes());
            assertEquals(List.of(0.1f, 0.2f, 0.3f), onItsDevice.model().transforms().mean());
        }
        Path none = folder.resolve("none.safetensors");
        Weights.write(none, Map.of("a", pretrained.stateDict().get("conv1.weight")), Map.of());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Learner.of(data, none)).getMessage().startsWith(none + ": "));
    }

    // ---- errors ------------------------------------------------------------------------------------------------

    @Test
    void aWrongNumberOfRatesNamesTheGroups() {
        String message = messageOf(() -> learn.fit(1, rates(0.1, 0.2)));
        assertEquals("expected 1 learning rate for all layer groups, or 3, one for each of [early, middle, head]; got 2:"
                + " [0.1, 0.2]", message);
        assertTrue(messageOf(() -> learn.fitOneCycle(1)).contains("got 0"));
    }

    @Test
    void saysWhatCannotBeTrained() {
        assertTrue(messageOf(() -> learn.fit(0, 0.1)).contains("at least 1"));
        assertTrue(messageOf(() -> learn.fit(1, -0.1)).contains("invalid learning rate -0.1"));
        assertTrue(messageOf(() -> learn.freezeTo(3).fit(1, 0.1)).contains("all layer groups are frozen: [early, middle, head]"));
        assertEquals("the head of resnet20 has 10 classes, the data 2 [blue, red]; call net.replaceHead(2) to train on this data,"
                + " or use data of the network's classes", messageOf(() -> new Learner(ResNet.resnet20(device, 10), data)));
        assertTrue(messageOf(() -> new Learner(ResNet.resnet20(device, 2).adaptStem(1), data)).contains("takes 1 channels"));
    }

    @Test
    void asksForImagesToValidateOn() throws IOException {
        Path single = folder.resolve("single");
        ColourFolder.fill(single, 1, 1);
        assertTrue(messageOf(() -> new Learner(net, ImageFolder.of(single))).contains("no image is left to validate on"));
    }

    @Test
    void asksForASecondClass() throws IOException {
        ColourFolder.fill(folder.resolve("classes/all"), 3, 1);
        ResNet one = ResNet.resnet20(net.device(), 1);
        ImageFolder data = ImageFolder.of(folder.resolve("classes"), FolderLayout.everyFolderAClass());
        assertTrue(messageOf(() -> new Learner(one, data)).contains("at least two classes"));
    }

    @Test
    void stopsWhenTheLossIsNoNumber() {
        DivergenceException stopped = assertThrows(DivergenceException.class, () -> learn.fit(3, 1e30));
        assertTrue(stopped.getMessage().contains("learning rates 1.00e+30, 1.00e+30, 1.00e+30"), stopped.getMessage());
        assertTrue(stopped.getMessage().contains("epoch 1"), stopped.getMessage());
    }

    private static String messageOf(Runnable wrong) {
        return assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
    }
}
