package thaw.finetune.check;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.check.Finding.Place;
import thaw.finetune.data.Batch;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.data.Sample;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.RgbImage;
import thaw.resnet.Network;

/** One pass over a data set: each image is decoded once, for its traits and its features. Images are numbered through all parts. */
final class ImagePass {

    /** The number of images by part. */
    final Map<String, Integer> images = new LinkedHashMap<>();
    final List<Sample> samples = new ArrayList<>();
    final List<Place> places = new ArrayList<>();
    /** By image; null for one that cannot be read. */
    final @Nullable ImageTraits[] traits;
    /** By image; none for one that cannot be read, or whose features are not finite. */
    final Map<Integer, float[]> features = new HashMap<>();
    /** The reasons by image that cannot be read. */
    final Map<Place, String> broken = new LinkedHashMap<>();

    private ImagePass(int images) {
        traits = new ImageTraits[images];
    }

    static ImagePass of(Network net, ImageFolder folder, IntConsumer progress) {
        Map<String, Dataset> parts = new LinkedHashMap<>();
        if (folder.isDivided()) {
            parts.put("train", folder.trainLoader().data());
            parts.put("valid", folder.validLoader().data());
        } else {
            parts.put("all", folder.evaluationLoader().data());
        }
        ImagePass pass = new ImagePass(parts.values().stream().mapToInt(Dataset::length).sum());
        try (TrainingModes kept = new TrainingModes(net); NoGrad off = net.device().noGrad()) {
            net.eval();
            parts.forEach((part, data) -> pass.read(part, data, net, folder, progress));
        }
        return pass;
    }

    private void read(String part, Dataset data, Network net, ImageFolder folder, IntConsumer progress) {
        int first = samples.size();
        BatchLoader loader = new BatchLoader(new Measured(data, traits, first), folder.labels(), folder.transforms(),
                LoaderOptions.evaluation(folder.batch()).cacheBytes(0));
        Map<Path, Integer> numbers = new HashMap<>();
        for (Sample sample : loader.samples()) {
            numbers.put(sample.file(), samples.size());
            samples.add(sample);
            places.add(new Place(sample.file(), part, folder.labels().names(sample.labels())));
        }
        images.put(part, data.length());
        try (Batches batches = loader.epoch(0)) {
            while (batches.hasNext()) {
                Batch batch = batches.next();
                try (Scope scope = net.device().scope()) {
                    List<float[]> rows = batch.pooled(net).toRows();
                    for (int i = 0; i < rows.size(); i++) {
                        float[] row = rows.get(i);
                        if (IntStream.range(0, row.length).allMatch(k -> Float.isFinite(row[k]))) {
                            features.put(numbers.get(batch.files().get(i)), row);
                        }
                    }
                }
                progress.accept(numbers.get(batch.files().get(batch.size() - 1)) + 1);
            }
        } catch (ImageReadException none) {
            // No image of the part can be read; the loader has the reasons.
        }
        loader.broken().forEach(one -> broken.put(places.get(numbers.get(one.file())), one.reason()));
    }

    /** A data set that keeps the traits of the images that are decoded. */
    private record Measured(Dataset data, @Nullable ImageTraits[] traits, int first) implements Dataset {
        @Override
        public int length() {
            return data.length();
        }

        @Override
        public Sample sample(int index) {
            return data.sample(index);
        }

        @Override
        public RgbImage image(int index) {
            return image(index, UnaryOperator.identity());
        }

        @Override
        public RgbImage image(int index, UnaryOperator<RgbImage> reduce) {
            return data.image(index, decoded -> {
                traits[first + index] = ImageTraits.of(decoded);
                return reduce.apply(decoded);
            });
        }
    }
}
