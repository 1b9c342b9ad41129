package thaw.finetune.data;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

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
    private final int[] order;
    private final int end;
    private final int ahead;
    private final ThreadPoolExecutor workers;
    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();
    private final Deque<Pending> pending = new ArrayDeque<>();
    private int scheduled;
    private RawBatch current;
    private boolean closed;

    /** A batch under way: its arrays are whole when all tasks are done. */
    private record Pending(RawBatch batch, List<Future<?>> tasks) {
    }

    Batches(BatchLoader loader, int epoch) {
        this.loader = loader;
        this.epoch = epoch;
        this.order = loader.order(epoch);
        this.end = loader.images();
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

    @Override
    public boolean hasNext() {
        return !closed && !pending.isEmpty();
    }

    /**
     * Waits for the next batch; the arrays of the one before are used again from here on.
     *
     * @throws thaw.finetune.images.ImageReadException when an image of it cannot be read, naming the file; the epoch is then
     *                                                 closed
     * @throws CancellationException                   when the waiting thread is interrupted; the epoch is then closed
     */
    @Override
    public RawBatch next() {
        if (!hasNext()) {
            throw new NoSuchElementException(closed ? "the epoch is closed" : "the epoch has no more batches");
        }
        release();
        Pending next = pending.peek();
        try {
            for (Future<?> task : next.tasks) {
                task.get();
            }
        } catch (ExecutionException failed) {
            close();
            throw unwrapped(failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            close();
            throw new CancellationException("interrupted while waiting for a batch");
        }
        pending.remove();
        current = next.batch;
        schedule();
        return current;
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
        pending.forEach(batch -> loader.giveBack(batch.batch));
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
            float[] images = loader.borrow(size);
            int[] labels = new int[size];
            List<Path> files = new ArrayList<>(size);
            List<Future<?>> tasks = new ArrayList<>(size);
            for (int i = 0; i < size; i++) {
                int index = order[scheduled + i];
                int position = i;
                Sample sample = loader.sample(index);
                labels[i] = sample.label();
                files.add(sample.file());
                tasks.add(workers.submit(() -> loader.load(index, epoch, images, position)));
            }
            pending.add(new Pending(new RawBatch(images, labels, size, loader.side(), List.copyOf(files)), tasks));
            scheduled += size;
        }
        if (scheduled == end) {
            workers.shutdown();
        }
    }

    private void release() {
        if (current != null) {
            loader.giveBack(current);
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
