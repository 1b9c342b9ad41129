package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Sample;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.train.ColourFolder;
import thaw.finetune.train.Learner;
import thaw.resnet.ResNet;

class ClassifierTest {
    @TempDir
    private static Path folder;
    private static Path model;
    private static List<Path> images;
    private static ImageFolder data;

    @BeforeAll
    static void train() throws IOException {
        data = ColourFolder.in(folder.resolve("data"));
        model = folder.resolve("model.safetensors");
        images = data.valid().stream().map(Sample::file).toList();
        try (Device device = Device.cpu(2)) {
            Learner learn = new Learner(ResNet.resnet20(device, 2), data);
            learn.fitOneCycle(6, 0.1);
            learn.save(model);
        }
    }

    @Test
    void predictsAsTheLearnerDid() throws IOException {
        try (Classifier c = Classifier.load(model)) {
            assertEquals(List.of("blue", "red"), c.classes());
            assertEquals(data.transforms(), c.transforms());
            for (Path image : images) {
                Prediction p = c.predict(image);
                assertEquals(image.getParent().getFileName().toString(), p.label());
                assertEquals(c.classes(), p.probabilities().stream().map(ClassProbability::label).toList());
                assertEquals(1, p.probabilities().stream().mapToDouble(ClassProbability::probability).sum(), 1e-12);
            }
        }
    }

    @Test
    void takesFilesImagesAndLists() throws IOException {
        try (Classifier c = Classifier.load(model);
                InputStream in = Files.newInputStream(model);
                Classifier streamed = Classifier.load(in)) {
            Prediction expected = c.predict(images.get(0));
            assertEquals(expected, c.predict(ImageIO.read(images.get(0).toFile())));
            assertEquals(expected, streamed.predict(images.get(0)));
            assertEquals(List.of(), c.predictAll(List.of()));
            List<Path> many = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                many.addAll(images);
            }
            List<Prediction> predictions = c.predictAll(files(many));
            assertEquals(many.size(), predictions.size());
            for (int i = 0; i < many.size(); i++) {
                Prediction alone = c.predict(many.get(i));
                assertEquals(alone.label(), predictions.get(i).label());
                assertEquals(alone.probability(), predictions.get(i).probability(), 1e-5);
            }
        }
    }

    /** Finite weights with which the activations overflow. */
    @Test
    void scoresThatAreNotFiniteAreAnError() throws IOException {
        ModelFile large = with("layer2.0.bn1.weight", 3e38f);
        try (Classifier c = Classifier.of(large, Classifier.options())) {
            for (Executable predict : List.<Executable>of(() -> c.predict(images.get(1)),
                    () -> c.predictAll(files(images.subList(1, 3))))) {
                String message = assertThrows(NonFiniteScoresException.class, predict).getMessage();
                assertTrue(message.startsWith(images.get(1) + ": the model's scores are not finite, that of blue is "), message);
            }
            assertTrue(assertThrows(NonFiniteScoresException.class, () -> c.predict(ImageIO.read(images.get(1).toFile())))
                    .getMessage().startsWith("the image: "));
            for (Outcome outcome : c.tryPredictAll(files(images.subList(1, 3)))) {
                assertInstanceOf(NonFiniteScoresException.class, ((Outcome.Broken) outcome).reason());
            }
        }
    }

    @Test
    void weightsThatAreNotFiniteAreRefusedWithTheFile(@TempDir Path other) throws IOException {
        Path file = other.resolve("broken.safetensors");
        with("layer1.0.conv1.weight", Float.NaN).write(file);
        String message = assertThrows(IllegalArgumentException.class, () -> Classifier.load(file)).getMessage();
        assertTrue(message.startsWith(file + ": layer1.0.conv1.weight: 2304 of 2304 elements are not finite"), message);
    }

    private static List<ImageSource> files(List<Path> paths) {
        return paths.stream().map(ImageSource::of).toList();
    }

    /** The model with every element of one tensor set to a value. */
    private static ModelFile with(String name, float value) throws IOException {
        ModelFile trained = ModelFile.read(model);
        Map<String, StoredTensor> weights = new LinkedHashMap<>(trained.weights());
        float[] values = new float[weights.get(name).shape().size()];
        Arrays.fill(values, value);
        weights.put(name, StoredTensor.of(weights.get(name).shape(), values));
        return new ModelFile(trained.network(), trained.classes(), trained.transforms(), Weights.of(weights, Map.of()));
    }

    @Test
    void eightThreadsGetWhatOneGets() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Classifier c = Classifier.load(model)) {
            List<Prediction> alone = new ArrayList<>();
            for (Path image : images) {
                alone.add(c.predict(image));
            }
            Callable<List<Prediction>> task = () -> {
                List<Prediction> found = new ArrayList<>();
                for (int i = 0; i < 5 * images.size(); i++) {
                    found.add(c.predict(images.get(i % images.size())));
                }
                return found;
            };
            for (Future<List<Prediction>> found : threads.invokeAll(Collections.nCopies(8, task))) {
                for (int i = 0; i < found.get().size(); i++) {
                    assertEquals(alone.get(i % alone.size()), found.get().get(i));
                }
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void leavesNoThreadAndPrintsNothing() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true));
        try (Classifier c = Classifier.load(model)) {
            c.predictAll(files(images));
        } finally {
            System.setOut(out);
        }
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (!before.contains(thread) && thread.getName().startsWith("thaw")) {
                /* The thread that compiles kernels ends after its current operator; close() does not wait for it. */
                if (thread.getName().equals("thaw-warm-up")) {
                    thread.join(20_000);
                }
                assertFalse(thread.isAlive(), thread.getName());
            }
        }
        assertEquals("", printed.toString());
    }

    @Test
    void closingEndsItAndIsDoneOnce() throws Exception {
        Classifier c = Classifier.load(model);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            /* A prediction during close() either succeeds or throws IllegalStateException. */
            Callable<Boolean> task = () -> {
                try {
                    for (int i = 0; i < 1000; i++) {
                        c.predict(images.get(0));
                    }
                    return false;
                } catch (IllegalStateException closed) {
                    return closed.getMessage().startsWith("the classifier is closed");
                }
            };
            Future<Boolean> first = threads.submit(task);
            Future<Boolean> second = threads.submit(task);
            c.predict(images.get(1));
            c.close();
            assertTrue(first.get());
            assertTrue(second.get());
            c.close();
            assertThrows(IllegalStateException.class, () -> c.predictAll(files(images)));
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Path weights = folder.resolve("weights.safetensors");
        try (Device device = Device.cpu(1)) {
            Weights.write(weights, ResNet.resnet20(device, 2).stateDict(), Map.of());
        }
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Classifier.load(weights)).getMessage()
                .contains("expected a model saved by a Learner"));
        try (Classifier c = Classifier.load(model)) {
            assertThrows(ImageReadException.class, () -> c.predict(weights));
            assertEquals("blue", c.predict(images.get(0)).label());
        }
    }
}
