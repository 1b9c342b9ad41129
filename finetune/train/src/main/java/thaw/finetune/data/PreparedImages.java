package thaw.finetune.data;

import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.images.Crop;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/** The images of a data set, resized and normalised for a network, and augmented in training. Thread-safe. */
final class PreparedImages implements SampleValues {
    private static final int CHANNELS = 3;

    private final Dataset data;
    private final Transforms transforms;
    private final Optional<Augmentation> augmentation;
    private final ImageCache<CachedImage> cache;
    private final SeenScales scales;

    /** The cached form of an image: the square for evaluation, or the resized image for random crops or an augmentation. */
    private enum View { SQUARE, FOR_CROPS, FOR_AUGMENTATION }

    private record CachedImage(int index, View view) {
    }

    /** @param scales shared by all preparations of the same images */
    PreparedImages(Dataset data, Transforms transforms, LoaderOptions options, SeenScales scales) {
        this.data = data;
        this.transforms = Objects.requireNonNull(transforms, "transforms");
        this.augmentation = options.augmentation();
        this.cache = new ImageCache<>(options.cacheBytes());
        this.scales = scales;
    }

    @Override
    public int length() {
        return CHANNELS * transforms.size() * transforms.size();
    }

    @Override
    public int side() {
        return transforms.size();
    }

    @Override
    public void write(int index, Pass pass, SplittableRandom random, float[] values, int offset) {
        if (pass == Pass.EVALUATION || pass == Pass.MIRRORED) {
            RgbImage square = view(index, View.SQUARE);
            transforms.write(pass == Pass.MIRRORED ? square.flipHorizontally() : square, values, offset);
        } else if (augmentation.isPresent()) {
            augmentation.get().write(view(index, View.FOR_AUGMENTATION), transforms, random, values, offset);
        } else {
            RgbImage prepared = view(index, transforms.crop() == Crop.CENTER ? View.SQUARE : View.FOR_CROPS);
            transforms.write(transforms.forTraining(prepared, random), values, offset);
        }
    }

    /** Draws whether an image is flipped, from the same stream as the flip of the whole augmentation. */
    boolean drawFlip(SplittableRandom random) {
        return augmentation.map(all -> all.drawFlip(random)).orElseGet(() -> transforms.drawFlip(random));
    }

    private RgbImage view(int index, View view) {
        return cache.get(new CachedImage(index, view), key -> data.image(index, decoded -> {
            scales.add(decoded, transforms);
            return switch (view) {
                case SQUARE -> transforms.square(decoded);
                case FOR_CROPS -> transforms.resized(decoded);
                case FOR_AUGMENTATION -> augmentation.orElseThrow().resized(decoded, transforms);
            };
        }));
    }
}
