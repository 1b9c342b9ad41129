package thaw.finetune.data;

import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.images.ImageDecoder;

/**
 * The options of a {@link BatchLoader}.
 *
 * @param batch        the number of images in a batch
 * @param seed         the seed of all random draws
 * @param threads      the number of threads that prepare images
 * @param training     whether images are shuffled, augmented and mixed; otherwise they come in order, cropped at the centre
 * @param dropLast     whether a last batch with fewer images than the others is dropped
 * @param cacheBytes   the limit, in bytes, of resized images kept between epochs
 * @param maxPixels    image files with more pixels count as broken, see
 *                     {@link ImageDecoder#decode(java.nio.file.Path, long, UnaryOperator)}
 * @param strict       whether a broken image is an error; otherwise it is left out of its batch and listed in
 *                     {@link BatchLoader#broken}
 * @param sampler      the order of a training epoch
 * @param augmentation the augmentation of training images; if empty, that of {@link thaw.finetune.images.Transforms}
 * @param mix          the mixing of training batches
 */
public record LoaderOptions(int batch, long seed, int threads, boolean training, boolean dropLast, long cacheBytes,
        long maxPixels, boolean strict, Sampler sampler, Optional<Augmentation> augmentation, Optional<BatchMix> mix) {
    private static final int MOST_THREADS = 4;
    private static final long MOST_CACHE = 1L << 30;

    public LoaderOptions {
        if (batch < 1) {
            throw new IllegalArgumentException("batch: expected at least 1 image, got " + batch);
        }
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, got " + threads);
        }
        if (cacheBytes < 0) {
            throw new IllegalArgumentException("cacheBytes: expected 0 or more, got " + cacheBytes);
        }
        if (maxPixels < 1 || maxPixels > ImageDecoder.MOST_PIXELS) {
            throw new IllegalArgumentException("maxPixels: expected 1 to " + ImageDecoder.MOST_PIXELS + ", got " + maxPixels);
        }
        Objects.requireNonNull(sampler, "sampler");
        Objects.requireNonNull(augmentation, "augmentation");
        Objects.requireNonNull(mix, "mix");
    }

    /**
     * Options for training: one thread per processor, up to four because each may hold a large image in memory, and a cache of
     * an eighth of the heap, up to 1 GiB.
     */
    public static LoaderOptions training(int batch, long seed) {
        Runtime runtime = Runtime.getRuntime();
        return new LoaderOptions(batch, seed, Math.min(MOST_THREADS, runtime.availableProcessors()), true, false,
                Math.min(MOST_CACHE, runtime.maxMemory() / 8), ImageDecoder.MAX_PIXELS, false, Sampler.SHUFFLED,
                Optional.empty(), Optional.empty());
    }

    /** Options for evaluation: in order and without random changes, otherwise like {@link #training(int, long)}. */
    public static LoaderOptions evaluation(int batch) {
        return training(batch, 0).training(false);
    }

    public LoaderOptions batch(int images) {
        return new LoaderOptions(images, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, sampler,
                augmentation, mix);
    }

    public LoaderOptions seed(long seed) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, sampler,
                augmentation, mix);
    }

    public LoaderOptions threads(int threads) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, sampler,
                augmentation, mix);
    }

    public LoaderOptions training(boolean training) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, sampler,
                augmentation, mix);
    }

    public LoaderOptions dropLast(boolean dropLast) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, sampler,
                augmentation, mix);
    }

    public LoaderOptions cacheBytes(long bytes) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, bytes, maxPixels, strict, sampler,
                augmentation, mix);
    }

    public LoaderOptions maxPixels(long pixels) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, pixels, strict, sampler,
                augmentation, mix);
    }

    public LoaderOptions strict(boolean strict) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, sampler,
                augmentation, mix);
    }

    /**
     * Sets whether a training epoch, with its number of images unchanged, has equally many of each class: images of small classes
     * repeat, augmented differently each time, and those of large classes are a different subset in every epoch. Only for images
     * of one class each.
     */
    public LoaderOptions balanced(boolean balanced) {
        return sampler(balanced ? Sampler.BALANCED : Sampler.SHUFFLED);
    }

    public LoaderOptions sampler(Sampler sampler) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, sampler,
                augmentation, mix);
    }

    public LoaderOptions augment(Augmentation augmentation) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, sampler,
                Optional.of(augmentation), mix);
    }

    public LoaderOptions mix(BatchMix mix) {
        return mix(Optional.of(mix));
    }

    LoaderOptions mix(Optional<BatchMix> mix) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, sampler,
                augmentation, mix);
    }
}
