package thaw.kernels.cpu;

import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.parallel.Workers;

/**
 * A quick first prediction: operators run on scalar loops, which are compiled while weights are read, until the vector
 * loops are compiled too; both give the same bits.
 * <pre>
 * caller       reads weights          first prediction  │ idle  │  predictions …
 * operators    ───────────────────── scalar loops ──────────────────────────┼─ vectors ─────
 * this thread  compiles scalar loops │ waits            │       │ compiles vectors
 * </pre>
 * C2 compiles one method at a time, and takes up to 0.3 s for a vector loop: if that began before the first
 * prediction, the prediction would wait for all of them.
 */
final class QuickStart implements AutoCloseable {

    /** The time that compiling the scalar loops takes; an upper limit, if the caller reads weights for that long. */
    private static final long SCALARS = TimeUnit.MILLISECONDS.toNanos(300);

    /** Longer than the pause between reading weights and predicting, or between operators. */
    private static final long IDLE = TimeUnit.MILLISECONDS.toNanos(25);
    private static final long POLL_MILLIS = 5;

    /**
     * The longest wait for a pause. If predictions follow each other without one, compiling starts anyway and slows them
     * down for some seconds, after which they are fast.
     */
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(1);

    private final BlockLoops loops;
    private final Workers workers;
    private final int lanes;

    /** An exception in this thread, such as lack of memory, only costs time: its cause reappears in a prediction. */
    private final Thread thread = new Thread(new FutureTask<>(this::compile, null), "thaw-warm-up");

    /** @param workers the workers of the backend that owns {@code loops} */
    QuickStart(BlockLoops loops, Workers workers, int lanes) {
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

    /** Returns when the vector loops are in use, or the caller is interrupted. */
    void await() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Interrupts the thread, which may take some tenths of a second to end; it computes nothing on the backend. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
