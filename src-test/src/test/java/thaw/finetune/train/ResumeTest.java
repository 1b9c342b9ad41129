package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.Extent;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.engine.optim.GradientClipping;
import thaw.engine.optim.WeightAverage;
import thaw.extension.RMSprop;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

/** A fit that is stopped after a step and resumed on another device ends with the same bits as one without interruption. */
class ResumeTest {

    @TempDir
    private Path folder;
    private ImageFolder data;

    @BeforeEach
    void images() throws IOException {
        data = ColourFolder.in(folder);
    }

    /** A fit of a network whose head has dropout, on its own device, with the results that the listener received. */
    private final class Run implements AutoCloseable {
        private final Device device = Device.cpu(1);
        private final ResNet net;
        private final Learner learn;
        private int steps;

        /** @param stopAfter the number of steps before the fit is stopped */
        Run(FitSettings settings, Head head, int stopAfter) {
            device.generator().seed(5);
            net = ResNet.of(Architecture.byName("resnet20"), device, 2, 7).replaceHead(head, 2);
            learn = new Learner(net, data).settings(settings).diagnostics(new DiagnosticsOptions(1, 4, 1));
            learn.addListener(new TrainingListener() {
                @Override
                public void onBatch(BatchResult batch) {
                    steps++;
                    if (steps == stopAfter) {
                        learn.stop();
                    }
                }
            });
        }

        @Override
        public void close() {
            device.close();
        }
    }

    /** Halves every gradient. */
    private static final GradientClipping OWN_CLIPPING = parameters -> GradientClipping.scale(parameters, 0.5);

