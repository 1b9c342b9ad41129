package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.ref.Reference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.data.Sample;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.KnownImages;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.Prediction;
import thaw.resnet.ResNet;

/** The known images of models that a learner saves. */
class SavedKnownImagesTest {

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
        try (Device device = Device.cpu();
                Learner learn = Learner.of(ImageFolder.of(data).size(SIZE).batch(32).seed(1),
                        Weights.read(shared("data/weights/resnet20-12fca82f.th")), device)) {
            ModelFile plain = learn.model();
            assertFalse(plain.known().isPresent());
            plain.write(folder.resolve("plain.safetensors"));
            learn.save(folder.resolve("known.safetensors"));
            assertEquals(learn.data().valid().samples().size(),
                    ModelFile.read(folder.resolve("known.safetensors")).known().orElseThrow().images());
        }
        try (Classifier with = Classifier.load(folder.resolve("known.safetensors"));
                Classifier without = Classifier.load(folder.resolve("plain.safetensors"))) {
            List<Prediction> one = predictions(with, "data/dogscats/valid/cats");
            List<Prediction> other = predictions(without, "data/dogscats/valid/cats");
            IntStream.range(0, one.size()).forEach(i -> assertEquals(other.get(i).probabilities(), one.get(i).probabilities()));
            assertTrue(other.stream().allMatch(prediction -> prediction.novelty().isEmpty() && prediction.isKnown()));
        }
    }

    /** A model saved at an epoch's end has the known images of its own weights, and no image is read for them once more. */
    @Test
    void savingAtAnEpochsEndReadsNoImage(@TempDir Path folder) throws IOException {
        ImageFolder data = ColourFolder.in(folder.resolve("data"));
        try (Device device = Device.cpu(1)) {
            DataLoaders loaders = data.loaders();
            Counted valid = new Counted(loaders.valid().data(), new AtomicInteger());
            Learner learn = new Learner(ResNet.resnet20(device, 2), new DataLoaders(loaders.train(), new BatchLoader(valid,
                    loaders.labels(), loaders.transforms(), LoaderOptions.evaluation(4).cacheBytes(0))));
            learn.addListener(new TrainingListener() {
                @Override
                public void onEpoch(EpochResult epoch) {
                    try {
                        learn.save(folder.resolve(epoch.at().epoch() + ".safetensors"));
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed);
                    }
                }
            });
            learn.fit(2, 0.01);
            assertEquals(2 * valid.length(), valid.read.get());
            learn.save(folder.resolve("end.safetensors"));
            assertEquals(3 * valid.length(), valid.read.get());
        }
        assertEquals(Files.mismatch(folder.resolve("2.safetensors"), folder.resolve("end.safetensors")), -1);
        assertTrue(Files.mismatch(folder.resolve("1.safetensors"), folder.resolve("2.safetensors")) >= 0);
        assertTrue(ModelFile.read(folder.resolve("1.safetensors")).known().isPresent());
    }

    /** Images that may show several classes have no known ones, so that there is nothing to evaluate. */
    @Test
    void savingAMultiLabelModelReadsNoImage(@TempDir Path folder) throws IOException {
        DataLoaders loaders = ColourFolder.in(folder.resolve("data")).loaders();
        LabelSet several = new LabelSet(loaders.labels().classes(), true);
        Counted valid = new Counted(loaders.valid().data(), new AtomicInteger());
        try (Device device = Device.cpu(1)) {
            Learner learn = new Learner(ResNet.resnet20(device, 2), new DataLoaders(
                    new BatchLoader(loaders.train().data(), several, loaders.transforms(), LoaderOptions.evaluation(4)),
                    new BatchLoader(valid, several, loaders.transforms(), LoaderOptions.evaluation(4).cacheBytes(0))));
            learn.save(folder.resolve("several.safetensors"));
        }
        assertEquals(0, valid.read.get());
        ModelFile saved = ModelFile.read(folder.resolve("several.safetensors"));
        assertTrue(saved.labels().multiLabel() && saved.known().isEmpty());
    }

    /** Counts the images that are read. */
    private record Counted(Dataset all, AtomicInteger read) implements Dataset {
        @Override
        public int length() {
            return all.length();
        }

        @Override
        public Sample sample(int index) {
            return all.sample(index);
        }

        @Override
        public RgbImage image(int index) {
            read.incrementAndGet();
            return all.image(index);
        }
    }

    /** Known images of another network are found when the model is opened, by name. */
    @Test
    void knownImagesOfAnotherNetworkAreRefused() {
        try (Device device = Device.cpu(1)) {
            List<float[]> features = List.of(new float[32], new float[32], new float[32]);
            ResNet net = ResNet.resnet20(device, 2);
            ModelFile other = ModelFile.of(net, List.of("a", "b"), Transforms.of(SIZE))
                    .known(KnownImages.of(features, 2));
            long before = device.backend().memory().inUse();
            for (Executable open : List.<Executable>of(() -> other.toNet(device), () -> Classifier.of(other, Device.cpu(1)))) {
                String message = assertThrows(IllegalArgumentException.class, open).getMessage();
                assertTrue(message.startsWith("known.length: ") && message.contains("got 32"), message);
            }
            assertEquals(before, device.backend().memory().inUse(), "the network that they do not fit is released");
            Reference.reachabilityFence(net);
        }
    }
}
