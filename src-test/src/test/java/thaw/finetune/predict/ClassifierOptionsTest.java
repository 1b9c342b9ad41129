package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.kernels.ComputeThreads;
import thaw.resnet.ResNet;

class ClassifierOptionsTest {
    private static final ClassifierOptions STANDARD = Classifier.options();

    @TempDir
    private static Path folder;
    private static Path file;
    private static List<ImageSource> images;

    @BeforeAll
    static void write() throws IOException {
        file = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(1)) {
            ModelFile.of(ResNet.resnet20(device, 2), List.of("a", "b"), Transforms.of(16)).write(file);
        }
        images = IntStream.range(0, 7).mapToObj(i -> ImageSource.of(gray(20 + i, 30, 30 * i), "gray " + i)).toList();
    }

    private static RgbImage gray(int width, int height, int value) {
        byte[] rgb = new byte[3 * width * height];
        Arrays.fill(rgb, (byte) value);
        return RgbImage.of(width, height, rgb);
    }

    @Test
    void valuesOutOfRangeAreNamed() {
        assertEquals("threads: expected at least 1, the calling thread, got 0", refused(() -> STANDARD.threads(0)));
        assertEquals("concurrency: expected at least 1, got -1", refused(() -> STANDARD.concurrency(-1)));
        assertEquals("batch: expected at least 1, got 0", refused(() -> STANDARD.batch(0)));
        assertEquals("maxPixels: expected 1 to 715827879, got 0", refused(() -> STANDARD.maxPixels(0)));
        assertThrows(NullPointerException.class, () -> STANDARD.warmUp(null));
        String message = assertThrows(IllegalArgumentException.class, () -> Classifier.load(file, STANDARD.device("abacus")))
                .getMessage();
        assertTrue(message.startsWith(file + ": device: expected auto, ") && message.endsWith("got 'abacus'"), message);
    }

    private static String refused(Runnable setter) {
        return assertThrows(IllegalArgumentException.class, setter::run).getMessage();
    }

    @Test
    void settersChangeOneValueOfACopy() {
        ClassifierOptions changed = STANDARD.device("auto").threads(3).concurrency(4).batch(5).maxPixels(6).warmUp(WarmUp.NONE)
                .batchInvariant(false);
        assertEquals(new ClassifierOptions("auto", ComputeThreads.of(3), 4, 5, 6, WarmUp.NONE, false), changed);
        assertEquals(Classifier.options(), STANDARD);
        assertEquals("cpu", STANDARD.device());
    }

    @Test
    void resultsDependOnNoOption() throws IOException {
        List<Prediction> expected = predictions(STANDARD);
        for (WarmUp warmUp : WarmUp.values()) {
            assertEquals(expected, predictions(STANDARD.warmUp(warmUp).threads(1)));
        }
        assertEquals(expected, predictions(STANDARD.concurrency(1)));
        List<Prediction> small = predictions(STANDARD.batch(3));
        for (int i = 0; i < images.size(); i++) {
            assertEquals(expected.get(i).probability("a"), small.get(i).probability("a"), 1e-6);
        }
    }

    /** An executor that runs tasks on its threads, on the caller, never, or refuses them. */
    @Test
    void anExecutorComputesTheSame() throws Exception {
        List<Prediction> expected = predictions(STANDARD);
        AtomicInteger tasks = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(2, task -> {
            tasks.incrementAndGet();
            return new Thread(task, "own");
        });
        try {
            assertEquals(expected, predictions(STANDARD.threads(3).executor(pool)));
            assertEquals(2, tasks.get());
            assertFalse(pool.isShutdown());
        } finally {
            pool.shutdown();
        }
        assertTrue(pool.awaitTermination(1, TimeUnit.MINUTES));
        assertEquals(expected, predictions(STANDARD.threads(3).executor(pool)));
        assertEquals(expected, predictions(STANDARD.threads(2).executor(Runnable::run)));
        assertEquals(expected, predictions(STANDARD.threads(2).executor(task -> {})));
    }

    private static List<Prediction> predictions(ClassifierOptions options) throws IOException {
        try (Classifier classifier = Classifier.load(file, options)) {
            return classifier.predictAll(images);
        }
    }

    @Test
    void largerImagesCountAsUnreadable() throws IOException {
        byte[] pgm = ("P5 30 20 255\n" + "x".repeat(600)).getBytes();
        try (Classifier classifier = Classifier.load(file, STANDARD.maxPixels(600))) {
            classifier.predict(pgm);
        }
        try (Classifier classifier = Classifier.load(file, STANDARD.maxPixels(599))) {
            String message = assertThrows(ImageReadException.class, () -> classifier.predict(pgm)).getMessage();
            assertTrue(message.startsWith("the image: its 30 x 20 pixels are more than the limit of 599"), message);
        }
    }

    /** Prints how many OpenCL libraries the process has mapped, after loading and predicting. */
    static final class Libraries {
        public static void main(String[] args) throws IOException {
            try (Classifier classifier = Classifier.load(Path.of(args[0]))) {
                classifier.predict(ImageSource.of(gray(16, 16, 100), "gray"));
                System.out.println(Files.readAllLines(Path.of("/proc/self/maps")).stream()
                        .filter(line -> line.matches("(?i).*(jocl|opencl|pocl|llvm).*\\.so.*")).count());
            }
        }
    }

    /** thaw-opencl and JOCL are on the class path. */
    @Test
    void noOpenClDriverIsLoadedUnlessAskedFor() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/maps")), "skipped: this system does not list a process's libraries");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Libraries.class.getName(), file.toString()).redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes());
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals("0", printed.strip());
    }
}
