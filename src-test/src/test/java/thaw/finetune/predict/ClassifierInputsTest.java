package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.Transforms;
import thaw.resnet.ResNet;

/** The forms of images that a classifier takes, and what it gives for them; on photographs. */
class ClassifierInputsTest {
    private static final List<String> CLASSES = List.of("cat", "dog", "fox", "owl");

    private static Path folder;
    private static List<Path> photographs;
    private static ModelFile model;
    private static Classifier classifier;

    @BeforeAll
    static void load() throws IOException {
        folder = Path.of(System.getProperty("shared.dir", "../../shared"), "data", "dogscats", "train", "cats");
        assumeTrue(Files.isDirectory(folder), "skipped: no " + folder + "; set -Dshared.dir to run on the real data");
        try (Stream<Path> files = Files.list(folder)) {
            photographs = files.sorted().limit(20).toList();
        }
        model = model(new LabelSet(CLASSES, false));
        classifier = Classifier.of(model, Classifier.options().threads(2));
    }

    @AfterAll
    static void close() {
        if (classifier != null) {
            classifier.close();
        }
    }

    private static ModelFile model(LabelSet labels) {
        try (Device device = Device.cpu(1)) {
            return ModelFile.of(ResNet.resnet20(device, CLASSES.size()), labels, Transforms.of(32));
        }
    }

    @Test
    void everyFormOfAFileGivesTheSameBits() throws IOException {
        Path file = photographs.get(0);
        byte[] bytes = Files.readAllBytes(file);
        Prediction expected = classifier.predict(file);
        assertEquals(CLASSES, expected.probabilities().stream().map(ClassProbability::label).toList());
        assertEquals(expected, classifier.predict(bytes));
        assertEquals(expected, classifier.predict(new ByteArrayInputStream(bytes)));
        assertEquals(expected, classifier.predict(ImageIO.read(file.toFile())));
        assertEquals(expected, classifier.predict(ImageSource.of(ImageDecoder.decode(file), "decoded")));
    }

    @Test
    void aBufferIsReadFromItsPositionToItsLimitAndNotMoved() throws IOException {
        byte[] bytes = Files.readAllBytes(photographs.get(0));
        for (ByteBuffer buffer : List.of(ByteBuffer.allocate(bytes.length + 20), ByteBuffer.allocateDirect(bytes.length + 20))) {
            buffer.position(7).put(bytes).flip().position(7);
            assertEquals(classifier.predict(photographs.get(0)), classifier.predict(buffer.asReadOnlyBuffer()));
            assertEquals(classifier.predict(photographs.get(0)), classifier.predict(buffer));
            assertEquals(7, buffer.position());
        }
    }

