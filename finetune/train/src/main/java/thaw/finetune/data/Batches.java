package thaw.finetune.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import thaw.finetune.images.ImageReadException;

/**
 * The batches of one epoch, in order, prepared ahead on separate threads:
 *
 * <pre>{@code
 * try (Batches batches = loader.epoch(0)) {
 *     for (Batch batch : batches) {
 *         ...
 *     }
 * }
 * }</pre>
 *
 * Only a few batches are in preparation at any time. Not thread-safe; closing waits for the threads to end. They also end after
 * the last batch or the first failure, and within about a second if the epoch is abandoned without being closed.
 */
public final class Batches implements Iterable<Batch>, Iterator<Batch>, AutoCloseable {
    private static final long IDLE_MILLIS = 1000;

    private final BatchLoader loader;
    private final int epoch;
    private final BatchLoader.Pass pass;
    private final Sampler.Order order;
    private final int end;
    private final int step;
    private final int ahead;
    private final ThreadPoolExecutor workers;
    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();
    private final Deque<PendingBatch> pending = new ArrayDeque<>();
    private int scheduled;
    private int position;
    private boolean delivered;
    private @Nullable Batch current;
    private boolean closed;

    /**
     * @param from the number of the first batch, from 0, with unreadable batches counted
     * @param step the distance from a batch's number to the next one's
     */
    Batches(BatchLoader loader, int epoch, BatchLoader.Pass pass, int from, int step) {
        this.loader = loader;
        this.epoch = epoch;
        this.pass = pass;
        this.order = loader.order(epoch, pass);
        this.end = loader.images(pass);
        this.step = step;
        this.scheduled = Math.min(end, from * loader.options.batch);
        this.position = from;
        // Of another part of the epoch, images may have been read.
        this.delivered = from > 0 || step > 1;
        int count = loader.options.threads;
        /* Two batches ahead even out the time per batch; small batches need more, so that every thread has an image. */
        this.ahead = Math.max(2, 1 + count / loader.options.batch);
        this.workers = new ThreadPoolExecutor(count, count, IDLE_MILLIS, TimeUnit.MILLISECONDS, new LinkedBlockingQueue<>(),
                this::thread);
        workers.allowCoreThreadTimeOut(true);
        schedule();
    }

    /** Returns this object: an epoch can be iterated once. */
    @Override
    public Iterator<Batch> iterator() {
        return this;
    }

    /**
     * Whether {@link #next} has a batch to return or a failure to throw. Unless the loader is strict, waits for a batch, to know
     * whether any of its images can be read.
     *
     * @throws thaw.finetune.images.ImageReadException if a whole epoch ends and no image of it could be read
     * @throws CancellationException                   if the thread is interrupted, whose flag stays set; the epoch is then closed
     */
    @Override
    public boolean hasNext() {
        while (!closed && !pending.isEmpty()) {
            if (loader.options.strict || !isEmpty(pending.element())) {
                return true;
            }
            advance();
        }
        if (!closed && !delivered) {
            // A training batch of several images is dropped if only one of them is readable.
            int broken = loader.broken().size();
            throw new ImageReadException((broken == end ? "none of " + end + " images can be read" : broken + " of " + end
                    + " images cannot be read, and no batch has two that can") + "; the first: "
                    + loader.broken().get(0).reason());
        }
        return false;
    }

    private boolean isEmpty(PendingBatch batch) {
        try {
            return await(batch).size() == 0;
        } catch (ExecutionException failed) {
            return false;
        }
    }

