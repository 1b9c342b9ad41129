package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.images.Transforms;
import thaw.resnet.ResNet;

/** A closed classifier leaves no memory and no threads behind, a forgotten one no threads. */
class ClosedClassifierTest {
    private static final long FEW_BYTES = 5 << 20;

    @TempDir
    private static Path folder;
    private static Path model;
    private static Path image;

    @BeforeAll
    static void save() throws Exception {
        model = folder.resolve("model.safetensors");
        image = folder.resolve("image.png");
        ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "png", image.toFile());
        try (Device device = Device.cpu(2)) {
            ModelFile.of(ResNet.resnet18(device, 2), List.of("a", "b"), Transforms.of(64)).write(model);
        }
    }

    @Test
    void closingGivesTheMemoryBackWhileTheClassifierIsReferenced() throws Exception {
        List<Classifier> closed = new ArrayList<>();
        long before = 0;
        for (int i = 0; i < 4; i++) {
            Classifier classifier = Classifier.load(model);
            for (int p = 0; p < 3; p++) {
                classifier.predict(image);
            }
            classifier.close();
            closed.add(classifier);
            long used = used();
            if (i == 0) {
                before = used;
            }
            assertTrue(used - before < FEW_BYTES, used + " bytes are used after closing " + (i + 1) + " classifiers, and " + before
                    + " after the first");
        }
        assertTrue(before < 40 << 20, before + " bytes are used after closing, less than the 45 MB of the weights expected");
        Reference.reachabilityFence(closed);
    }

    private static long used() throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals("thaw-warm-up")) {
                thread.join(20_000);
            }
        }
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            Thread.sleep(50);
            least = Math.min(least, Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }

    @Test
    void threadsOfAForgottenClassifierEnd() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Set<Thread> threads = forget();
        threads.removeAll(before);
        assertFalse(threads.isEmpty());
        assertTrue(becomes(() -> threads.stream().noneMatch(Thread::isAlive)), threads::toString);
    }

    /** Loads a classifier, predicts, and returns Thaw's threads. */
    private static Set<Thread> forget() throws Exception {
        Classifier classifier = Classifier.of(ModelFile.read(model), Device.cpu(3));
        classifier.predict(image);
        Set<Thread> threads = new HashSet<>(Thread.getAllStackTraces().keySet());
        threads.removeIf(thread -> !thread.getName().startsWith("thaw-"));
        Reference.reachabilityFence(classifier);
        return threads;
    }

    private static boolean becomes(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 300 && !condition.getAsBoolean(); i++) {
            System.gc();
            Thread.sleep(100);
        }
        return condition.getAsBoolean();
    }
}
