package thaw.finetune.data;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.images.ImageDecoder;

/**
 * The options of a {@link BatchLoader}. Immutable: {@code LoaderOptions.training(32, 1).threads(2)} creates two objects.
 */
public final class LoaderOptions implements Cloneable {
    private static final int MOST_THREADS = 4;
    private static final long MOST_CACHE = 1L << 30;

    // Read by the loader; set by with() only.
    int batch;
    long seed;
    boolean training = true;
    boolean dropLast;
    boolean strict;
    int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    long cacheBytes = Math.min(MOST_CACHE, Runtime.getRuntime().maxMemory() / 8);
    long maxPixels = ImageDecoder.MAX_PIXELS;
    Sampler sampler = Sampler.SHUFFLED;
    Optional<Augmentation> augmentation = Optional.empty();
    Optional<BatchMix> mix = Optional.empty();

    private LoaderOptions() {
    }

    /**
     * Options for training: one thread per processor, up to four because each may hold a large image in memory, and a cache of
     * an eighth of the heap, up to 1 GiB.
     */
    public static LoaderOptions training(int batch, long seed) {
        return new LoaderOptions().batch(batch).seed(seed);
    }

    /** Options for evaluation: in order and without random changes, otherwise like {@link #training(int, long)}. */
    public static LoaderOptions evaluation(int batch) {
        return training(batch, 0).training(false);
    }

    private LoaderOptions with(Consumer<LoaderOptions> change) {
        try {
            LoaderOptions copy = (LoaderOptions) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void require(boolean valid, String expected, long value) {
        if (!valid) {
            throw new IllegalArgumentException(expected + ", got " + value);
        }
    }

    /** Sets the number of images in a batch. */
    public LoaderOptions batch(int images) {
        require(images >= 1, "batch: expected at least 1 image", images);
        return with(o -> o.batch = images);
    }

    /** Sets the seed of all random draws, 0 by default. */
    public LoaderOptions seed(long number) {
        return with(o -> o.seed = number);
    }

    /** Sets whether images are shuffled, augmented and mixed; otherwise they come in order, cropped at the centre. */
    public LoaderOptions training(boolean on) {
        return with(o -> o.training = on);
    }

    /** Sets whether a last batch with fewer images than the others is dropped; not by default. */
    public LoaderOptions dropLast(boolean drop) {
        return with(o -> o.dropLast = drop);
    }

    /**
     * Sets whether a broken image is an error; by default it is left out of its batch and listed in {@link BatchLoader#broken}.
     */
    public LoaderOptions strict(boolean on) {
        return with(o -> o.strict = on);
    }

    /** Sets the number of threads that prepare images; it does not affect the result. */
    public LoaderOptions threads(int count) {
        require(count >= 1, "threads: expected at least 1", count);
        return with(o -> o.threads = count);
    }

    /** Sets the limit, in bytes, of resized images kept between epochs. */
    public LoaderOptions cacheBytes(long bytes) {
        require(bytes >= 0, "cacheBytes: expected 0 or more", bytes);
        return with(o -> o.cacheBytes = bytes);
    }

    /** Sets the number of pixels above which images count as broken, {@link ImageDecoder#MAX_PIXELS} by default. */
    public LoaderOptions maxPixels(long pixels) {
        require(pixels >= 1 && pixels <= ImageDecoder.MOST_PIXELS, "maxPixels: expected 1 to " + ImageDecoder.MOST_PIXELS, pixels);
        return with(o -> o.maxPixels = pixels);
    }

    /**
     * Sets whether a training epoch, with its number of images unchanged, has equally many of each class: images of small classes
     * repeat, augmented differently each time, and those of large classes are a different subset in every epoch. Only for images
     * of one class each.
     */
    public LoaderOptions balanced(boolean on) {
        return sampler(on ? Sampler.BALANCED : Sampler.SHUFFLED);
    }

    /** Sets the order of a training epoch, {@link Sampler#SHUFFLED} by default. */
    public LoaderOptions sampler(Sampler order) {
        Objects.requireNonNull(order, "sampler");
        return with(o -> o.sampler = order);
    }

    /** Sets the augmentation of training images, by default that of {@link thaw.finetune.images.Transforms}. */
    public LoaderOptions augment(Augmentation change) {
        return with(o -> o.augmentation = Optional.of(change));
    }

    /** Sets the mixing of training batches; none by default. */
    public LoaderOptions mix(BatchMix change) {
        return mix(Optional.of(change));
    }

    LoaderOptions mix(Optional<BatchMix> change) {
        return with(o -> o.mix = change);
    }
}