    static Stream<Arguments> fits() {
        List<TrainingPhase> fineTune = TrainingPhase.fineTune(1, 0.02, 1, 10);
        TrainingPhase small = new TrainingPhase("small", 1, ScheduleRecipe.of("flat-cosine"), LearningRates.slice(0.01)).size(6);
        List<TrainingPhase> gradual = List.of(
                TrainingPhase.gradualUnfreezing(3, ScheduleRecipe.oneCycle(), LearningRates.slice(1e-3, 1e-2)),
                small);
        return Stream.of(Arguments.of(FitSettings.sgd(), fineTune, 1),
                Arguments.of(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.TRAIN).clip(new GradientClipping.ByNorm(0.5)), gradual, 4),
                Arguments.of(FitSettings.adamW().average(new WeightAverage.Decay(0.8, true)).accumulate(2), fineTune, 1),
                Arguments.of(FitSettings.sgd(), List.of(new TrainingPhase("head", 1, ScheduleRecipe.oneCycle(), LearningRates.ridge()),
                        new TrainingPhase("all", 2, ScheduleRecipe.oneCycle(), LearningRates.auto())), 1),
                Arguments.of(FitSettings.sgd(), List.of(
                        TrainingPhase.gradualUnfreezing(2, ScheduleRecipe.oneCycle(), LearningRates.autoRgn(0.1)),
                        new TrainingPhase("all", 1, ScheduleRecipe.of("constant"), LearningRates.lDog())), 2),
                Arguments.of(FitSettings.of(RMSprop::new).clip(OWN_CLIPPING), List.of(TrainingPhase.gradualUnfreezing(2,
                        (epochs, steps) -> (step, base) -> base / (1 + step), LearningRates.slice(1e-4, 1e-3))), 3));
    }

    @ParameterizedTest
    @MethodSource("fits")
    void theBitsAreThoseOfAFitThatWasNeverStopped(FitSettings settings, List<TrainingPhase> plan, int everySteps) throws IOException {
        boolean closedForm = plan.stream().anyMatch(phase -> phase.rates().startsInClosedForm());
        Head head = closedForm ? Head.LINEAR : Head.CONCAT_POOL;
        try (Run whole = new Run(settings, head, -1)) {
            FitResult expected = whole.learn.run(plan);
            assertTrue(expected.stoppedAt().isEmpty());
            for (int k = 1; k <= whole.steps; k += everySteps * Extent.times(6, 1)) {
                Path checkpoint = folder.resolve("checkpoint.safetensors");
                try (Run first = new Run(settings, head, k)) {
                    FitResult stopped = first.learn.run(plan);
                    assertTrue(stopped.stoppedAt().isPresent(), "after step " + k);
                    assertEquals(k, first.steps);
                    first.learn.saveCheckpoint(checkpoint);
                }
                try (Run second = new Run(settings, head, -1)) {
                    FitResult result = plan.stream().allMatch(TrainingPhase::isStorable) ? second.learn.resume(checkpoint)
                            : second.learn.resume(plan, FitState.read(checkpoint));
                    assertEquals(whole.steps - k, second.steps);
                    assertSameBits(whole.net.stateDict(), second.net.stateDict(), "after step " + k);
                    assertEquals(withoutTimes(expected.epochs()), withoutTimes(result.epochs()));
                    assertEquals(whole.device.generator().state(), second.device.generator().state());
                }
            }
        }
    }

    private static List<EpochResult> withoutTimes(List<EpochResult> epochs) {
        return epochs.stream().map(e -> new EpochResult(e.at(), e.trainLoss(), e.valid(), e.learningRates(), 0, e.activity())).toList();
    }

    private static void assertSameBits(Map<String, StoredTensor> expected, Map<String, StoredTensor> found, String when) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, tensor) -> assertEquals(tensor.bytes(), found.get(name).bytes(), name + " " + when));
    }

    /** A fit can also be resumed from the state at the end of an epoch, taken by the listener. */
    @Test
    void statesAtTheEndOfEpochsToo() {
        List<TrainingPhase> plan = List.of(TrainingPhase.gradualUnfreezing(3, ScheduleRecipe.oneCycle(), LearningRates.slice(1e-3, 1e-2)));
        List<FitState> states = new ArrayList<>();
        try (Run whole = new Run(FitSettings.sgd(), Head.CONCAT_POOL, -1)) {
            whole.learn.addListener(new TrainingListener() {
                @Override
                public void onEpoch(EpochResult epoch) {
                    states.add(whole.learn.state());
                }
            }).run(plan);
            for (FitState state : states) {
                try (Run second = new Run(FitSettings.sgd(), Head.CONCAT_POOL, -1)) {
                    second.learn.resume(plan, state);
                    assertSameBits(whole.net.stateDict(), second.net.stateDict(), "after epoch " + state.position().epoch());
                }
            }
        }
    }

    @Test
    void stoppingAtAnEpochsEndEndsThere() {
        try (Run run = new Run(FitSettings.sgd(), Head.CONCAT_POOL, -1)) {
            run.learn.addListener(new TrainingListener() {
                @Override
                public void onEpoch(EpochResult epoch) {
                    run.learn.stop();
                }
            });
            List<TrainingPhase> plan = TrainingPhase.fineTune(2);
            FitResult result = run.learn.run(plan);
            assertEquals(1, result.epochs().size());
            assertEquals(1, result.stoppedAt().orElseThrow().position().epoch());
            result = run.learn.resume(plan, result.stoppedAt().get());
            assertEquals(2, result.epochs().size());
            result = run.learn.resume(plan, result.stoppedAt().orElseThrow());
            assertEquals(3, result.epochs().size());
            assertTrue(result.stoppedAt().isEmpty());
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (Run run = new Run(FitSettings.sgd(), Head.CONCAT_POOL, 4)) {
            FitState state = run.learn.run(TrainingPhase.fineTune(2)).stoppedAt().orElseThrow();
            List<TrainingPhase> shorter = TrainingPhase.fineTune(1, 1e-3, 0, 10);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> run.learn.resume(shorter, state)).getMessage()
                    .contains("the plan has 1"));
            run.learn.settings(FitSettings.adamW());
            assertTrue(assertThrows(IllegalArgumentException.class, () -> run.learn.resume(TrainingPhase.fineTune(2), state))
                    .getMessage().contains("the loaded state is of SGD"));
            assertFalse(run.net.isTraining());
        }
    }

    @Test
    void aCheckpointNeedsAFitThatRunsOrWasStopped() throws IOException {
        try (Run run = new Run(FitSettings.sgd(), Head.CONCAT_POOL, -1)) {
            assertThrows(IllegalStateException.class, run.learn::state);
            run.learn.fit(1, 0.01);
            Path file = folder.resolve("none.safetensors");
            assertThrows(IllegalStateException.class, () -> run.learn.saveCheckpoint(file));
            run.learn.save(file);
            String message = assertThrows(IOException.class, () -> run.learn.resume(file)).getMessage();
            assertTrue(message.contains("none.safetensors: expected a checkpoint"), message);
        }
    }

    /** A plan with a schedule of the user's own cannot be stored. */
    @Test
    void aPlanThatIsNotStoredIsAskedFor() throws IOException {
        List<TrainingPhase> own = List
                .of(TrainingPhase.gradualUnfreezing(2, (epochs, steps) -> (step, base) -> base, LearningRates.of(0.01)));
        try (Run run = new Run(FitSettings.sgd(), Head.CONCAT_POOL, 2)) {
            run.learn.run(own);
            Path file = folder.resolve("own.safetensors");
            run.learn.saveCheckpoint(file);
            String message = assertThrows(IllegalArgumentException.class, () -> run.learn.resume(file)).getMessage();
            assertTrue(message.contains("resume(plan, FitState.read(checkpoint))"), message);
            assertEquals(2, run.learn.resume(own, FitState.read(file)).epochs().size());
        }
    }

    @Test
    void aCheckpointOfAnEarlyVersionIsRefused() throws IOException {
        try (Run run = new Run(FitSettings.sgd(), Head.CONCAT_POOL, -1)) {
            Path file = folder.resolve("early.safetensors");
            Weights.write(file, run.net.stateDict(), Map.of("position", "{}", "log", "{}", "optimizer", "{}"));
            String message = assertThrows(IOException.class, () -> run.learn.resume(file)).getMessage();
            assertTrue(message.contains("early.safetensors: is a checkpoint of an early version of Thaw"), message);
        }
    }

    /** A broken state does not replace a sound one. */
    @Test
    void weightsThatAreNotFiniteAreNotSaved() throws IOException {
        try (Run run = new Run(FitSettings.sgd(), Head.CONCAT_POOL, -1)) {
            Path file = Files.writeString(folder.resolve("earlier.safetensors"), "earlier");
            run.learn.addListener(new TrainingListener() {
                @Override
                public void onBatch(BatchResult batch) {
                    float[] broken = run.net.parameters().get(0).toFloats();
                    broken[0] = Float.NaN;
                    run.net.parameters().get(0).set(broken);
                    assertThrows(DivergenceException.class, () -> run.learn.saveCheckpoint(file));
                    run.learn.stop();
                }
            }).run(TrainingPhase.fineTune(1));
            assertEquals("earlier", Files.readString(file));
        }
    }
}
