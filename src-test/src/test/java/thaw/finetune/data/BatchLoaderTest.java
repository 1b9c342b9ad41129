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
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.finetune.images.Crop;
import thaw.finetune.images.ExactSize;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.LabelSet;

class BatchLoaderTest {
    private static final Transforms TRANSFORMS = Transforms.of(16).crop(Crop.RANDOM);

    @TempDir
    private static Path root;
    private static List<Sample> samples;

    @BeforeAll
    static void writeImages() throws IOException {
        DrawnFolder.fill(root.resolve("a"), 12, 30, 24);
        DrawnFolder.fill(root.resolve("b"), 11, 21, 40);
        samples = ImageFolder.of(root).evaluation();
    }

    @Test
    void evaluationIsInOrderAndEqualsTheTransforms() {
        BatchLoader loader = new BatchLoader(samples, TRANSFORMS, LoaderOptions.evaluation(5));
        int seen = 0;
        try (Batches batches = loader.epoch(0)) {
            for (Batch batch : batches) {
                assertEquals(seen < 20 ? 5 : 3, batch.size());
                assertEquals(batch.size() * 3 * 16 * 16, batch.images().length);
                for (int i = 0; i < batch.size(); i++) {
                    Sample sample = samples.get(seen++);
                    assertEquals(sample.label(), batch.labels()[i]);
                    assertEquals(sample.file(), batch.files().get(i));
                    float[] expected = TRANSFORMS.apply(ImageDecoder.decode(sample.file()));
                    assertArrayEquals(expected, Arrays.copyOfRange(batch.images(), i * 768, (i + 1) * 768));
                }
            }
        }
        assertEquals(23, seen);
        assertEquals(5, loader.batches());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void threadsAndCacheChangeNothing(int threads) {
        LoaderOptions options = LoaderOptions.training(4, 7);
        List<List<Float>> expected = epochs(options.threads(3));
        assertEquals(expected, epochs(options.threads(threads)));
        assertEquals(expected, epochs(options.threads(threads).cacheBytes(0)));
        assertEquals(expected, epochs(options.threads(threads).cacheBytes(3 * 16 * 20 * 5)));
        assertNotEquals(expected, epochs(options.threads(threads).seed(8)));
    }

    @Test
    void anyEpochCanBeMadeAgain() {
        BatchLoader loader = new BatchLoader(samples, TRANSFORMS, LoaderOptions.training(4, 7));
        List<Float> third = flatten(loader, 3);
        flatten(loader, 1);
        assertEquals(third, flatten(loader, 3));
        assertNotEquals(third, flatten(loader, 4));
        assertEquals(third, flatten(new BatchLoader(samples, TRANSFORMS, LoaderOptions.training(4, 7)), 3));
    }

    @Test
    void anEpochOfTrainingVisitsEveryImageOnceInAnotherOrder() {
        BatchLoader loader = new BatchLoader(samples, TRANSFORMS, LoaderOptions.training(4, 1));
        List<Path> inOrder = samples.stream().map(Sample::file).toList();
        Set<List<Path>> orders = new HashSet<>();
        for (int epoch = 0; epoch < 4; epoch++) {
            List<Path> visited = files(loader, epoch);
            assertEquals(new HashSet<>(inOrder), new HashSet<>(visited));
            assertEquals(inOrder.size(), visited.size());
            orders.add(visited);
        }
        assertEquals(4, orders.size());
    }

    /** 23 images: a last batch of one image is left out in training only, because batch norm may fail on it. */
    @ParameterizedTest
    @CsvSource({"training, 11, false, 22, 2", "evaluation, 11, false, 23, 3", "training, 5, false, 23, 5",
        "training, 5, true, 20, 4", "evaluation, 5, true, 20, 4", "training, 1, false, 23, 23", "training, 64, false, 23, 1"})
    void lastBatch(String kind, int batch, boolean dropLast, int images, int batches) {
        LoaderOptions options = LoaderOptions.training(batch, 0).training(kind.equals("training")).dropLast(dropLast);
        BatchLoader loader = new BatchLoader(samples, TRANSFORMS, options);
        assertEquals(images, loader.images());
        assertEquals(batches, loader.batches());
        assertEquals(images, files(loader, 0).size());
    }

    @Test
    void aSingleImageIsStillABatch() {
        assertEquals(1, files(new BatchLoader(samples.subList(0, 1), TRANSFORMS, LoaderOptions.training(8, 0)), 0).size());
    }

    @Test
    void whatCannotWorkIsRefused() {
        assertMessage(() -> new BatchLoader(List.of(), TRANSFORMS, LoaderOptions.training(8, 0)), "at least one image");
        assertMessage(() -> new BatchLoader(samples, TRANSFORMS, LoaderOptions.training(64, 0).dropLast(true)), "23 images");
        assertMessage(() -> new BatchLoader(samples, Transforms.of(20_000), LoaderOptions.training(64, 0)), "20000 x 20000");
    }

    @Test
    void fullBatchesShareTheirArrays() {
        BatchLoader loader = new BatchLoader(samples, TRANSFORMS, LoaderOptions.training(2, 0).threads(1));
        Set<Integer> arrays = new HashSet<>();
        for (int epoch = 0; epoch < 3; epoch++) {
            try (Batches batches = loader.epoch(epoch)) {
                batches.forEach(batch -> arrays.add(System.identityHashCode(batch.images())));
            }
        }
        assertTrue(arrays.size() <= 3, arrays.size() + " arrays");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aBrokenImageIsAnErrorWhereTheLoaderIsStrict(int threads) throws IOException {
        Path broken = Files.writeString(root.resolve("broken.jpg"), "oops");
        List<Sample> some = new ArrayList<>(samples);
        some.add(9, new Sample(broken, 0));
        BatchLoader loader = new BatchLoader(some, TRANSFORMS, LoaderOptions.evaluation(4).threads(threads).strict(true));
        Batches batches = loader.epoch(0);
        batches.next();
        batches.next();
        ImageReadException thrown = assertThrows(ImageReadException.class, batches::next);
        assertTrue(thrown.getMessage().contains("broken.jpg"), thrown.getMessage());
        assertFalse(batches.hasNext());
        assertThrows(NoSuchElementException.class, batches::next);
        assertEquals(0, threadsAlive());
    }

    /** Evaluation computes only the centre of an image that random crops would resize to 258 x 7,740,000. */
    @Test
    void anAbsurdlyNarrowImageIsNamed(@TempDir Path folder) throws IOException {
        DrawnFolder.fill(folder, 1, 30_000, 1);
        List<Sample> narrow = List.of(new Sample(folder.resolve("00.png"), 0));
        BatchLoader centered = new BatchLoader(narrow, Transforms.of(224), LoaderOptions.training(1, 0).strict(true));
        assertEquals(1, files(centered, 0).size());
        BatchLoader loader = new BatchLoader(narrow, Transforms.of(224).crop(Crop.RANDOM), LoaderOptions.training(1, 0).strict(true));
        ImageReadException thrown = assertThrows(ImageReadException.class, () -> files(loader, 0));
        assertTrue(thrown.getMessage().contains("00.png") && thrown.getMessage().contains("30000 x 1"), thrown.getMessage());
    }

    @Test
    void imagesOfMorePixelsAreBroken() {
        BatchLoader loader = new BatchLoader(samples, TRANSFORMS, LoaderOptions.evaluation(5).maxPixels(1));
        ImageReadException thrown = assertThrows(ImageReadException.class, () -> files(loader, 0));
        assertTrue(thrown.getMessage().contains(samples.get(0).file() + ": its ") && thrown.getMessage().contains("limit of 1;"),
                thrown.getMessage());
        assertEquals(samples.size(), loader.broken().size());
        assertMessage(() -> LoaderOptions.evaluation(5).maxPixels(0), "maxPixels");
    }

    @Test
    void twoScalesAreNoticed(@TempDir Path folder) throws IOException {
        DrawnFolder.fill(folder, 1, 16, 16);
        List<Sample> mixed = new ArrayList<>(samples.subList(0, 3));
        BatchLoader others = new BatchLoader(mixed, Transforms.of(16), LoaderOptions.evaluation(5));
        files(others, 0);
        assertFalse(others.mixesScales());
        mixed.add(new Sample(folder.resolve("00.png"), 0));
        BatchLoader loader = new BatchLoader(mixed, Transforms.of(16), LoaderOptions.evaluation(5));
        files(loader.inOrder(), 0);
        assertTrue(loader.mixesScales());
        BatchLoader alike = new BatchLoader(mixed, Transforms.of(16).exact(ExactSize.RESIZE), LoaderOptions.evaluation(5));
        files(alike, 0);
        assertFalse(alike.mixesScales());
    }

    @Test
    void noThreadIsLeftBehind() throws InterruptedException {
        BatchLoader loader = new BatchLoader(samples, TRANSFORMS, LoaderOptions.training(2, 0).threads(3));
        assertEquals(0, threadsAlive());
        try (Batches batches = loader.epoch(0)) {
            batches.next();
            assertTrue(threadsAlive() > 0);
        }
        assertEquals(0, threadsAlive());

        Batches finished = loader.epoch(1);
        finished.forEachRemaining(batch -> {});
        awaitNoThread();

        loader.epoch(2).next();
        awaitNoThread();
    }

    @Test
    void interruptionEndsTheEpoch() {
        BatchLoader loader = new BatchLoader(samples, TRANSFORMS, LoaderOptions.training(2, 0).cacheBytes(0));
        Batches batches = loader.epoch(0);
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> batches.forEachRemaining(batch -> {}));
        assertTrue(Thread.interrupted());
        assertEquals(0, threadsAlive());
    }

    @Test
    void theCacheStaysWithinItsBudget() {
        AtomicInteger decoded = new AtomicInteger();
        Dataset counted = new Dataset() {
            private final Dataset files = new Dataset.OfFiles(samples.subList(0, 12), ImageDecoder.MAX_PIXELS);

            @Override
            public int length() {
                return files.length();
            }

            @Override
            public Sample sample(int index) {
                return files.sample(index);
            }

            @Override
            public RgbImage image(int index) {
                decoded.incrementAndGet();
                return files.image(index);
            }
        };
        int bytes = 3 * TRANSFORMS.size() * TRANSFORMS.size();
        LabelSet labels = new LabelSet(List.of("0", "1", "2", "3"), false);
        BatchLoader loader = new BatchLoader(counted, labels, TRANSFORMS, LoaderOptions.evaluation(5).cacheBytes(2 * bytes + 10));
        List<Float> first = flatten(loader, 0);
        assertEquals(12, decoded.get());
        assertEquals(first, flatten(loader, 1));
        assertEquals(12 + 10, decoded.get(), "two images are kept");
    }

    private static List<List<Float>> epochs(LoaderOptions options) {
        BatchLoader loader = new BatchLoader(samples, TRANSFORMS, options);
        return List.of(flatten(loader, 0), flatten(loader, 1), flatten(loader, 2));
    }

    private static List<Float> flatten(BatchLoader loader, int epoch) {
        List<Float> all = new ArrayList<>();
        try (Batches batches = loader.epoch(epoch)) {
            for (Batch batch : batches) {
                for (float value : batch.images()) {
                    all.add(value);
                }
                for (int label : batch.labels()) {
                    all.add((float) label);
                }
            }
        }
        return all;
    }

    private static List<Path> files(BatchLoader loader, int epoch) {
        List<Path> files = new ArrayList<>();
        try (Batches batches = loader.epoch(epoch)) {
            batches.forEach(batch -> files.addAll(batch.files()));
        }
        return files;
    }

    private static long threadsAlive() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("thaw-images")).count();
    }

    /** Threads of an epoch that is not closed end by themselves soon; ten seconds are only the test's limit. */
    private static void awaitNoThread() throws InterruptedException {
        for (int i = 0; i < 200 && threadsAlive() > 0; i++) {
            Thread.sleep(50);
        }
        assertEquals(0, threadsAlive());
    }

    private static void assertMessage(Runnable action, String part) {
        String message = assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
