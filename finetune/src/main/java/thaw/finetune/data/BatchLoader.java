package thaw.finetune.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/**
 * Makes the batches of one epoch after another from a list of image files. Threads exist only while an epoch is under way.
 *
 * <p>The image at index {@code i} of the list is cropped and flipped in epoch {@code e} by a random stream of (seed, e, i),
 * and the order of the epoch is drawn from one of (seed, e): nothing depends on threads, and any epoch can be made again.
 */
public final class BatchLoader {
    private static final int CHANNELS = 3;
    /** Separates the draws of the order from those of the images, whose last key is an index from 0. */
    private static final long ORDER = -1;

    private final List<Sample> samples;
    private final Transforms transforms;
    private final LoaderOptions options;
    private final ImageCache cache;
    private final Queue<float[]> buffers = new ConcurrentLinkedQueue<>();

    /** @throws IllegalArgumentException when there is no image, or none is left because {@code dropLast} drops the only batch */
    public BatchLoader(List<Sample> samples, Transforms transforms, LoaderOptions options) {
        this.samples = List.copyOf(samples);
        this.transforms = Objects.requireNonNull(transforms, "transforms");
        this.options = options;
        this.cache = new ImageCache(options.cacheBytes());
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("a loader needs at least one image, got none");
        }
        if (images() == 0) {
            throw new IllegalArgumentException("dropLast leaves no batch: " + samples.size() + " images, batches of "
                    + options.batch() + "; use smaller batches");
        }
        long floats = (long) CHANNELS * transforms.size() * transforms.size() * options.batch();
        if (floats > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("a batch of " + options.batch() + " images of " + transforms.size() + " x "
                    + transforms.size() + " pixels has too many values for one array; use smaller batches or images");
        }
    }

    /** Images in an epoch, which may be fewer than there are: see {@link #batches}. */
    public int images() {
        int rest = samples.size() % options.batch();
        /* Batch norm over a single 1 x 1 activation has no variance; a lone image at the end would stop the training there. */
        boolean lone = options.training() && rest == 1 && samples.size() > 1;
        return options.dropLast() || lone ? samples.size() - rest : samples.size();
    }

    /**
     * Batches in an epoch. A last smaller batch counts, unless {@code dropLast} is set or, in training, it is of a single
     * image.
     */
    public int batches() {
        return (images() + options.batch() - 1) / options.batch();
    }

    /** Begins an epoch; close it, and its threads are gone. */
    public Batches epoch(int epoch) {
        return new Batches(this, epoch);
    }

    /** Pixels on a side of the images. */
    int side() {
        return transforms.size();
    }

    LoaderOptions options() {
        return options;
    }

    Sample sample(int index) {
        return samples.get(index);
    }

    /** Indices of samples in the order of the epoch. */
    int[] order(int epoch) {
        if (options.training()) {
            return RandomStream.permutation(samples.size(), RandomStream.of(options.seed(), epoch, ORDER));
        }
        int[] order = new int[samples.size()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        return order;
    }

    /** An array for the images of a batch; full batches share a few of them. */
    float[] borrow(int size) {
        float[] free = size == options.batch() ? buffers.poll() : null;
        return free == null ? new float[size * imageLength()] : free;
    }

    void giveBack(RawBatch batch) {
        if (batch.size() == options.batch()) {
            buffers.add(batch.images());
        }
    }

    /** Prepares one image and writes it to the given place of a batch. */
    void load(int index, int epoch, float[] images, int position) {
        Path file = samples.get(index).file();
        RgbImage resized = cache.get(file, this::resized);
        RgbImage square;
        if (options.training()) {
            SplittableRandom random = RandomStream.of(options.seed(), epoch, index);
            square = transforms.forTraining(resized, random);
        } else {
            square = transforms.forEvaluation(resized);
        }
        transforms.write(square, images, position * imageLength());
    }

    private RgbImage resized(Path file) {
        RgbImage decoded = ImageDecoder.decode(file);
        try {
            return transforms.resized(decoded);
        } catch (IllegalArgumentException extreme) {
            throw new ImageReadException(file + ": an image of " + decoded.width() + " x " + decoded.height()
                    + " pixels is too long and narrow (" + extreme.getMessage() + ")");
        }
    }

    private int imageLength() {
        return CHANNELS * transforms.size() * transforms.size();
    }
}
