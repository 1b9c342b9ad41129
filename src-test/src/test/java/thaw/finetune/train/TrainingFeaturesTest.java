package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.ImageSource;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.Prediction;

class TrainingFeaturesTest {

    private static final int SIZE = 32;

    private static Path shared(String name) {
        Path path = Path.of(System.getProperty("shared.dir", "../../shared"), name);
        assumeTrue(Files.exists(path), "skipped: no " + path + "; set -Dshared.dir to run on the real data");
        return path;
    }

    private static List<ImageSource> images(Path folder, int count) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().limit(count).map(ImageSource::of).toList();
        }
    }

    private static List<Prediction> predictions(Classifier classifier, String... folders) throws IOException {
        List<ImageSource> all = new ArrayList<>();
        for (String folder : folders) {
            all.addAll(images(shared(folder), 40));
        }
        return classifier.predictAll(all);
    }

    /** Dogs and cats, and images of other classes: the share of pairs in which the latter are the more novel ones. */
    @Test
    void imagesOfNoneOfTheClassesAreRecognised(@TempDir Path folder) throws IOException {
        Path data = shared("data/dogscats");
        Path model = folder.resolve("model.safetensors");
        try (Device device = Device.cpu();
                Learner learn = Learner.of(ImageFolder.of(data).size(SIZE).batch(32).seed(1),
                        Weights.read(shared("data/weights/resnet20-12fca82f.th")), device)) {
            learn.freeze();
            learn.fitOneCycle(1, 0.05);
            learn.save(model);
        }
        try (Classifier classifier = Classifier.load(model)) {
            List<Prediction> known = predictions(classifier, "data/dogscats/valid/cats", "data/dogscats/valid/dogs");
            List<Prediction> other = predictions(classifier, "data/cifar10-test/airplane", "data/cifar10-test/automobile",
                    "data/cifar10-test/ship", "data/cifar10-test/truck");
            double above = 0;
            for (Prediction one : known) {
                above += other.stream().filter(no -> no.novelty().orElseThrow() > one.novelty().orElseThrow()).count();
            }
            double auroc = above / known.size() / other.size();
            assertTrue(auroc > 0.9, "AUROC " + auroc);
            double kept = known.stream().filter(Prediction::isKnown).count() / (double) known.size();
            assertEquals(0.95, kept, 0.07);
            assertTrue(other.stream().anyMatch(one -> one.probability() > 0.9 && !one.isKnown()),
                    "some image of no class has a high probability nevertheless");
        }
    }

    /** The features change no score. */
    @Test
    void probabilitiesKeepTheirBits(@TempDir Path folder) throws IOException {
        Path data = shared("data/dogscats");
        ModelFile plain;
        ModelFile known;
        try (Device device = Device.cpu();
                Learner learn = Learner.of(ImageFolder.of(data).size(SIZE).batch(32).seed(1),
                        Weights.read(shared("data/weights/resnet20-12fca82f.th")), device)) {
            plain = learn.model();
            known = TrainingFeatures.addTo(plain, learn.data().train(), device);
        }
        assertFalse(plain.known().isPresent());
        assertEquals(ImageFolder.of(data).loaders().train().samples().size(), known.known().orElseThrow().images());
        known.write(folder.resolve("known.safetensors"));
        plain.write(folder.resolve("plain.safetensors"));
        try (Classifier with = Classifier.load(folder.resolve("known.safetensors"));
                Classifier without = Classifier.load(folder.resolve("plain.safetensors"))) {
            List<Prediction> one = predictions(with, "data/dogscats/valid/cats");
            List<Prediction> other = predictions(without, "data/dogscats/valid/cats");
            IntStream.range(0, one.size()).forEach(i -> assertEquals(other.get(i).probabilities(), one.get(i).probabilities()));
            assertTrue(other.stream().allMatch(prediction -> prediction.novelty().isEmpty() && prediction.isKnown()));
        }
    }
}
