package thaw.finetune.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.optim.GradientClipping;
import thaw.engine.optim.SGD;
import thaw.engine.optim.WeightAverage;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.augment.CutMix;
import thaw.finetune.augment.ImageTransform;
import thaw.finetune.augment.Mixup;
import thaw.finetune.augment.RandomErasing;
import thaw.finetune.data.FolderLayout;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.FitSettings;
import thaw.finetune.train.FrozenBatchNorm;
import thaw.finetune.train.Precompute;
import thaw.finetune.train.TrainingSettings;

class RunSettingsTest {

    @TempDir
    private Path folder;

    private static final List<TrainingPhase> GRADUAL = List.of(
            new TrainingPhase("thaw", 3, ScheduleRecipe.parse("sgdr(cycle_len=1,cycle_mult=2)"), -1,
                    LearningRates.layerDecay(1e-2, 0.75), true, 48),
            new TrainingPhase("all", 2, ScheduleRecipe.of("flat-cosine"), LearningRates.of(1e-5, 1e-4, 1.0 / 3)));

    private static RunSettings settings(List<TrainingPhase> plan, FitSettings fit, Objective loss, Augmentation augmentation,
            BatchMix mix) {
        return new RunSettings(
                new RunSettings.Data(new RunSettings.Source("/photos", null, null, null, null),
                        new RunSettings.Loading(32, false, true, Transforms.of(64).toMap(), 0), new RunSettings.Holdout(0.2, "stratified"),
                        RunSettings.Found.NOTHING),
                new RunSettings.Network("resnet20", List.of(), "concat", null, null, null, null),
                new RunSettings.Variation(augmentation, mix, 7),
                new TrainingSettings("stages", plan, fit, loss, Precompute.When.EXACT, DiagnosticsOptions.standard()),
                new RunSettings.Selection(3, RunSettings.Keep.BEST), new RunSettings.Environment("1", "17", "cpu"));
    }

    /** Runs that began when there was one way to read a table and folders go on so. */
    @Test
    void whatAnOlderRunDoesNotSayIsAsUsual() throws IOException {
        RunSettings now = settings(TrainingPhase.fineTune(3), FitSettings.sgd(), Objective.crossEntropy(), null, null);
        ObjectMapper json = new ObjectMapper();
        ObjectNode old = (ObjectNode) json.readTree(now.toJson());
        ((ObjectNode) old.get("data")).remove(List.of("columns", "layout", "maxPixels"));
        old.set("grain", old.remove("granularity"));
        old.set("insight", old.remove("diagnostics"));
        Path file = Files.writeString(folder.resolve("old.json"), old.toString());
        assertEquals(List.of(), RunSettings.read(file).differences(now));
        assertEquals(FolderLayout.standard(), RunSettings.read(file).data().source().layout());
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        Path file = folder.resolve("settings.json");
        for (RunSettings one : List.of(
                settings(TrainingPhase.fineTune(3), FitSettings.sgd(), Objective.crossEntropy(), null, null),
                settings(GRADUAL, FitSettings.adamW().average(new WeightAverage.Decay(0.99, true)).frozenBatchNorm(FrozenBatchNorm.EVAL)
                        .clip(new GradientClipping.ByNorm(0.1)).clip(new GradientClipping.ByValue(2)),
                        Objective.crossEntropy().labelSmoothing(0.1).classWeights(List.of(0.5, 1.5)),
                        Augmentation.fastai(1.5).with(RandomErasing.of(0.25)), new Mixup(0.4)),
                settings(GRADUAL, FitSettings.sgd().option(SGD.NESTEROV, 1), Objective.binaryCrossEntropy().threshold(0.3),
                        Augmentation.none(), new CutMix(1)))) {
            one.write(file);
            RunSettings read = RunSettings.read(file);
            assertEquals(one, read);
            assertEquals(List.of(), one.differences(read));
        }
        assertEquals(GRADUAL, settings(GRADUAL, FitSettings.sgd(), Objective.crossEntropy(), null, null).training().plan());
    }

