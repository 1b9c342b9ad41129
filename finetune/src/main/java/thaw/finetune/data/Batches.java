package thaw.finetune.data;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import thaw.finetune.images.ImageReadException;

/**
 * The batches of one epoch, in order, prepared ahead on threads of their own:
 *
 * <pre>{@code
 * try (Batches batches = loader.epoch(0)) {
 *     for (RawBatch batch : batches) {
 *         ...
 *     }
 * }
 * }</pre>
 *
 * The images of a few batches are under way at any time, no more. For one consumer; closing it waits for its threads to end.
 * They also end after the last batch or the first failure, and within a second or so where the epoch is abandoned without
 * being closed.
 */
public final class Batches implements Iterable<RawBatch>, Iterator<RawBatch>, AutoCloseable {
    private static final long IDLE_MILLIS = 1000;

    private final BatchLoader loader;
    private final int epoch;
    private final Pass pass;
    private final EpochOrder order;
    private final int end;
    private final int ahead;
    private final ThreadPoolExecutor workers;
    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();
    private final Deque<PendingBatch> pending = new ArrayDeque<>();
    private int scheduled;
    private boolean delivered;
    private RawBatch current;
    private boolean closed;

    /** @param from the batch to begin with, from 0, where those of which no image can be read count too */
    Batches(BatchLoader loader, int epoch, Pass pass, int from) {
        this.loader = loader;
        this.epoch = epoch;
        this.pass = pass;
        this.order = loader.order(epoch, pass);
        this.end = loader.images();
        this.scheduled = Math.min(end, from * loader.options().batch());
        int count = loader.options().threads();
        /* Two batches ahead hide an uneven pace; small batches need more for every thread to have an image. */
        this.ahead = Math.max(2, 1 + count / loader.options().batch());
        this.workers = new ThreadPoolExecutor(count, count, IDLE_MILLIS, TimeUnit.MILLISECONDS, new LinkedBlockingQueue<>(),
                this::thread);
        workers.allowCoreThreadTimeOut(true);
        schedule();
    }

    /** This very object: an epoch can be walked through once. */
    @Override
    public Iterator<RawBatch> iterator() {
        return this;
    }

    /**
     * Whether {@link #next} has something to give or to report. Waits for a batch where it takes that to know whether any image
     * of it can be read.
     *
     * @throws thaw.finetune.images.ImageReadException when the epoch ends without one image that could be read
     * @throws CancellationException                   when the waiting thread is interrupted; the epoch is then closed
     */
    @Override
    public boolean hasNext() {
        while (!closed && !pending.isEmpty()) {
            if (loader.options().strict() || !isEmpty(pending.element())) {
                return true;
            }
            pending.remove();
            schedule();
        }
        if (!closed && !delivered) {
            throw new ImageReadException("none of " + end + " images can be read; the first: "
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
     * Waits for the next batch; the arrays of the one before are used again from here on.
     *
     * @throws thaw.finetune.images.ImageReadException when an image of it cannot be read, naming the file, and the loader is
     *                                                 strict; the epoch is then closed
     * @throws CancellationException                   when the waiting thread is interrupted; the epoch is then closed
     */
    @Override
    public RawBatch next() {
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
        pending.remove();
        delivered = true;
        schedule();
        return current;
    }

    private RawBatch await(PendingBatch batch) throws ExecutionException {
        try {
            return batch.whole().get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            close();
            throw new CancellationException("interrupted while waiting for a batch");
        }
    }

    /** Ends the threads and gives up the batches that were under way. */
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

    /** The pool makes threads anew after a pause between batches; those that ended meanwhile are forgotten. */
    private Thread thread(Runnable work) {
        threads.removeIf(thread -> thread.getState() == Thread.State.TERMINATED);
        Thread thread = new Thread(work, "thaw-images");
        thread.setDaemon(true);
        threads.add(thread);
        return thread;
    }

    private void schedule() {
        while (pending.size() < ahead && scheduled < end) {
            int size = Math.min(loader.options().batch(), end - scheduled);
            int from = scheduled;
            PendingBatch batch = new PendingBatch(loader, epoch, pass, from / loader.options().batch(),
                    Arrays.copyOfRange(order.indices(), from, from + size), Arrays.copyOfRange(order.turns(), from, from + size));
            for (int i = 0; i < size; i++) {
                int position = i;
                workers.execute(() -> batch.prepare(position));
            }
            pending.add(batch);
            scheduled += size;
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
}
