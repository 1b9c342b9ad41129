package thaw.finetune.data;

import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.images.ImageDecoder;

/**
 * How a {@link BatchLoader} goes about its work.
 *
 * @param batch        images in a batch
 * @param seed         of all that is random
 * @param threads      that prepare images
 * @param training     whether images are shuffled, varied and mixed; otherwise they come in order, cropped at the center
 * @param dropLast     whether a last batch with fewer images than the others is left out
 * @param cacheBytes   resized images of at most so many bytes are kept from one epoch to the next
 * @param maxPixels    images of more count as broken, see {@link ImageDecoder#decode(java.nio.file.Path, long, UnaryOperator)}
 * @param strict       whether a broken image is an error; otherwise it is left out of its batch and listed in
 *                     {@link BatchLoader#broken}
 * @param balanced     whether training sees as many images of one class as of any other, see {@link #balanced(boolean)}
 * @param augmentation how training images are varied; where there is none, the {@link thaw.finetune.images.Transforms} say
 * @param mix          what is done to batches in training
 */
public record LoaderOptions(int batch, long seed, int threads, boolean training, boolean dropLast, long cacheBytes,
        long maxPixels, boolean strict, boolean balanced, Optional<Augmentation> augmentation, Optional<BatchMix> mix) {
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
        Objects.requireNonNull(augmentation, "augmentation");
        Objects.requireNonNull(mix, "mix");
    }

    /**
     * For training: a thread per processor up to four, each of which may hold a large photograph in memory, and a cache of an
     * eighth of the heap up to 1 GiB.
     */
    public static LoaderOptions training(int batch, long seed) {
        Runtime runtime = Runtime.getRuntime();
        return new LoaderOptions(batch, seed, Math.min(MOST_THREADS, runtime.availableProcessors()), true, false,
                Math.min(MOST_CACHE, runtime.maxMemory() / 8), ImageDecoder.MAX_PIXELS, false, false,
                Optional.empty(), Optional.empty());
    }

    /** For evaluation: in order and without chance, otherwise as {@link #training(int, long)}. */
    public static LoaderOptions evaluation(int batch) {
        return training(batch, 0).training(false);
    }

    public LoaderOptions batch(int images) {
        return new LoaderOptions(images, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, balanced, augmentation, mix);
    }

    public LoaderOptions seed(long seed) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, balanced, augmentation, mix);
    }

    public LoaderOptions threads(int threads) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, balanced, augmentation, mix);
    }

    public LoaderOptions training(boolean training) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, balanced, augmentation, mix);
    }

    public LoaderOptions dropLast(boolean dropLast) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, balanced, augmentation, mix);
    }

    public LoaderOptions cacheBytes(long bytes) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, bytes, maxPixels, strict, balanced, augmentation, mix);
    }

    public LoaderOptions maxPixels(long pixels) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, pixels, strict, balanced, augmentation, mix);
    }

    public LoaderOptions strict(boolean strict) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, balanced, augmentation, mix);
    }

    /**
     * In training, an epoch has as many images as before, but as many of each class: images of small classes come several times,
     * varied differently each time, and of large ones another part in every epoch. For images of one class each.
     */
    public LoaderOptions balanced(boolean balanced) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, balanced, augmentation, mix);
    }

    public LoaderOptions augment(Augmentation augmentation) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, balanced,
                Optional.of(augmentation), mix);
    }

    public LoaderOptions mix(BatchMix mix) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes, maxPixels, strict, balanced, augmentation,
                Optional.of(mix));
    }
}
