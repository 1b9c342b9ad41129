package thaw.finetune.data;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.images.Crop;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/** The images of a data set, resized and normalised for a network, and augmented in training. Thread-safe. */
final class PreparedImages implements BatchLoader.Rows {
    private static final int CHANNELS = 3;

    private final Dataset data;
    private final Transforms transforms;
    private final Optional<Augmentation> augmentation;
    /** Decoded and resized images, never evicted: an epoch needs each again before the one that would replace it. */
    private final Map<CachedImage, RgbImage> cache = new ConcurrentHashMap<>();
    private final AtomicLong cacheBytesLeft;
    private final Scales scales;

    /** The cached form of an image: the square for evaluation, or the resized image for random crops or an augmentation. */
    private enum View {
        SQUARE, FOR_CROPS, FOR_AUGMENTATION
    }

    private record CachedImage(int index, View view) {
    }

    /** @param scales shared by all preparations of the same images */
    PreparedImages(Dataset data, Transforms transforms, LoaderOptions options, Scales scales) {
        this.data = data;
        this.transforms = Objects.requireNonNull(transforms, "transforms");
        this.augmentation = options.augmentation;
        this.cacheBytesLeft = new AtomicLong(options.cacheBytes);
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
    public void write(int index, BatchLoader.Pass pass, SplittableRandom random, float[] values, int offset) {
        boolean mirrored = pass == BatchLoader.Pass.MIRRORED;
        if (mirrored || pass == BatchLoader.Pass.EVALUATION) {
            RgbImage square = view(index, View.SQUARE);
            transforms.write(mirrored ? square.flipHorizontally() : square, values, offset);
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
        CachedImage key = new CachedImage(index, view);
        RgbImage kept = cache.get(key);
        if (kept != null) {
            return kept;
        }
        RgbImage made = data.image(index, decoded -> resized(decoded, view));
        long bytes = made.rgb().length;
        if (cacheBytesLeft.addAndGet(-bytes) < 0 || cache.putIfAbsent(key, made) != null) {
            cacheBytesLeft.addAndGet(bytes);
        }
        return made;
    }

    private RgbImage resized(RgbImage decoded, View view) {
        scales.add(decoded, transforms);
        return switch (view) {
            case SQUARE -> transforms.square(decoded);
            case FOR_CROPS -> transforms.resized(decoded);
            case FOR_AUGMENTATION -> augmentation.orElseThrow().resized(decoded, transforms);
        };
    }

    /**
     * Detects images of one data set at two scales: those that had the network's size already and were not resized, and others
     * enlarged by the margin that is then cropped; see {@link thaw.finetune.images.ExactSize}. Thread-safe.
     */
    static final class Scales {
        private final Set<Integer> kept = ConcurrentHashMap.newKeySet();
        private final Set<Integer> resized = ConcurrentHashMap.newKeySet();

        void add(RgbImage decoded, Transforms transforms) {
            boolean hasMargin = transforms.resize() > transforms.size();
            if (hasMargin) {
                (transforms.keeps(decoded) ? kept : resized).add(transforms.size());
            }
        }

        boolean mixed() {
            return kept.stream().anyMatch(resized::contains);
        }
    }
}
