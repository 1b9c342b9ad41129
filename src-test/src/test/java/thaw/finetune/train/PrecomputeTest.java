package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.Flip;
import thaw.finetune.augment.Mixup;
import thaw.finetune.data.BrokenImage;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.Crop;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.Outcome;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

/** Training the head from precomputed features. */
class PrecomputeTest {
    private static final FitSettings FIXED = FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL);
    private static final List<TrainingPhase> PLAN = List.of(new TrainingPhase("head", 3, ScheduleRecipe.oneCycle(),
            LearningRates.slice(0.05)).freezeTo(-1), new TrainingPhase("all", 1, ScheduleRecipe.oneCycle(),
                    LearningRates.slice(1e-4, 1e-2)));
    private static final List<TrainingPhase> HEAD = List.of(PLAN.get(0));

    @TempDir
    private Path folder;
    private Path cache;
    private ImageFolder data;

    @BeforeEach
    void makeImages() throws IOException {
        cache = folder.resolve("cache");
        ImageFolder varied = ColourFolder.in(Files.createDirectory(folder.resolve("varied")));
        data = varied.transforms(varied.transforms().flip(false));
    }

    /** The result of a fit on a network whose head has batch norm and dropout. */
    private record Outcome(Map<String, StoredTensor> network, FitResult result, List<String> notes, List<String> warnings,
            List<BrokenImage> broken) {
    }

    private Outcome fit(List<TrainingPhase> plan, Precompute precompute, FitSettings settings, ImageFolder images, int stopAfter,
            FitState from) {
        try (Device device = Device.cpu(1)) {
            device.generator().seed(5);
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 2, 7).replaceHead(Head.CONCAT_POOL, 2);
            List<String> notes = new ArrayList<>();
            List<String> warnings = new ArrayList<>();
            try (Learner learn = new Learner(net, images).settings(settings).precompute(precompute.in(cache))) {
                int[] steps = {0};
                learn.addListener(new TrainingListener() {
                    @Override
                    public void onNote(String message) {
                        notes.add(message);
                    }

                    @Override
                    public void onWarning(String message) {
                        warnings.add(message);
                    }

                    @Override
                    public void onBatch(BatchResult batch) {
                        if (++steps[0] == stopAfter) {
                            learn.stop();
                        }
                    }
                });
                FitResult result = from == null ? learn.run(plan) : learn.resume(plan, from);
                return new Outcome(net.stateDict(), result, notes, warnings, learn.data().broken());
            }
        }
    }

    private Outcome fit(Precompute precompute) {
        return fit(HEAD, precompute, FIXED, data, -1, null);
    }

    private static void assertSameBits(Outcome expected, Outcome found) {
        expected.network.forEach((name, tensor) -> assertEquals(tensor.bytes(), found.network.get(name).bytes(), name));
    }

    private Path cacheFile() throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            List<Path> all = files.toList();
            assertEquals(1, all.size(), all::toString);
            return all.get(0);
        }
    }

    @Test
    void theHeadIsThatOfTrainingThroughTheFrozenBody() {
        Outcome images = fit(Precompute.of(Precompute.When.NEVER));
        Outcome features = fit(Precompute.of(Precompute.When.EXACT));
        assertTrue(images.notes.isEmpty());
        assertTrue(features.notes.get(0).contains("(26 computed now, 0 known before"), features.notes::toString);
        images.network.forEach((name, tensor) -> assertArrayEquals(tensor.toFloats(), features.network.get(name).toFloats(), 1e-5f, name));
        for (int i = 0; i < 3; i++) {
            assertEquals(images.result.epochs().get(i).valid().loss(), features.result.epochs().get(i).valid().loss(), 1e-5);
        }
    }

    @Test
    void featuresAreKnownToTheNextRunAndChangeNoBit() throws IOException {
        Outcome first = fit(Precompute.of(Precompute.When.EXACT));
        Outcome second = fit(Precompute.of(Precompute.When.EXACT));
        assertTrue(second.notes.get(0).contains("(0 computed now, 26 known before"), second.notes::toString);
        assertSameBits(first, second);
    }

    @Test
    void aDamagedCacheIsMadeAgain() throws IOException {
        Outcome first = fit(Precompute.of(Precompute.When.EXACT));
        byte[] bytes = Files.readAllBytes(cacheFile());
        bytes[bytes.length - 3] ^= 64;
        Files.write(cacheFile(), bytes);
        Outcome oneWrong = fit(Precompute.of(Precompute.When.EXACT));
        assertTrue(oneWrong.notes.get(0).contains("known before") && !oneWrong.notes.get(0).contains("(0 computed"),
                oneWrong.notes::toString);
        assertSameBits(first, oneWrong);
        Files.write(cacheFile(), new byte[] {1, 2, 3});
        Outcome allWrong = fit(Precompute.of(Precompute.When.EXACT));
        assertTrue(allWrong.notes.get(0).contains("(26 computed now"), allWrong.notes::toString);
        assertSameBits(first, allWrong);
    }

    @Test
    void aCacheThatCannotBeWrittenStopsNothing() throws IOException {
        Files.writeString(cache, "a file where the folder should be");
        assertTrue(fit(Precompute.of(Precompute.When.EXACT)).notes.get(0).contains("not kept for later"));
    }

    @Test
    void resumingAtAnyStepEndsWithTheSameBits() {
        List<TrainingPhase> headLast = List.of(PLAN.get(1), PLAN.get(0));
        for (List<TrainingPhase> plan : List.of(PLAN, headLast)) {
            Outcome whole = fit(plan, Precompute.of(Precompute.When.EXACT), FIXED, data, -1, null);
            for (int k = 1; k < 12; k += 4) {
                Outcome stopped = fit(plan, Precompute.of(Precompute.When.EXACT), FIXED, data, k, null);
                FitState state = stopped.result.stoppedAt().orElseThrow();
                assertSameBits(whole, fit(plan, Precompute.of(Precompute.When.EXACT), FIXED, data, -1, state));
            }
        }
    }

    /**
     * If a random flip is the only augmentation, features are computed for both orientations, and flips are drawn as in
     * training on images.
     */
    @Test
    void withARandomFlipTheHeadIsTheSameToo() {
        ImageFolder flipped = data.transforms(data.transforms().flip(true));
        for (ImageFolder one : List.of(flipped, data.augment(Augmentation.of(new Flip(0.3))), flipped.balanced(true))) {
            Outcome images = fit(HEAD, Precompute.of(Precompute.When.NEVER), FIXED, one, -1, null);
            Outcome features = fit(HEAD, Precompute.of(Precompute.When.EXACT), FIXED, one, -1, null);
            assertTrue(features.notes.get(0).contains("mirror image"), features.notes::toString);
            images.network
                    .forEach((name, tensor) -> assertArrayEquals(tensor.toFloats(), features.network.get(name).toFloats(), 1e-5f, name));
            assertSameBits(features, fit(HEAD, Precompute.of(Precompute.When.REQUIRED), FIXED, one, -1, null));
        }
        Outcome still = fit(HEAD, Precompute.of(Precompute.When.EXACT), FIXED, data, -1, null);
        Outcome turned = fit(HEAD, Precompute.of(Precompute.When.EXACT), FIXED, flipped, -1, null);
        assertTrue(
                still.network.keySet().stream().anyMatch(name -> !still.network.get(name).bytes().equals(turned.network.get(name).bytes())),
                "a flip is no trifle");
        List<TrainingPhase> once = List.of(new TrainingPhase("head", 1, ScheduleRecipe.oneCycle(), LearningRates.slice(0.05))
                .freezeTo(-1));
        assertTrue(fit(once, Precompute.of(Precompute.When.EXACT), FIXED, flipped, -1, null).notes.isEmpty(),
                "in one epoch, images go through the body one way alone");
        assertEquals(1, fit(once, Precompute.of(Precompute.When.REQUIRED), FIXED, flipped, -1, null).notes.size());
    }

    @Test
    void whatIsRequiredAndCannotBeIsAnError() {
        List<TrainingPhase> all = List.of(PLAN.get(1));
        assertRefused(all, FIXED, data, "no phase trains the head alone [all]");
        assertRefused(PLAN, FIXED, data.augment(Augmentation.fastai()), "varied by Flip, Warp");
        assertRefused(PLAN, FIXED, data.mix(new Mixup(0.4)), "mixed with one another");
        assertRefused(PLAN, FitSettings.sgd(), data, "batch norm of frozen groups has fixed weights");
        assertEquals(1, fit(PLAN, Precompute.of(Precompute.When.REQUIRED), FIXED, data, -1, null).notes.size());
    }

    private void assertRefused(List<TrainingPhase> plan, FitSettings settings, ImageFolder images, String words) {
        String message = assertThrows(IllegalArgumentException.class,
                () -> fit(plan, Precompute.of(Precompute.When.REQUIRED), settings, images, -1, null)).getMessage();
        assertTrue(message.contains(words), message);
    }

    @Test
    void elsewhereOnlyOnRequest() {
        ImageFolder varied = data.transforms(data.transforms().crop(Crop.RANDOM).resize(12));
        assertTrue(fit(HEAD, Precompute.of(Precompute.When.EXACT), FIXED, varied, -1, null).notes.isEmpty());
        assertTrue(fit(HEAD, Precompute.of(Precompute.When.EXACT), FitSettings.sgd(), data, -1, null).notes.isEmpty());
        assertTrue(fit(List.of(PLAN.get(1)), Precompute.of(Precompute.When.ALWAYS), FIXED, data, -1, null).notes.isEmpty());
        Outcome asked = fit(HEAD, Precompute.of(Precompute.When.ALWAYS), FitSettings.sgd(), varied, -1, null);
        assertEquals(1, asked.notes.size());
        assertTrue(asked.warnings.get(0).contains("not cropped at random") && asked.warnings.get(0).contains("batch norm"),
                asked.warnings::toString);
    }

    @Test
    void brokenImagesStayOut() throws IOException {
        Files.writeString(folder.resolve("varied/train/red/broken.png"), "no image");
        Files.writeString(folder.resolve("varied/valid/red/broken.png"), "no image");
        ImageFolder some = ImageFolder.of(folder.resolve("varied")).transforms(data.transforms()).batch(6).seed(3);
        Outcome images = fit(HEAD, Precompute.of(Precompute.When.NEVER), FIXED, some, -1, null);
        Outcome features = fit(HEAD, Precompute.of(Precompute.When.EXACT), FIXED, some, -1, null);
        assertEquals(2, images.broken.size());
        assertEquals(images.broken, features.broken);
        images.network.forEach((name, tensor) -> assertArrayEquals(tensor.toFloats(), features.network.get(name).toFloats(), 1e-5f, name));
    }
}
