package thaw.kernels.cpu;

import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * A quick first prediction: operators run on scalar loops, which are compiled while weights are read, until those on vectors are
 * compiled too, to the same bits.
 * <pre>
 *   caller       reads weights          first prediction  │ idle  │  predictions …
 *   operators    ───────────────────── scalar loops ──────────────────────────┼─ vectors ─────
 *   this thread  compiles scalar loops │ waits            │       │ compiles vectors
 * </pre>
 * C2 compiles one method after the other, and a loop on vectors takes it up to 0.3 s: begun before the first prediction, it would
 * have to wait for them all.
 */
final class QuickStart implements AutoCloseable {

    /** What it takes to compile the scalar loops, if the caller reads that long. */
    private static final long SCALARS = TimeUnit.MILLISECONDS.toNanos(300);

    /** Longer than what lies between reading weights and predicting, or between operators. */
    private static final long IDLE = TimeUnit.MILLISECONDS.toNanos(25);
    private static final long POLL_MILLIS = 5;

    /** Where predictions follow each other without a pause, they get slow for some seconds, to get fast. */
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(1);

    private final CurrentLoops loops;
    private final Workers workers;
    private final int lanes;

    /** What fails there, as for want of memory, costs nothing but time: what made it fail tells in a prediction. */
    private final Thread thread = new Thread(new FutureTask<>(this::compile, null), "thaw-warm-up");

    /** @param workers of the backend, whose loops these are */
    QuickStart(CurrentLoops loops, Workers workers, int lanes) {
        this.loops = loops;
        this.workers = workers;
        this.lanes = lanes;
    }

    void begin() {
        loops.useVectors(false);
        thread.setDaemon(true);
        thread.start();
    }

    private void compile() {
        try {
            long began = System.nanoTime();
            try (CpuBackend scalars = CpuBackend.with(false)) {
                WarmUp.predictUntil(() -> workers.hasRun() || Thread.currentThread().isInterrupted()
                        || System.nanoTime() - began > SCALARS, scalars, lanes);
            }
            long waits = System.nanoTime();
            while (workers.idleNanos() < IDLE && System.nanoTime() - waits < LONGEST) {
                Thread.sleep(POLL_MILLIS);
            }
            try (CpuBackend vectors = CpuBackend.with(true)) {
                WarmUp.run(vectors, lanes, false);
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } finally {
            loops.useVectors(true);
        }
    }

    /** Returns when the loops on vectors are in use, or the caller is interrupted. */
    void await() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the thread, which may take some tenths of a second to see it; it computes nothing on the backend. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
