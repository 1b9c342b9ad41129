package thaw.finetune.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import thaw.finetune.images.ImageSource;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Outcome;

/** Computes the images of concurrent requests together: a batch of 16 takes much less time than 16 single images. Thread-safe. */
final class RequestBatcher implements AutoCloseable {

    private record Waiting(ImageSource image, CompletableFuture<Outcome> result) {
    }

    private final Classifier classifier;
    private final int most;
    private final long waitNanos;
    private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong images = new AtomicLong();
    private final Thread thread;

    RequestBatcher(Classifier classifier, ServerLimits limits) {
        this.classifier = classifier;
        this.most = limits.batch();
        this.waitNanos = limits.batchWait().toNanos();
        thread = new Thread(this::run, "thaw-serve-batch");
        thread.setDaemon(true);
        thread.start();
    }

    /** The outcome for an image, in the future. */
    CompletableFuture<Outcome> submit(ImageSource image) {
        Waiting waiting = new Waiting(image, new CompletableFuture<>());
        queue.add(waiting);
        if (!thread.isAlive()) {
            waiting.result.cancel(false);
        }
        return waiting.result;
    }

    long batches() {
        return batches.get();
    }

    long images() {
        return images.get();
    }

    private void run() {
        List<Waiting> batch = new ArrayList<>();
        try {
            while (true) {
                batch.clear();
                batch.add(queue.take());
                long until = System.nanoTime() + waitNanos;
                while (batch.size() < most) {
                    Waiting next = queue.poll(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
                    if (next == null) {
                        break;
                    }
                    batch.add(next);
                }
                compute(batch);
            }
        } catch (InterruptedException closed) {
            queue.drainTo(batch);
            batch.forEach(waiting -> waiting.result.cancel(false));
        }
    }

    private void compute(List<Waiting> batch) {
        try {
            List<Outcome> outcomes = classifier.tryPredictAll(batch.stream().map(Waiting::image).toList());
            for (int i = 0; i < batch.size(); i++) {
                batch.get(i).result.complete(outcomes.get(i));
            }
            batches.incrementAndGet();
            images.addAndGet(batch.size());
        } catch (RuntimeException | Error failed) {
            batch.forEach(waiting -> waiting.result.completeExceptionally(failed));
        }
    }

    /** Cancels what is waiting. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
