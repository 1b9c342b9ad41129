package thaw.finetune.demo;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import thaw.finetune.data.RawBatch;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.finetune.synthetic.SyntheticImages;

/**
 * An endless sequence of batches of synthetic images, drawn in advance by background threads. No image is drawn twice: new
 * images replace augmentation.
 *
 * <p>Of {@code C} classes, every {@code C} consecutive images contain each class once, in random order. Image {@code n} depends
 * only on the seed and {@code n}, not on the number of threads.
 *
 * <p>Not thread-safe.
 */
final class DrawnBatches implements AutoCloseable {

    private static final int AHEAD = 4;
    private static final int CHANNELS = 3;

    private final SyntheticImages set;
    private final Transforms transforms;
    private final int batch;
    private final long firstSeed;
    private final ExecutorService threads;
    private final Deque<Future<RawBatch>> pending = new ArrayDeque<>();
    private long scheduled;

    DrawnBatches(SyntheticImages set, Transforms transforms, int batch, long seed, int threads) {
        this.set = set;
        this.transforms = transforms;
        this.batch = batch;
        this.firstSeed = new SplittableRandom(seed).nextLong();
        this.threads = Executors.newFixedThreadPool(threads, work -> {
            Thread thread = new Thread(work, "thaw-images");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Waits for and returns the next batch. */
    RawBatch next() {
        while (pending.size() < AHEAD) {
            long first = batch * scheduled++;
            pending.add(threads.submit(() -> draw(first)));
        }
        try {
            return pending.remove().get();
        } catch (ExecutionException failed) {
            throw new IllegalStateException("an image could not be drawn: " + failed.getCause().getMessage(), failed.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for a batch");
        }
    }

    private RawBatch draw(long first) {
        int side = transforms.size();
        int[] labels = new int[batch];
        float[] images = new float[batch * CHANNELS * side * side];
        for (int i = 0; i < batch; i++) {
            labels[i] = label(first + i);
            RgbImage image = RgbImage.of(set.draw(labels[i], firstSeed + first + i, side));
            transforms.write(image, images, i * CHANNELS * side * side);
        }
        return new RawBatch(images, labels, batch, side, List.of());
    }

    private int label(long image) {
        int classes = set.classes().size();
        List<Integer> order = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(~firstSeed + image / classes);
        for (int c = 0; c < classes; c++) {
            order.add(random.nextInt(c + 1), c);
        }
        return order.get((int) (image % classes));
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