    /** The form in which every version reads it; the numbers of rates have been shortened since. */
    @Test
    void aPlanIsAListOfPhases() throws IOException {
        ObjectMapper json = new ObjectMapper();
        String plan = """
                [{"name": "thaw", "epochs": 3, "schedule": "sgdr(cycle_len=1.0,cycle_mult=2.0)", "freezeTo": -1,
                  "rates": "decay(1e-2,0.75)", "gradual": true, "size": 48},
                 {"name": "all", "epochs": 2, "schedule": "flat-cosine", "freezeTo": 0,
                  "rates": "1e-5,1e-4,0.3333333333333333", "gradual": false, "size": 0}]""";
        assertEquals(GRADUAL, json.readValue(plan, new TypeReference<List<TrainingPhase>>() {}));
        String shortened = plan.replace("decay(0.01,", "decay(1e-2,").replace("1.0E-5,1.0E-4", "1e-5,1e-4");
        assertEquals(json.readTree(shortened), json.valueToTree(GRADUAL));
    }

    /** The settings of a run are text; what has none is refused before the run begins. */
    @Test
    void whatHasNoTextIsRefused() {
        for (FitSettings fit : List.of(FitSettings.of(SGD::new), FitSettings.sgd().clip(parameters -> {}))) {
            assertThrows(IllegalArgumentException.class,
                    () -> settings(GRADUAL, fit, Objective.crossEntropy(), null, null));
        }
        ImageTransform transform = new ImageTransform() {};
        BatchMix mix = (images, targets, side, order, random) -> {};
        assertThrows(IllegalArgumentException.class, () -> settings(GRADUAL, FitSettings.sgd(), Objective.crossEntropy(),
                Augmentation.of(transform), null));
        assertThrows(IllegalArgumentException.class, () -> settings(GRADUAL, FitSettings.sgd(), Objective.crossEntropy(), null,
                mix));
        List<TrainingPhase> own = List
                .of(TrainingPhase.gradualUnfreezing(2, (epochs, steps) -> (step, base) -> base, LearningRates.of(0.1)));
        assertThrows(IllegalArgumentException.class, () -> settings(own, FitSettings.sgd(), Objective.crossEntropy(), null, null));
    }

    @Test
    void anEarlyVersionsRunIsRefusedByItsVersion() throws IOException {
        ObjectMapper json = new ObjectMapper();
        ObjectNode old = (ObjectNode) json.readTree(
                settings(GRADUAL, FitSettings.sgd(), Objective.crossEntropy(), null, null).toJson());
        ((ObjectNode) old.get("fit")).put("optimizer", "SGD").put("momentum", 0.9).put("weightDecay", 1e-4);
        Path file = Files.writeString(folder.resolve("early.json"), old.toString());
        String message = assertThrows(IOException.class, () -> RunSettings.read(file)).getMessage();
        assertTrue(message.contains("an early version of Thaw 1,"), message);
    }

    @Test
    void differencesAreNamedByTheirPlace() {
        RunSettings was = settings(TrainingPhase.fineTune(3), FitSettings.sgd(), Objective.crossEntropy(), null, null);
        RunSettings is = settings(TrainingPhase.fineTune(4), FitSettings.sgd().option("momentum", 0.8), Objective.crossEntropy(), null,
                new Mixup(0.4));
        List<String> found = was.differences(is.on(new RunSettings.Environment("2", "25", "opencl")));
        assertTrue(
                found.contains("fit.optimizer was \"sgd(momentum=0.9,weight_decay=1.0E-4)\", is \"sgd(momentum=0.8,weight_decay=1.0E-4)\""),
                found::toString);
        assertTrue(found.contains("plan[1].epochs was 3, is 4"), found::toString);
        assertTrue(found.stream().anyMatch(line -> line.startsWith("mix was null, is {")), found::toString);
        assertEquals(3, found.size(), found::toString);
    }

    @Test
    void whatIsNoRunsSettingsIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("settings.json"), "{\"colour\": 1}");
        String message = assertThrows(IOException.class, () -> RunSettings.read(file)).getMessage();
        assertTrue(message.contains("settings.json") && message.contains("expected the settings of a run"), message);
    }
}
