package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.data.Sample;
import thaw.finetune.data.Sampler;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.RgbImage;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** A data set and a sampler written outside the library. */
class OwnDatasetTest {
    private static final FitSettings FIXED = FitSettings.sgd().frozenBatchNorm(FrozenBatchNorm.EVAL);

    @TempDir
    private Path folder;
    private ImageFolder files;

    /** Images in memory, named by number; null for one that cannot be read. */
    private record InMemory(List<RgbImage> images, List<Integer> labels) implements Dataset {
        static InMemory of(List<Sample> samples) {
            return new InMemory(new ArrayList<>(samples.stream().map(sample -> ImageDecoder.decode(sample.file())).toList()),
                    samples.stream().map(Sample::label).toList());
        }

        @Override
        public int length() {
            return images.size();
        }

        @Override
        public Sample sample(int index) {
            return new Sample(Path.of("row-" + index), labels.get(index));
        }

        @Override
        public RgbImage image(int index) {
            if (images.get(index) == null) {
                throw new ImageReadException("row-" + index + ": empty");
            }
            return images.get(index);
        }
    }

    @BeforeEach
    void makeImages() throws IOException {
        files = ColourFolder.in(folder.resolve("images"));
    }

    private BatchLoader train(Dataset data, LoaderOptions options) {
        return new BatchLoader(data, files.labels(), files.transforms(), options);
    }

    private DataLoaders inMemory(LoaderOptions options) {
        return new DataLoaders(train(InMemory.of(files.train()), options),
                train(InMemory.of(files.valid()), options.training(false)));
    }

    private Map<String, StoredTensor> fit(DataLoaders data, Precompute precompute) {
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 2, 7);
            try (Learner learn = new Learner(net, data).settings(FIXED).precompute(precompute)) {
                learn.freeze().fit(2, 0.05);
                learn.unfreeze().fit(1, 0.01);
            }
            return net.stateDict();
        }
    }

    /** Training on the same images from memory and from files gives the same bits, with precomputed features and without. */
    @Test
    void trainsAsOnFiles() {
        LoaderOptions options = LoaderOptions.training(files.batch(), files.seed());
        Map<String, StoredTensor> expected = fit(files.loaders(), Precompute.of(Precompute.When.NEVER));
        for (Precompute precompute : List.of(Precompute.of(Precompute.When.NEVER),
                Precompute.of(Precompute.When.EXACT).in(folder.resolve("cache")))) {
            Map<String, StoredTensor> found = fit(inMemory(options), precompute);
            expected.forEach((name, tensor) -> assertEquals(tensor.bytes(), found.get(name).bytes(), name));
        }
        assertEquals(1, folder.resolve("cache").toFile().list().length, "features were computed");
    }

    @Test
    void unreadableSamplesAreLeftOut() {
        InMemory some = InMemory.of(files.train());
        some.images().set(3, null);
        BatchLoader loader = train(some, LoaderOptions.evaluation(6));
        try (Batches batches = loader.epoch(0)) {
            batches.forEach(batch -> {});
        }
        assertEquals(List.of(Path.of("row-3")), loader.broken().stream().map(broken -> broken.file()).toList());
    }

    @Test
    void namesMustDiffer() {
        InMemory two = InMemory.of(files.train().subList(0, 2));
        Dataset alike = new Dataset() {
            @Override
            public int length() {
                return 2;
            }

            @Override
            public Sample sample(int index) {
                return new Sample(Path.of("same"), 0);
            }

            @Override
            public RgbImage image(int index) {
                return two.image(index);
            }
        };
        String message = assertThrows(IllegalArgumentException.class, () -> train(alike, LoaderOptions.evaluation(2)))
                .getMessage();
        assertTrue(message.contains("a different file name for each sample, got same twice"), message);
    }

    /** Takes four samples per epoch, in order, each twice; the next epoch goes on after them. */
    private record Windows() implements Sampler {
        @Override
        public Sampler.Order order(int epoch, List<Sample> samples, SplittableRandom random) {
            return Sampler.Order.of(IntStream.range(0, 8).map(i -> (4 * epoch + i / 2) % samples.size()).toArray());
        }

        @Override
        public int length(int samples) {
            return 8;
        }
    }

    @Test
    void theSamplerOrdersTheEpoch() {
        BatchLoader loader = train(InMemory.of(files.train()), LoaderOptions.training(3, 1).sampler(new Windows()));
        assertEquals(8, loader.images());
        assertEquals(List.of("row-4", "row-4", "row-5", "row-5", "row-6", "row-6", "row-7", "row-7"), names(loader.epoch(1)));
        assertEquals(List.of("row-5", "row-6", "row-6", "row-7", "row-7"), names(loader.epoch(1, 1)));
        assertEquals(files.train().size(), names(loader.mirroredEpoch()).size(), "in order, every sample counts");
        Sampler tooShort = (epoch, samples, random) -> Sampler.Order.of(0, 1);
        BatchLoader wrong = train(InMemory.of(files.train()), LoaderOptions.training(3, 1).sampler(tooShort));
        String message = assertThrows(IllegalStateException.class, () -> wrong.epoch(0)).getMessage();
        assertTrue(message.contains("an order of 18 entries, its length, got 2"), message);
    }

    private static List<String> names(Batches epoch) {
        List<String> names = new ArrayList<>();
        try (epoch) {
            epoch.forEach(batch -> batch.files().forEach(file -> names.add(file.toString())));
        }
        return names;
    }
}
