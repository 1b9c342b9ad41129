package thaw.finetune.data;

/**
 * How a {@link BatchLoader} goes about its work.
 *
 * @param batch      images in a batch
 * @param seed       of the order of images in each epoch, and of their crops and flips
 * @param threads    that prepare images
 * @param training   whether images are shuffled, cropped at random and flipped; otherwise they come in order, cropped at the
 *                   center
 * @param dropLast   whether a last batch with fewer images than the others is left out
 * @param cacheBytes resized images of at most so many bytes are kept from one epoch to the next
 */
public record LoaderOptions(int batch, long seed, int threads, boolean training, boolean dropLast, long cacheBytes) {
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
    }

    /**
     * For training: a thread per processor up to four, each of which may hold a large photograph in memory, and a cache of an
     * eighth of the heap up to 1 GiB.
     */
    public static LoaderOptions training(int batch, long seed) {
        Runtime runtime = Runtime.getRuntime();
        return new LoaderOptions(batch, seed, Math.min(MOST_THREADS, runtime.availableProcessors()), true, false,
                Math.min(MOST_CACHE, runtime.maxMemory() / 8));
    }

    /** For evaluation: in order and without chance, otherwise as {@link #training(int, long)}. */
    public static LoaderOptions evaluation(int batch) {
        return training(batch, 0).training(false);
    }

    public LoaderOptions batch(int images) {
        return new LoaderOptions(images, seed, threads, training, dropLast, cacheBytes);
    }

    public LoaderOptions seed(long seed) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes);
    }

    public LoaderOptions threads(int threads) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes);
    }

    public LoaderOptions training(boolean training) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes);
    }

    public LoaderOptions dropLast(boolean dropLast) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, cacheBytes);
    }

    public LoaderOptions cacheBytes(long bytes) {
        return new LoaderOptions(batch, seed, threads, training, dropLast, bytes);
    }
}
