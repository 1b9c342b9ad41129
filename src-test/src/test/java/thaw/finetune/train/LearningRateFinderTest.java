package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import thaw.finetune.plan.TrainingPhase;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.loss.Objective;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

class LearningRateFinderTest {

    @TempDir
    private Path folder;
    private Device device;
    private ResNet net;
    private Learner learn;

    @BeforeEach
    void open() throws IOException {
        device = Device.cpu(1);
        net = ResNet.resnet20(device, 2).replaceHead(Head.CONCAT_POOL, 2);
        learn = new Learner(net, ColourFolder.in(folder));
    }

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void everythingIsAsBeforeToTheBit() {
        assertUndone(() -> List.of(learn.lrFind(new SweepOptions(1e-6, 100, 12, false))));
    }

    @Test
    void everythingIsAsBeforeAfterSweepsOfEachGroup() {
        List<LearningRateSweep> sweeps = assertUndone(() -> learn.lrFindPerGroup(new SweepOptions(1e-6, 100, 8, false)));
        assertEquals(List.of("middle", "head"), sweeps.stream().map(LearningRateSweep::group).toList());
    }

    /** Checks that a sweep restores a partly frozen network, including its modes and the gradient flags. */
    private List<LearningRateSweep> assertUndone(Supplier<List<LearningRateSweep>> find) {
        learn.freezeTo(1);
        net.eval();
        Map<String, StoredTensor> before = net.stateDict();
        long random = device.generator().state();
        List<Boolean> learned = net.parameters().stream().map(Tensor::requiresGrad).toList();
        List<LearningRateSweep> found = find.get();
        net.stateDict().forEach((name, tensor) -> assertEquals(before.get(name).bytes(), tensor.bytes(), name));
        assertEquals(random, device.generator().state());
        assertEquals(learned, net.parameters().stream().map(Tensor::requiresGrad).toList());
        assertTrue(net.namedModules().values().stream().noneMatch(m -> m.isTraining()));
        assertTrue(net.parameters().stream().allMatch(p -> p.grad() == null));
        return found;
    }

    @Test
    void listenersAreToldOfEachStep() {
        List<String> told = new ArrayList<>();
        learn.addListener(new TrainingListener() {
            private String group;

            @Override
            public void onPhase(TrainingPhase phase, int number, int count) {
                group = phase.name();
            }

            @Override
            public void onBatch(BatchResult batch) {
                told.add(group);
            }
        });
        learn.freezeTo(1).lrFindPerGroup(new SweepOptions(1e-6, 1e-3, 6, false));
        assertEquals(Collections.nCopies(6, "middle"), told.subList(0, 6));
        assertEquals(Collections.nCopies(6, "head"), told.subList(6, told.size()));
    }

    @Test
    void aFitIsTheSameWithAndWithoutIt() {
        Map<String, StoredTensor> before = net.stateDict();
        long random = device.generator().state();
        learn.fit(1, 0.01);
        Map<String, StoredTensor> without = net.stateDict();
        net.loadStateDict(before);
        device.generator().seed(random);
        Learner other = new Learner(net, dataAgain());
        other.lrFind(new SweepOptions(1e-5, 1, 7, true));
        other.fit(1, 0.01);
        net.stateDict().forEach((name, tensor) -> assertEquals(without.get(name).bytes(), tensor.bytes(), name));
    }