    @Test
    void aStreamIsReadToItsEndAndNotClosed() throws IOException {
        boolean[] closed = new boolean[1];
        byte[] bytes = Files.readAllBytes(photographs.get(0));
        InputStream slow = new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 1000));
            }

            @Override
            public void close() {
                closed[0] = true;
            }
        };
        assertEquals(classifier.predict(bytes), classifier.predict(slow));
        assertEquals(-1, slow.read());
        assertEquals(false, closed[0]);
        InputStream torn = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection reset");
            }
        };
        ImageReadException failed = assertThrows(ImageReadException.class, () -> classifier.predict(torn));
        assertEquals("the image: reading the stream failed: connection reset", failed.getMessage());
        assertEquals("connection reset", failed.getCause().getMessage());
    }

    @Test
    void whatIsNoImageIsRefusedWithAMessage() {
        BufferedImage none = null;
        String message = assertThrows(NullPointerException.class, () -> classifier.predict(none)).getMessage();
        assertTrue(message.startsWith("the image: the BufferedImage is null, the result of ImageIO.read for a file that is no image"),
                message);
        for (byte[] wrong : List.of(new byte[0], "hello".getBytes(), new byte[100])) {
            message = assertThrows(ImageReadException.class, () -> classifier.predict(wrong)).getMessage();
            assertTrue(message.startsWith("the image: "), message);
        }
        byte[] nothing = null;
        assertThrows(NullPointerException.class, () -> classifier.predict(nothing));
    }

    @Test
    void oneBrokenImageOfTwentyLosesNoOther() throws IOException {
        List<ImageSource> images = new ArrayList<>();
        List<Prediction> alone = new ArrayList<>();
        for (int i = 0; i < photographs.size(); i++) {
            Path file = photographs.get(i);
            byte[] bytes = Files.readAllBytes(file);
            images.add(switch (i % 4) {
                case 0 -> ImageSource.of(file);
                case 1 -> ImageSource.of(bytes, "upload " + i);
                case 2 -> ImageSource.of(new ByteArrayInputStream(bytes), "stream " + i);
                default -> ImageSource.of(ImageIO.read(file.toFile()), "image " + i);
            });
            alone.add(classifier.predict(file));
        }
        assertEquals(alone, classifier.predictAll(images));
        images.set(17, ImageSource.of(Arrays.copyOf(Files.readAllBytes(photographs.get(17)), 1000), "upload 17"));
        List<Outcome> outcomes = classifier.tryPredictAll(images);
        assertEquals(20, outcomes.size());
        for (int i = 0; i < 20; i++) {
            assertEquals(images.get(i), outcomes.get(i).image());
            if (i == 17) {
                Outcome.Broken broken = (Outcome.Broken) outcomes.get(i);
                assertTrue(broken.reason().getMessage().startsWith("upload 17: broken JPEG file: "), broken::toString);
            } else {
                assertEquals(new Outcome.Predicted(images.get(i), alone.get(i)), outcomes.get(i));
            }
        }
        assertEquals(((Outcome.Broken) outcomes.get(17)).reason().getMessage(),
                assertThrows(ImageReadException.class, () -> classifier.predictAll(images)).getMessage());
    }

    /** The last layer, computed here in double precision from the features, gives the prediction. */
    @Test
    void featuresAreTheInputOfTheLastLayer() {
        float[] weight = model.weights().get("fc.weight").toFloats();
        float[] bias = model.weights().get("fc.bias").toFloats();
        List<ImageSource> images = photographs.stream().map(ImageSource::of).toList();
        List<float[]> all = classifier.featuresAll(images);
        for (int i = 0; i < images.size(); i++) {
            float[] features = classifier.features(images.get(i));
            assertEquals(64, features.length);
            assertArrayEquals(features, all.get(i), 1e-6f);
            double[] exps = new double[CLASSES.size()];
            for (int c = 0; c < exps.length; c++) {
                double score = bias[c];
                for (int k = 0; k < features.length; k++) {
                    score += (double) weight[c * features.length + k] * features[k];
                }
                exps[c] = Math.exp(score);
            }
            Prediction prediction = classifier.predict(images.get(i));
            for (int c = 0; c < exps.length; c++) {
                assertEquals(exps[c] / Arrays.stream(exps).sum(), prediction.probability(CLASSES.get(c)), 1e-5);
            }
        }
    }

    @Test
    void multiLabelModelsTakeTheSameForms() throws IOException {
        try (Classifier several = Classifier.of(model(new LabelSet(CLASSES, true)).threshold(0.3), Classifier.options().threads(1))) {
            Prediction one = several.predict(Files.readAllBytes(photographs.get(0)));
            assertEquals(several.predict(photographs.get(0)), one);
            assertEquals(0.3, one.threshold());
            assertEquals(one.top(4).stream().filter(c -> c.probability() > 0.3).map(ClassProbability::label).toList(), one.labels());
            assertEquals("true", several.metadata().get("multi_label"));
        }
    }

    @Test
    void tellsItsNetworkMetadataAndDevice() {
        Map<String, String> network = new LinkedHashMap<>(model.network());
        network.put("trained_by", "me");
        Map<String, StoredTensor> weights = new LinkedHashMap<>(model.weights());
        ModelFile own = new ModelFile(network, CLASSES, model.transforms(), Weights.of(weights, Map.of()));
        try (Classifier c = Classifier.of(own, Classifier.options().threads(2))) {
            assertEquals("resnet20", c.architecture());
            assertEquals("me", c.metadata().get("trained_by"));
            assertEquals("[\"cat\",\"dog\",\"fox\",\"owl\"]", c.metadata().get("class_names"));
            assertEquals("32", c.metadata().get("transforms.size"));
            assertTrue(c.device().description().startsWith("cpu") && c.device().description().endsWith("2 threads"),
                    c.device()::description);
        }
    }
}