    /**
     * Waits for the next batch; the arrays of the previous one are reused from here on.
     *
     * @throws thaw.finetune.images.ImageReadException if an image of it cannot be read and the loader is strict; names the file,
     *                                                 and the epoch is then closed
     * @throws NoSuchElementException                  if the epoch is closed or has no more batches
     * @throws CancellationException                   if the thread is interrupted, whose flag stays set; the epoch is then closed
     */
    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException(closed ? "the epoch is closed" : "the epoch has no more batches");
        }
        release();
        try {
            current = await(pending.element());
        } catch (ExecutionException failed) {
            close();
            throw unwrapped(failed);
        }
        advance();
        delivered = true;
        return current;
    }

    /** The number of the next batch, from 0: the argument with which {@link BatchLoader#epoch(int, int)} continues this epoch. */
    public int position() {
        return position;
    }

    private void advance() {
        pending.remove();
        position += step;
        schedule();
    }

    private Batch await(PendingBatch batch) throws ExecutionException {
        try {
            if (Thread.interrupted()) {
                throw new InterruptedException(); // a batch that is complete would be returned in spite of it
            }
            return batch.whole().get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            close();
            throw new CancellationException("the thread was interrupted while it went over an epoch's batches");
        }
    }

    /** Ends the threads and drops the batches in preparation. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        workers.shutdownNow();
        boolean interrupted = Thread.interrupted();
        while (!threads.isEmpty()) {
            try {
                threads.element().join();
                threads.remove();
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        release();
        pending.forEach(PendingBatch::release);
        pending.clear();
    }

    /** Creates a thread of the pool. The pool replaces threads after a pause between batches; those that ended are dropped. */
    private Thread thread(Runnable work) {
        threads.removeIf(thread -> thread.getState() == Thread.State.TERMINATED);
        Thread thread = new Thread(work, "thaw-images");
        thread.setDaemon(true);
        threads.add(thread);
        return thread;
    }

    private void schedule() {
        while (pending.size() < ahead && scheduled < end) {
            int size = Math.min(loader.options.batch, end - scheduled);
            int from = scheduled;
            PendingBatch batch = new PendingBatch(loader, epoch, pass, from / loader.options.batch,
                    Arrays.copyOfRange(order.indices(), from, from + size), Arrays.copyOfRange(order.turns(), from, from + size));
            for (int i = 0; i < size; i++) {
                int position = i;
                workers.execute(() -> batch.prepare(position));
            }
            pending.add(batch);
            scheduled = Math.min(end, from + step * loader.options.batch);
        }
        if (scheduled == end) {
            workers.shutdown();
        }
    }

    private void release() {
        if (current != null) {
            loader.giveBack(current.images());
            current = null;
        }
    }

    private static RuntimeException unwrapped(ExecutionException failed) {
        if (failed.getCause() instanceof Error error) {
            throw error;
        }
        return failed.getCause() instanceof RuntimeException runtime ? runtime : new IllegalStateException(failed.getCause());
    }

    /**
     * A batch in preparation. Its images may be prepared on any threads; the last thread to finish also closes the gaps of broken
     * images, and mixes the batch.
     */
    private static final class PendingBatch {
        private final BatchLoader loader;
        private final int epoch;
        private final BatchLoader.Pass pass;
        private final int number;
        private final int[] indices;
        private final int[] turns;
        private final float[] images;
        private final Throwable[] failures;
        private final AtomicInteger left;
        private final CompletableFuture<Batch> whole = new CompletableFuture<>();

        /**
         * @param number  the batch's number in the epoch, from 0
         * @param indices the indices of its samples
         * @param turns   the samples' turns, see {@link Sampler.Order}
         */
        PendingBatch(BatchLoader loader, int epoch, BatchLoader.Pass pass, int number, int[] indices, int[] turns) {
            this.loader = loader;
            this.epoch = epoch;
            this.pass = pass;
            this.number = number;
            this.indices = indices;
            this.turns = turns;
            this.images = loader.borrow(indices.length);
            this.failures = new Throwable[indices.length];
            this.left = new AtomicInteger(indices.length);
        }

        /** Completes when all images are prepared; the batch is empty if none could be read. */
        CompletableFuture<Batch> whole() {
            return whole;
        }

        /** Returns the memory of a batch that was not delivered. */
        void release() {
            loader.giveBack(images);
        }

        /** Prepares one image; to be called once for each position. Never throws: an exception becomes the batch's failure. */
        void prepare(int position) {
            try {
                loader.load(indices[position], turns[position], epoch, pass, images, position);
            } catch (RuntimeException | Error failed) {
                failures[position] = failed;
            }
            /* The countdown also makes the other threads' writes visible to the last one. */
            if (left.decrementAndGet() == 0) {
                try {
                    whole.complete(finish());
                } catch (RuntimeException | Error failed) {
                    whole.completeExceptionally(failed);
                }
            }
        }

        private Batch finish() {
            List<Sample> sound = new ArrayList<>();
            for (int i = 0; i < indices.length; i++) {
                if (failures[i] == null) {
                    closeGap(i, sound.size());
                    sound.add(loader.sample(indices[i]));
                } else if (failures[i] instanceof ImageReadException broken && !loader.options.strict) {
                    loader.reportBroken(indices[i], broken);
                } else if (failures[i] instanceof Error error) {
                    throw error;
                } else {
                    throw (RuntimeException) failures[i];
                }
            }
            /* Batch norm may fail on a single image, see BatchLoader.images. */
            if (pass == BatchLoader.Pass.TRAINING && sound.size() == 1 && indices.length > 1) {
                sound.clear();
            }
            float[] exact = images;
            if (sound.size() < indices.length) {
                exact = Arrays.copyOf(images, sound.size() * loader.imageLength());
            }
            Batch.Targets targets = sound.isEmpty() ? Batch.ClassNumbers.of(sound)
                    : loader.targets(sound, exact, number, epoch, pass);
            return new Batch(exact, targets, sound.size(), loader.side(), sound.stream().map(Sample::file).toList());
        }

        private void closeGap(int from, int to) {
            if (from != to) {
                int length = loader.imageLength();
                System.arraycopy(images, from * length, images, to * length, length);
            }
        }
    }
}
