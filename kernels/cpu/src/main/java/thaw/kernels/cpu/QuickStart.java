package thaw.kernels.cpu;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.Compilation;
import thaw.kernels.cpu.microkernel.TapCompilation;
import thaw.kernels.cpu.norm.LaneLoopCompilation;
import thaw.kernels.cpu.winograd.TransformCompilation;

/**
 * A quick first prediction: operators run on scalar loops until a background thread has had the vector loops compiled; both give
 * the same bits.
 * <pre>
 * caller       reads weights    predictions …
 * operators    scalar loops  ─┬─ narrow tiles ─┬─ all loops by vectors, one wide tile after another ─┬─ all tiles ──
 * this thread  0.4 s         ─┘  1 s          ─┘  2 s                                               ─┘
 * </pre>
 * While the caller reads weights, this thread first has the scalar sums of products compiled. A caller never runs a vector loop that is
 * not compiled.
 */
final class QuickStart implements AutoCloseable {

    /**
     * Time before compiling begins where there is more than one processor, unless a caller waits for it: a process that predicts one
     * image and ends, such as the command line's, has both processors for that and takes an eighth less time.
     */
    private static final int DELAY_MS = 500;

    /** Whether predictions and compiling take each other's time. */
    private final boolean oneProcessor = Runtime.getRuntime().availableProcessors() == 1;
    private final BlockLoops loops;
    /** Counted down when vector loops are in use; wide tiles may still be compiled. */
    private final CountDownLatch vectors = new CountDownLatch(1);
    /** Counted down when all loops are compiled, or the backend is closed. */
    private final CountDownLatch all = new CountDownLatch(1);
    /** Counted down when a caller waits. */
    private final CountDownLatch wanted = new CountDownLatch(1);

    /** An exception in this thread, such as lack of memory, only costs time: its cause reappears in a prediction. */
    private final Thread thread = new Thread(this::compile, "thaw-warm-up");

    QuickStart(BlockLoops loops) {
        this.loops = loops;
    }

    void begin() {
        loops.useScalars();
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((failed, cause) -> {});
        thread.start();
    }

    private void compile() {
        try {
            Compilation compilation = new Compilation();
            TapCompilation taps = new TapCompilation(compilation, loops);
            if (!oneProcessor) {
                taps.scalar();
                wanted.await(DELAY_MS, TimeUnit.MILLISECONDS);
            }
            taps.narrow();
            rest(compilation, taps);
            loops.useVectorLoops();
            vectors.countDown();
            taps.wide();
            compilation.await();
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } finally {
            try {
                loops.useVectors();
            } finally {
                vectors.countDown();
                all.countDown();
            }
        }
    }

    /** Compiles everything on the calling thread. */
    static void compileAll(BlockLoops loops) {
        Compilation all = new Compilation();
        TapCompilation taps = new TapCompilation(all, loops);
        taps.narrow();
        taps.wide();
        rest(all, taps);
    }

    private static void rest(Compilation all, TapCompilation taps) {
        taps.epilogue();
        new TransformCompilation(all).run();
        LaneLoopCompilation.run(all);
        all.await();
    }

    /** Whether all loops are compiled. */
    boolean isDone() {
        return all.getCount() == 0;
    }

    /** Returns when all loops are compiled, or the caller is interrupted. */
    void await() {
        wanted.countDown();
        await(all);
    }

    /**
     * Returns when vector loops are in use, or the caller is interrupted, if there is only one processor: scalar loops would have to be
     * compiled too, and would take the time in which vectors would be ready.
     */
    void awaitOnOneProcessor() {
        if (oneProcessor && vectors.getCount() > 0) {
            await(vectors);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
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