    private ImageFolder dataAgain() {
        try {
            return ColourFolder.in(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void ratesGrowByEqualFactorsAndLossesAreSmoothed() {
        List<Double> batches = new ArrayList<>();
        learn.loss((scores, batch) -> {
            Tensor loss = Objective.crossEntropy().of(scores, batch);
            batches.add((double) loss.item());
            return loss;
        });
        LearningRateSweep sweep = learn.lrFind(new SweepOptions(1e-6, 1e-2, 8, false));
        assertEquals(8, sweep.rates().size());
        double mean = 0;
        for (int i = 0; i < 8; i++) {
            assertEquals(Math.pow(10, -6 + i / 2.0), sweep.rates().get(i), 1e-12);
            mean = 0.98 * mean + 0.02 * batches.get(i);
            assertEquals(mean / (1 - Math.pow(0.98, i + 1)), sweep.losses().get(i), 1e-12);
        }
        assertFalse(sweep.broken());
    }

    @Test
    void stopsWhenTheLossRunsAway() {
        LearningRateSweep sweep = learn.lrFind(new SweepOptions(1e-3, 1e8, 60, true));
        assertTrue(sweep.rates().size() < 60);
        LearningRateSweep broken = learn.lrFind(new SweepOptions(1e20, 1e38, 20, false));
        assertTrue(broken.broken());
        assertTrue(broken.losses().stream().allMatch(Double::isFinite));
    }

    /** Afterwards the network is unchanged, including the weights that are not finite. */
    @Test
    void aNetworkThatOverflowsAtOnceHasNoRate() {
        Tensor weight = net.namedParameters().get("layer2.0.bn1.weight");
        float[] values = weight.toFloats();
        values[0] = Float.NaN;
        weight.set(values);
        for (Supplier<Object> find : List.<Supplier<Object>>of(() -> learn.lrFind(SweepOptions.standard()),
                () -> learn.lrFindPerGroup(SweepOptions.standard()))) {
            String message = assertThrows(DivergenceException.class, find::get).getMessage();
            assertTrue(message.contains("batch 1, before the first step, so no learning rate is the cause: the first parameter that"
                    + " is not finite is layer2.0.bn1.weight"), message);
            assertEquals(Float.NaN, weight.toFloats()[0]);
            assertTrue(FirstNonFinite.isFinite(net.namedBuffers().get("layer3.0.bn1.running_var").toFloats()));
        }
    }

    @Test
    void numbersThatAreNotFiniteAreNoSweep() {
        for (double none : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class,
                    () -> new LearningRateSweep("all", List.of(1.0, 2.0), List.of(1.0, none), 2, false));
            assertThrows(IllegalArgumentException.class,
                    () -> new LearningRateSweep("all", List.of(1.0, none), List.of(1.0, 2.0), 2, false));
        }
        assertThrows(IllegalArgumentException.class,
                () -> new LearningRateSweep("all", List.of(0.0, 1.0), List.of(1.0, 2.0), 2, false));
    }

    @Test
    void aSweepOfOneGroupMovesThatGroupAlone() {
        List<LearningRateSweep> sweeps = learn.lrFindPerGroup(new SweepOptions(1e-4, 1, 9, false));
        assertEquals(List.of("early", "middle", "head"), sweeps.stream().map(LearningRateSweep::group).toList());
        assertNotEquals(sweeps.get(0).losses(), sweeps.get(1).losses());
        assertEquals(sweeps.get(0).losses().get(0), sweeps.get(2).losses().get(0));      // before anything has moved
        assertThrows(IllegalArgumentException.class, () -> learn.freezeTo(3).lrFindPerGroup(SweepOptions.standard()));
    }

    /** The expected suggestions are computed by fastai's definitions for this series. */
    @Test
    void suggestionsAreFastais() {
        List<Double> rates = IntStream.range(0, 40).mapToObj(i -> 1e-5 * Math.pow(1e6, i / 40.0)).toList();
        List<Double> losses = IntStream.range(0, 40).mapToObj(i -> 2 + 0.05 * Math.sin(1.7 * i)
                - 1.2 * Math.exp(-Math.pow((i - 27) / 6.0, 2)) + (i > 32 ? 0.25 * (i - 32) * (i - 32) : 0)).toList();
        LearningRateSweep sweep = new LearningRateSweep("all", rates, losses, 40, false);
        assertEquals(0.007079457843841378, sweep.valley().getAsDouble(), 1e-12);
        assertEquals(0.015848931924611127, sweep.minimum().getAsDouble(), 1e-12);
        assertEquals(0.028183829312644522, sweep.steep().getAsDouble(), 1e-12);
    }

    @Test
    void tooFewLossesSuggestNothing() {
        LearningRateSweep sweep = new LearningRateSweep("all", List.of(1.0, 2.0), List.of(1.0, 9.0), 100, false);
        assertTrue(sweep.valley().isEmpty() && sweep.steep().isEmpty() && sweep.minimum().isEmpty());
        LearningRateChart.draw(List.of(sweep));
    }

    @Test
    void theChartHasALineForEachSweep() {
        BufferedImage chart = LearningRateChart.draw(learn.lrFindPerGroup(new SweepOptions(1e-4, 1, 20, false)));
        for (int rgb : new int[] {0x2F7EBC, 0xD9742B, 0x3D9A50}) {
            long dots = IntStream.range(0, chart.getWidth() * chart.getHeight())
                    .filter(i -> (chart.getRGB(i % chart.getWidth(), i / chart.getWidth()) & 0xffffff) == rgb).count();
            assertTrue(dots > 100, Integer.toHexString(rgb) + ": " + dots);
        }
    }

    @Test
    void ratesThatCannotBeSweptAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new SweepOptions(0, 1, 100, true));
        assertThrows(IllegalArgumentException.class, () -> new SweepOptions(1, 0.1, 100, true));
        assertEquals(6, new SweepOptions(1, 2, 1, true).iterations());
    }
}
