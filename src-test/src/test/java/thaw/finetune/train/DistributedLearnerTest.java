package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.io.StoredTensor;
import thaw.engine.optim.WeightAverage;
import thaw.finetune.data.Batches;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Sample;
import thaw.finetune.distributed.ProcessGroup;
import thaw.finetune.distributed.Ring;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

/** Training by several workers: equal to one worker with a batch as large as theirs together, and the same bits in every run. */
@Timeout(120)
class DistributedLearnerTest {
    private static final FitSettings FIXED = FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL);
    private static final List<TrainingPhase> HEAD = List.of(new TrainingPhase("head", 2, ScheduleRecipe.oneCycle(),
            LearningRates.slice(0.05)).freezeTo(-1));
    private static final List<TrainingPhase> GRADUAL = List.of(
            TrainingPhase.gradualUnfreezing(3, ScheduleRecipe.oneCycle(), LearningRates.slice(1e-3, 1e-2)),
            new TrainingPhase("all", 1, ScheduleRecipe.of("flat-cosine"), LearningRates.of(1e-3, 3e-3, 1e-2)));

    @TempDir
    private Path folder;
    private ImageFolder data;
    private NormStatistics statistics = NormStatistics.LOCAL;

    @BeforeEach
    void images() throws IOException {
        data = ColourFolder.in(folder);
    }

    /** The network and the results of a fit, and its weights after each step. */
    private record Fit(Map<String, StoredTensor> network, FitResult result, List<float[]> head, List<Double> losses) {
    }

    private Fit fit(ProcessGroup workers, int batch, FitSettings settings, Head head, List<TrainingPhase> plan, int stopAfter,
            FitState from) {
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 2, 7).replaceHead(head, 2);
            List<float[]> weights = new ArrayList<>();
            List<Double> losses = new ArrayList<>();
            try (Learner learn = new Learner(net, data.batch(batch)).settings(settings).distributed(workers, statistics)
                    .precompute(Precompute.of(Precompute.When.NEVER))) {
                learn.addListener(new TrainingListener() {
                    @Override
                    public void onBatch(BatchResult step) {
                        List<Tensor> last = learn.groups().get(learn.groups().size() - 1).parameters();
                        weights.add(last.get(last.size() - 2).toFloats());
                        losses.add(step.loss());
                        if (losses.size() == stopAfter && workers.rank() == workers.size() - 1) {
                            learn.stop();
                        }
                    }
                });
                FitResult result = from == null ? learn.run(plan) : learn.resume(plan, from);
                return new Fit(net.stateDict(), result, weights, losses);
            }
        }
    }

    private static void assertSameBits(Map<String, StoredTensor> expected, Map<String, StoredTensor> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, tensor) -> {
            if (!name.endsWith("num_batches_tracked")) {
                assertArrayEquals(tensor.toFloats(), actual.get(name).toFloats(), name);
            }
        });
    }

    /** 18 images: the last step has 2, which are those of the first worker. */
    @Test
    void twoWorkersOfEightEqualOneOfSixteen() throws Exception {
        Fit one = fit(ProcessGroup.ALONE, 16, FIXED, Head.LINEAR, HEAD, -1, null);
        for (int size : new int[] {2, 4}) {
            List<Fit> several = Ring.of(size, workers -> fit(workers, 16 / size, FIXED, Head.LINEAR, HEAD, -1, null));
            for (Fit fit : several) {
                assertEquals(4, fit.head().size());
                assertSameBits(several.get(0).network(), fit.network());
                for (int i = 0; i < one.head().size(); i++) {
                    assertArrayEquals(one.head().get(i), fit.head().get(i), 1e-6f, size + " workers, step " + i);
                    assertEquals(one.losses().get(i), fit.losses().get(i), 1e-6 * Math.max(1, one.losses().get(i)),
                            size + " workers, step " + i);
                }
            }
            assertEquals(2, several.get(0).result().epochs().size());
            assertEquals(one.result().epochs().get(1).trainLoss(), several.get(0).result().epochs().get(1).trainLoss(), 1e-5);
        }
    }

    /** A frozen body whose batch norms are in training mode; the last step leaves the second worker without images. */
    @Test
    void synchronisedNormsOfTwoWorkersOfEightEqualThoseOfOneOfSixteen() throws Exception {
        FitSettings settings = FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.STATISTICS);
        Fit one = fit(ProcessGroup.ALONE, 16, settings, Head.LINEAR, HEAD, -1, null);
        Fit local = Ring.of(2, workers -> fit(workers, 8, settings, Head.LINEAR, HEAD, -1, null)).get(0);
        statistics = NormStatistics.SYNCHRONISED;
        for (Fit fit : Ring.of(2, workers -> fit(workers, 8, settings, Head.LINEAR, HEAD, -1, null))) {
            assertEquals(4, fit.head().size());
            for (int i = 0; i < one.head().size(); i++) {
                assertArrayEquals(one.head().get(i), fit.head().get(i), 1e-5f, "step " + i);
                assertEquals(one.losses().get(i), fit.losses().get(i), 1e-5 * Math.max(1, one.losses().get(i)), "step " + i);
            }
            one.network().forEach((name, tensor) -> {
                float[] expected = tensor.toFloats();
                float[] given = fit.network().get(name).toFloats();
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], given[i], 1e-5f * Math.max(1, Math.abs(expected[i])), name);
                }
            });
        }
        assertTrue(Math.abs(one.losses().get(0) - local.losses().get(0)) > 1e-3, "local statistics differ");
    }

    /** Unreadable images take whole batches from one worker, of the several that it has in a step. */
    @Test
    void synchronisedWorkersMayHaveUnequalNumbersOfBatches() throws Exception {
        for (int i = 0; i < 9; i++) {
            Files.writeString(folder.resolve("train/blue/" + i + ".png"), "no image");
        }
        statistics = NormStatistics.SYNCHRONISED;
        FitSettings settings = FitSettings.sgd().accumulate(3);
        List<Fit> two = Ring.of(2, workers -> fit(workers, 2, settings, Head.LINEAR, HEAD, -1, null));
        List<Fit> again = Ring.of(2, workers -> fit(workers, 2, settings, Head.LINEAR, HEAD, -1, null));
        assertSameBits(two.get(0).network(), two.get(1).network());
        assertSameBits(two.get(0).network(), again.get(1).network());
        assertTrue(two.get(0).losses().stream().allMatch(Double::isFinite));
    }

    /** A network with batch norm in training mode, dropout, rates of its own for each group, an average, and groups that thaw. */
    @ParameterizedTest
    @EnumSource(NormStatistics.class)
    void theBitsAreTheSameInEveryRunAndAfterAStop(NormStatistics of) throws Exception {
        statistics = of;
        FitSettings settings = FitSettings.sgd().average(new WeightAverage.Decay(0.8, true)).accumulate(2);
        List<Fit> whole = Ring.of(2, workers -> fit(workers, 3, settings, Head.CONCAT_POOL, GRADUAL, -1, null));
        List<Fit> again = Ring.of(2, workers -> fit(workers, 3, settings, Head.CONCAT_POOL, GRADUAL, -1, null));
        assertSameBits(whole.get(0).network(), whole.get(1).network());
        assertSameBits(whole.get(0).network(), again.get(0).network());
        assertEquals(whole.get(0).losses(), again.get(1).losses());
        for (int stopAfter : new int[] {2, 4, 5}) {
            List<Fit> stopped = Ring.of(2, workers -> fit(workers, 3, settings, Head.CONCAT_POOL, GRADUAL, stopAfter, null));
            assertEquals(stopAfter, stopped.get(0).losses().size());
            FitState state = stopped.get(0).result().stoppedAt().orElseThrow();
            List<Fit> resumed = Ring.of(2, workers -> fit(workers, 3, settings, Head.CONCAT_POOL, GRADUAL, -1, state));
            assertSameBits(whole.get(0).network(), resumed.get(0).network());
            assertSameBits(whole.get(0).network(), resumed.get(1).network());
        }
    }

    @Test
    void brokenImagesOfOneWorkerAreLeftOutOfTheMean() throws Exception {
        for (int i = 0; i < 6; i++) {
            Files.writeString(folder.resolve("train/blue/" + i + ".png"), "no image");
        }
        Fit one = fit(ProcessGroup.ALONE, 4, FIXED.accumulate(2), Head.LINEAR, HEAD, -1, null);
        List<Fit> two = Ring.of(2, workers -> fit(workers, 4, FIXED, Head.LINEAR, HEAD, -1, null));
        assertSameBits(two.get(0).network(), two.get(1).network());
        for (int i = 0; i < one.head().size(); i++) {
            assertArrayEquals(one.head().get(i), two.get(0).head().get(i), 1e-6f, "step " + i);
        }
    }

    /** Worker 1's share is unreadable, and then all images are. */
    @Test
    void aWorkerMayReadNoImage() throws Exception {
        List<Path> files = data.train().stream().map(Sample::file).toList();
        try (Batches share = data.batch(9).loaders().train().epoch(0, 1, 2)) {
            for (Path file : share.next().files()) {
                Files.writeString(file, "no image");
            }
        }
        List<TrainingPhase> once = List.of(new TrainingPhase("head", 1, ScheduleRecipe.oneCycle(), LearningRates.slice(0.05)));
        List<Fit> two = Ring.of(2, workers -> fit(workers, 9, FIXED, Head.LINEAR, once, -1, null));
        assertEquals(1, two.get(1).head().size());
        assertSameBits(two.get(0).network(), two.get(1).network());
        for (Path file : files) {
            Files.writeString(file, "no image");
        }
        for (Object failure : Ring.failures(2, workers -> fit(workers, 9, FIXED, Head.LINEAR, once, -1, null))) {
            assertInstanceOf(ImageReadException.class, failure);
        }
        assertThrows(IllegalArgumentException.class, () -> data.loaders().train().epoch(0, 0, 0));
    }

    /** The rule computes gradients of the same batches on each worker, through dropout. */
    @Test
    void aRuleChoosesTheSameRatesOnAllWorkers() throws Exception {
        List<TrainingPhase> plan = List.of(new TrainingPhase("all", 2, ScheduleRecipe.oneCycle(), LearningRates.autoRgn(0.05)));
        List<Fit> two = Ring.of(2, workers -> fit(workers, 3, FitSettings.sgd(), Head.CONCAT_POOL, plan, -1, null));
        assertSameBits(two.get(0).network(), two.get(1).network());
    }

    @Test
    void workersWithOtherWeightsOrSettingsAreRefused() throws Exception {
        for (Object failure : Ring.failures(3, workers -> fit(workers, 3, FIXED.accumulate(workers.rank() == 2 ? 2 : 1), Head.LINEAR,
                HEAD, -1, null))) {
            assertTrue(assertInstanceOf(IllegalStateException.class, failure).getMessage()
                    .startsWith("worker 2 has other settings than worker 0"), failure.toString());
        }
        for (Object failure : Ring.failures(2, workers -> {
            try (Device device = Device.cpu(1);
                    Learner learn = new Learner(ResNet.of(Architecture.byName("resnet20"), device, 2, workers.rank()), data)) {
                return learn.distributed(workers, NormStatistics.LOCAL).run(HEAD);
            }
        })) {
            assertTrue(assertInstanceOf(IllegalStateException.class, failure).getMessage()
                    .startsWith("worker 1 has other weights than worker 0"), failure.toString());
        }
    }

    /** The message names a batch of the worker's own, or else no image at all. */
    @Test
    void aLossThatIsNotFiniteIsFoundOnItsWorker() throws Exception {
        List<Object> failures = Ring.failures(2, workers -> {
            try (Device device = Device.cpu(1);
                    Learner learn = new Learner(ResNet.of(Architecture.byName("resnet20"), device, 2, 7), data.batch(3))) {
                learn.loss((scores, batch) -> Objective.crossEntropy().of(scores, batch).mul(workers.rank() == 1 ? Double.NaN : 1));
                return learn.distributed(workers, NormStatistics.LOCAL).run(HEAD);
            }
        });
        for (Object failure : failures) {
            String message = assertInstanceOf(DivergenceException.class, failure).getMessage();
            assertTrue(message.contains("batch 2"), message);
            assertEquals(failure == failures.get(1), message.contains("before the first step"), message);
        }
    }

    /** Gradients of all layers, batch norm by its running statistics, for random networks and divisions of the batch. */
    @Test
    void theSumOfGradientsIsThatOfTheWholeBatch() throws Exception {
        SplittableRandom random = new SplittableRandom(3);
        List<String> names = List.of("resnet20", "resnet18", "resnet32");
        for (int round = 0; round < 3; round++) {
            String name = names.get(round);
            int size = 2 + random.nextInt(2);
            int[] cuts = new int[size + 1];
            for (int i = 1; i <= size; i++) {
                cuts[i] = cuts[i - 1] + (i == size ? random.nextInt(2) : 1 + random.nextInt(4));
            }
            int all = cuts[size];
            float[] pixels = new float[all * 3 * 16 * 16];
            int[] labels = new int[all];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (float) random.nextDouble();
            }
            for (int i = 0; i < all; i++) {
                labels[i] = random.nextInt(3);
            }
            List<float[]> expected = gradients(ProcessGroup.ALONE, name, pixels, labels, 0, all);
            List<List<float[]>> summed = Ring.of(size, workers -> gradients(workers, name, pixels, labels, cuts[workers.rank()],
                    cuts[workers.rank() + 1]));
            for (List<float[]> ofWorker : summed) {
                for (int i = 0; i < expected.size(); i++) {
                    float most = 1e-3f;
                    for (float value : expected.get(i)) {
                        most = Math.max(most, Math.abs(value));
                    }
                    assertArrayEquals(expected.get(i), ofWorker.get(i), 1e-5f * most, name + ", parameter " + i);
                }
            }
        }
    }

    private static List<float[]> gradients(ProcessGroup workers, String name, float[] pixels, int[] labels, int from, int to) {
        try (Device device = Device.cpu(1); Scope scope = device.scope()) {
            ResNet net = ResNet.of(Architecture.byName(name), device, 3, 5);
            net.eval();
            List<Tensor> parameters = List.copyOf(net.namedParameters().values());
            parameters.forEach(p -> p.requiresGrad(true));
            int length = pixels.length / labels.length;
            int count = to - from;
            double loss = 0;
            if (count > 0) {
                Tensor mean = Functional.crossEntropy(
                        net.call(device.tensor(Shape.of(count, 3, 16, 16), Arrays.copyOfRange(pixels, from * length, to * length))),
                        device.labels(Arrays.copyOfRange(labels, from, to)));
                loss = mean.item();
                mean.mul((double) count / labels.length).backward();
            }
            if (workers.size() > 1) {
                StepSum.Totals sum = new StepSum(workers, net, parameters,
                        new SynchronisedNorms(workers, net, NormStatistics.LOCAL)).over(loss, count);
                assertEquals(labels.length, sum.images());
                assertTrue(Double.isFinite(sum.loss()));
            }
            return parameters.stream().map(p -> p.grad().toFloats()).toList();
        }
    }
}
