package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.CutMix;
import thaw.finetune.augment.Flip;
import thaw.finetune.augment.Mixup;
import thaw.finetune.augment.PcaLighting;
import thaw.finetune.augment.RandomErasing;
import thaw.finetune.augment.RandomResizedCrop;
import thaw.finetune.augment.Rotate;
import thaw.finetune.images.Crop;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.Transforms;

class VariedBatchesTest {
    private static final Augmentation ALL = Augmentation.fastai().with(new PcaLighting(0.1)).with(RandomErasing.of(0.5))
            .with(RandomResizedCrop.of(0.35));

    @TempDir
    private static Path root;
    private static ImageFolder data;

    @BeforeAll
    static void writeImages() throws IOException {
        DrawnFolder.fill(root.resolve("a"), 12, 30, 24);
        DrawnFolder.fill(root.resolve("b"), 4, 21, 40);
        data = ImageFolder.of(root).size(16).batch(4).seed(7);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void threadsAndCacheChangeNothing(int threads) {
        ImageFolder all = data.augment(ALL).mix(new Mixup(0.4)).balanced(true);
        List<Float> expected = epoch(all.threads(3).trainLoader(), 1);
        assertEquals(expected, epoch(all.threads(threads).trainLoader(), 1));
        assertEquals(expected, epoch(all.threads(threads).cacheBytes(0).trainLoader(), 1));
        assertNotEquals(expected, epoch(all.trainLoader(), 2));
        assertNotEquals(expected, epoch(all.seed(8).trainLoader(), 1));
        assertEquals(epoch(all.mix(new CutMix(1)).threads(1).trainLoader(), 0),
                epoch(all.mix(new CutMix(1)).threads(threads).trainLoader(), 0));
    }

    /** An image that balancing repeats in an epoch is augmented differently each time. */
    @Test
    void turnsAreVariedDifferently() {
        List<float[]> seen = new ArrayList<>();
        Path first = data.train().stream().filter(sample -> sample.label() == 1).findFirst().orElseThrow().file();
        try (Batches batches = data.augment(ALL).balanced(true).trainLoader().epoch(0)) {
            for (Batch batch : batches) {
                for (int i = 0; i < batch.size(); i++) {
                    if (batch.files().get(i).equals(first)) {
                        seen.add(Arrays.copyOfRange(batch.images(), i * 768, (i + 1) * 768));
                    }
                }
            }
        }
        assertTrue(seen.size() >= 2, seen.size() + " times");
        assertFalse(Arrays.equals(seen.get(0), seen.get(1)));
    }

    @Test
    void evaluationKnowsNothingOfAllThis() {
        ImageFolder all = data.augment(ALL).mix(new Mixup(0.4)).balanced(true);
        assertEquals(epoch(data.validLoader(), 0), epoch(all.validLoader(), 3));
        assertEquals(epoch(data.evaluationLoader(), 0), epoch(all.evaluationLoader(), 3));
    }

    @Test
    void augmentedEpochsAreInOrderAndUnmixed() {
        BatchLoader loader = data.augment(ALL).mix(new Mixup(0.4)).evaluationLoader();
        List<Path> files = new ArrayList<>();
        try (Batches batches = loader.augmentedEpoch(0)) {
            batches.forEach(batch -> {
                files.addAll(batch.files());
                assertEquals(batch.size(), batch.labels().length);
            });
        }
        assertEquals(data.evaluation().stream().map(Sample::file).toList(), files);
        assertNotEquals(flatten(loader.augmentedEpoch(0)), flatten(loader.augmentedEpoch(1)));
        assertEquals(flatten(loader.augmentedEpoch(1)), flatten(loader.augmentedEpoch(1)));
        assertNotEquals(flatten(loader.augmentedEpoch(0)), epoch(loader, 0));
    }

    /** A mixed batch is the mixture of the unmixed images and labels. */
    @Test
    void mixupMixesImagesAndTargetsAlike() {
        try (Batches plain = data.trainLoader().epoch(2); Batches mixed = data.mix(new Mixup(1)).trainLoader().epoch(2)) {
            while (plain.hasNext()) {
                Batch before = plain.next();
                Batch after = mixed.next();
                assertEquals(before.files(), after.files());
                float[] targets = ((Batch.Matrix) after.targets()).values();
                for (int i = 0; i < after.size(); i++) {
                    assertEquals(1, targets[2 * i] + targets[2 * i + 1], 1e-6);
                    assertTrue(targets[2 * i + before.labels()[i]] >= 0.5, "the larger part is its own");
                    assertIsMixture(before, after.images(), i);
                }
            }
        }
    }

    private static void assertIsMixture(Batch before, float[] mixed, int i) {
        boolean found = false;
        for (int other = 0; other < before.size() && !found; other++) {
            double share = Double.NaN;
            boolean same = true;
            for (int k = 0; k < 768 && same; k++) {
                double own = before.images()[i * 768 + k];
                double others = before.images()[other * 768 + k];
                if (Math.abs(own - others) > 0.05) {
                    double here = (mixed[i * 768 + k] - others) / (own - others);
                    same = Double.isNaN(share) || Math.abs(here - share) < 1e-3;
                    share = here;
                } else {
                    same = Math.abs(mixed[i * 768 + k] - own) < 0.06;
                }
            }
            found = same && (Double.isNaN(share) || share > 0.49 && share < 1.01);
        }
        assertTrue(found, "image " + i + " is a mixture of two");
    }

    @Test
    void severalLabelsAreRowsOfOnesAndZeros() throws IOException {
        Path csv = Files.writeString(root.resolve("labels.csv"), "f,l\na/00.png,x z\na/01.png,\na/02.png,y\n");
        ImageFolder several = ImageFolder.ofCsv(csv, CsvLabels.standard().delimiter(" ")).size(16).batch(3);
        try (Batches batches = several.evaluationLoader().epoch(0)) {
            Batch batch = batches.next();
            Batch.Matrix targets = (Batch.Matrix) batch.targets();
            assertArrayEquals(new float[] {1, 0, 1, 0, 0, 0, 0, 1, 0}, targets.values());
            assertEquals(3, targets.classes());
            assertTrue(assertThrows(IllegalStateException.class, batch::labels).getMessage().contains("targets()"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void brokenImagesAreLeftOutAndListed(int threads) throws IOException {
        Path cut = Files.writeString(root.resolve("cut.png"), "oops");
        List<Sample> some = new ArrayList<>(data.evaluation().subList(0, 9));
        some.add(2, new Sample(cut, 1));
        some.add(5, new Sample(root.resolve("gone.png"), 1));
        BatchLoader sound = new BatchLoader(data.evaluation().subList(0, 9), data.transforms(), LoaderOptions.evaluation(9));
        BatchLoader loader = new BatchLoader(some, data.transforms(), LoaderOptions.evaluation(4).threads(threads));
        assertEquals(epoch(sound, 0), epoch(loader, 0));
        assertEquals(List.of(cut, root.resolve("gone.png")), loader.broken().stream().map(BrokenImage::file).toList());
        assertTrue(loader.broken().get(0).reason().contains("cut.png: not an image"), loader.broken().toString());
        assertEquals(epoch(sound, 0), epoch(loader, 1));
        assertEquals(2, loader.broken().size());
    }

    @Test
    void batchesWithoutASoundImageAreLeftOut() throws IOException {
        List<Sample> some = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            some.add(new Sample(Files.writeString(root.resolve("bad" + i + ".png"), "oops"), 0));
        }
        some.addAll(data.evaluation().subList(0, 2));
        BatchLoader loader = new BatchLoader(some, data.transforms(), LoaderOptions.evaluation(2));
        try (Batches batches = loader.epoch(0)) {
            assertEquals(some.subList(4, 6).stream().map(Sample::file).toList(), batches.next().files());
            assertFalse(batches.hasNext());
        }
        BatchLoader none = new BatchLoader(some.subList(0, 4), data.transforms(), LoaderOptions.evaluation(3));
        try (Batches batches = none.epoch(0)) {
            String message = assertThrows(ImageReadException.class, batches::hasNext).getMessage();
            assertTrue(message.contains("none of 4 images") && message.contains("bad0.png"), message);
        }
        BatchLoader lone = new BatchLoader(some.subList(2, 5), Transforms.of(16), LoaderOptions.training(3, 0));
        try (Batches batches = lone.epoch(0)) {
            String message = assertThrows(ImageReadException.class, batches::hasNext).getMessage();
            assertTrue(message.startsWith("2 of 3 images cannot be read, and no batch has two that can; the first: "), message);
        }
    }

    @Test
    void phasesOfAnotherSizeHoldOutTheSame() {
        ImageFolder large = data.size(24);
        assertEquals(data.valid(), large.valid());
        assertEquals(data.train(), large.train());
        try (Batches batches = large.trainLoader().epoch(0)) {
            assertEquals(24, batches.next().side());
        }
    }

    @Test
    void variationIsKnown() {
        ImageFolder still = data.transforms(data.transforms().flip(false));
        ImageFolder flipped = still.augment(Augmentation.of(new Flip(0.5)));
        for (ImageFolder one : List.of(data, still, flipped, data.augment(Augmentation.none()))) {
            assertTrue(one.loaders().isFlippedAtMost());
        }
        assertTrue(
                data.loaders().isFlipped() && flipped.loaders().isFlipped() && still.augment(Augmentation.fastai()).loaders().isFlipped());
        assertFalse(still.loaders().isFlipped() || data.augment(Augmentation.none()).loaders().isFlipped());
        for (ImageFolder one : List.of(still.augment(Augmentation.fastai()), still.mix(new Mixup(0.4)),
                still.transforms(still.transforms().crop(Crop.RANDOM)))) {
            assertFalse(one.loaders().isFlippedAtMost());
        }
        assertEquals("cropped at random and varied by Flip, Rotate and mixed with one another", data.transforms(
                data.transforms().crop(Crop.RANDOM)).augment(Augmentation.of(new Flip(0.5), new Rotate(10, 0.75)))
                .mix(new Mixup(0.4)).loaders().variation());
    }

    /** Features are flipped in the same epochs as the images that they replace. */
    @Test
    void featuresAreFlippedAsImagesWouldBe() {
        for (ImageFolder one : List.of(data, data.augment(Augmentation.of(new Flip(0.3))), data.balanced(true))) {
            BatchLoader images = one.trainLoader();
            ImageFeatures pixels = new ImageFeatures(pixels(images.inOrder().epoch(0)), pixels(images.inOrder().mirroredEpoch()));
            for (int epoch = 0; epoch < 3; epoch++) {
                try (Batches expected = images.epoch(epoch); Batches found = images.onFeatures(pixels).epoch(epoch)) {
                    while (expected.hasNext()) {
                        Batch batch = expected.next();
                        Batch features = found.next();
                        assertEquals(batch.files(), features.files());
                        assertArrayEquals(batch.images(), features.images());
                    }
                    assertFalse(found.hasNext());
                }
            }
        }
    }

    /** No image of the skipped batches is opened, and the following ones are the same, even after an entirely broken batch. */
    @Test
    void anEpochMayBeginInItsMiddle(@TempDir Path some) throws IOException {
        DrawnFolder.fill(some.resolve("a"), 14, 30, 24);
        DrawnFolder.fill(some.resolve("b"), 14, 30, 24);
        ImageFolder folder = ImageFolder.of(some).size(16).batch(4).seed(7).augment(ALL).mix(new Mixup(0.4));
        BatchLoader probe = folder.trainLoader();
        try (Batches epoch = probe.epoch(2)) {
            epoch.next();
            for (Path file : epoch.next().files()) {
                Files.writeString(file, "no image any more");
            }
        }
        List<Integer> positions = new ArrayList<>();
        List<float[]> images = new ArrayList<>();
        BatchLoader whole = folder.trainLoader();
        try (Batches epoch = whole.epoch(2)) {
            while (epoch.hasNext()) {
                images.add(epoch.next().images().clone());
                positions.add(epoch.position());
            }
            assertEquals(List.of(1, 3, 4, 5), positions.subList(0, 4));
        }
        assertEquals(4, whole.broken().size());
        for (int k = 0; k < positions.size(); k++) {
            BatchLoader again = folder.trainLoader();
            try (Batches rest = again.epoch(2, positions.get(k))) {
                for (float[] expected : images.subList(k + 1, images.size())) {
                    assertArrayEquals(expected, rest.next().images());
                }
                assertFalse(rest.hasNext());
            }
            assertEquals(k == 0 ? 4 : 0, again.broken().size(), "what is skipped is not opened");
        }
    }

    private static Map<Path, float[]> pixels(Batches epoch) {
        Map<Path, float[]> found = new HashMap<>();
        try (epoch) {
            for (Batch batch : epoch) {
                int length = batch.images().length / batch.size();
                for (int i = 0; i < batch.size(); i++) {
                    found.put(batch.files().get(i), Arrays.copyOfRange(batch.images(), i * length, (i + 1) * length));
                }
            }
        }
        return found;
    }

    /** A fifth is held out: of 12 and 4 images, 10 and 3 remain. */
    @Test
    void weightsAreInverseToFrequency() {
        assertEquals(List.of(13 / 20.0, 13 / 6.0), data.classWeights());
        assertEquals(List.of(13 / 6.0, 0.0, 13 / 20.0), data.classes(List.of("b", "none", "a")).classWeights());
    }

    private static List<Float> epoch(BatchLoader loader, int epoch) {
        return flatten(loader.epoch(epoch));
    }

    private static List<Float> flatten(Batches epoch) {
        List<Float> all = new ArrayList<>();
        try (epoch) {
            for (Batch batch : epoch) {
                for (float value : batch.images()) {
                    all.add(value);
                }
                if (batch.targets() instanceof Batch.Matrix matrix) {
                    for (float value : matrix.values()) {
                        all.add(value);
                    }
                }
            }
        }
        return all;
    }
}
