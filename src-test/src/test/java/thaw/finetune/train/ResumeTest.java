package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.engine.optim.GradientClipping;
import thaw.engine.optim.WeightAverage;
import thaw.extension.RMSprop;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.diagnostics.EpochActivity;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.plan.TrainingPlan;
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
        private final List<EpochActivity> activities = new ArrayList<>();
        private int steps;

        /** @param stopAfter the number of steps before the fit is stopped */
        Run(FitSettings settings, int stopAfter) {
            device.generator().seed(5);
            net = ResNet.of(Architecture.byName("resnet20"), device, 2, 7).replaceHead(Head.CONCAT_POOL, 2);
            learn = new Learner(net, data).settings(settings).diagnostics(new DiagnosticsOptions(1, 4, 1));
            learn.listener(new TrainingListener() {
                @Override
                public void onBatch(BatchResult batch) {
                    steps++;
                    if (steps == stopAfter) {
                        learn.stop();
                    }
                }

                @Override
                public void onActivity(EpochActivity activity) {
                    activities.add(activity);
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
        TrainingPlan fineTune = TrainingPlan.fineTune(1, 0.02, 1, 10);
        TrainingPhase small = new TrainingPhase("small", 1, ScheduleRecipe.of("flat-cosine"), LearningRates.slice(0.01)).size(6);
        TrainingPlan gradual = new TrainingPlan(List.of(
                TrainingPlan.gradualUnfreezing(3, ScheduleRecipe.oneCycle(), LearningRates.slice(1e-3, 1e-2)).phases().get(0),
                small));
        return Stream.of(Arguments.of(FitSettings.sgd(), fineTune, 1),
                Arguments.of(FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.TRAIN).clip(new GradientClipping.ByNorm(0.5)), gradual, 4),
                Arguments.of(FitSettings.adamW().average(new WeightAverage.Decay(0.8, true)).accumulate(2), fineTune, 1),
                Arguments.of(FitSettings.of(RMSprop::new).clip(OWN_CLIPPING), TrainingPlan.gradualUnfreezing(2,
                        (epochs, steps) -> (step, base) -> base / (1 + step), LearningRates.slice(1e-4, 1e-3)), 3));
    }

    @ParameterizedTest
    @MethodSource("fits")
    void theBitsAreThoseOfAFitThatWasNeverStopped(FitSettings settings, TrainingPlan plan, int everySteps) {
        try (Run whole = new Run(settings, -1)) {
            FitResult expected = whole.learn.run(plan);
            assertTrue(expected.stoppedAt().isEmpty());
            for (int k = 1; k <= whole.steps; k += everySteps) {
                FitState state;
                try (Run first = new Run(settings, k)) {
                    FitResult stopped = first.learn.run(plan);
                    assertTrue(stopped.stoppedAt().isPresent(), "after step " + k);
                    assertEquals(k, first.steps);
                    state = stopped.stoppedAt().get();
                }
                try (Run second = new Run(settings, -1)) {
                    FitResult result = second.learn.resume(plan, state);
                    assertEquals(whole.steps - k, second.steps);
                    assertSameBits(whole.net.stateDict(), second.net.stateDict(), "after step " + k);
                    assertEquals(withoutTimes(expected.epochs()), withoutTimes(result.epochs()));
                    List<EpochActivity> rest = whole.activities.subList(whole.activities.size() - second.activities.size(),
                            whole.activities.size());
                    assertEquals(rest, second.activities);
                    assertEquals(whole.device.generator().state(), second.device.generator().state());
                }
            }
        }
    }

    private static List<EpochResult> withoutTimes(List<EpochResult> epochs) {
        return epochs.stream().map(e -> new EpochResult(e.epoch(), e.epochs(), e.trainLoss(), e.validLoss(), e.accuracy(), 0,
                e.learningRates())).toList();
    }

    private static void assertSameBits(Map<String, StoredTensor> expected, Map<String, StoredTensor> found, String when) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, tensor) -> assertEquals(tensor.bytes(), found.get(name).bytes(), name + " " + when));
    }

    /** A fit can also be resumed from the state at the end of an epoch, taken by the listener. */
    @Test
    void statesAtTheEndOfEpochsToo() {
        TrainingPlan plan = TrainingPlan.gradualUnfreezing(3, ScheduleRecipe.oneCycle(), LearningRates.slice(1e-3, 1e-2));
        List<FitState> states = new ArrayList<>();
        try (Run whole = new Run(FitSettings.sgd(), -1)) {
            whole.learn.listener(new TrainingListener() {
                @Override
                public void onEpoch(EpochResult epoch) {
                    states.add(whole.learn.state());
                }
            }).run(plan);
            for (FitState state : states) {
                try (Run second = new Run(FitSettings.sgd(), -1)) {
                    second.learn.resume(plan, state);
                    assertSameBits(whole.net.stateDict(), second.net.stateDict(), "after epoch " + state.epoch());
                }
            }
        }
    }

    @Test
    void stoppingAtAnEpochsEndEndsThere() {
        try (Run run = new Run(FitSettings.sgd(), -1)) {
            run.learn.listener(new TrainingListener() {
                @Override
                public void onEpoch(EpochResult epoch) {
                    run.learn.stop();
                }
            });
            TrainingPlan plan = TrainingPlan.fineTune(2);
            FitResult result = run.learn.run(plan);
            assertEquals(1, result.epochs().size());
            assertEquals(1, result.stoppedAt().orElseThrow().epoch());
            result = run.learn.resume(plan, result.stoppedAt().get());
            assertEquals(2, result.epochs().size());
            result = run.learn.resume(plan, result.stoppedAt().orElseThrow());
            assertEquals(3, result.epochs().size());
            assertTrue(result.stoppedAt().isEmpty());
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (Run run = new Run(FitSettings.sgd(), 4)) {
            FitState state = run.learn.run(TrainingPlan.fineTune(2)).stoppedAt().orElseThrow();
            TrainingPlan shorter = TrainingPlan.fineTune(1, 1e-3, 0, 10);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> run.learn.resume(shorter, state)).getMessage()
                    .contains("the plan has 1"));
            run.learn.settings(FitSettings.adamW());
            assertTrue(assertThrows(IllegalArgumentException.class, () -> run.learn.resume(TrainingPlan.fineTune(2), state))
                    .getMessage().contains("the loaded state is of SGD"));
            assertThrows(IllegalStateException.class, run.learn::state);
            assertFalse(run.net.isTraining());
        }
    }
}
