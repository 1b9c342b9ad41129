package thaw.kernels.cpu;

import java.lang.ref.WeakReference;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.Compilation;
import thaw.kernels.cpu.microkernel.TapCompilation;
import thaw.kernels.cpu.norm.LaneLoopCompilation;
import thaw.kernels.cpu.parallel.Workers;
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
 * not compiled. Until all are, callers {@linkplain Workers#takeTurns take turns}: on few processors C2 would wait for them otherwise.
 */
final class QuickStart implements AutoCloseable {

    /**
     * Time before compiling begins where there is more than one processor, unless a caller waits for it: a process that predicts one
     * image and ends, such as the command line's, has both processors for that and takes an eighth less time.
     */
    private static final int DELAY_MS = 500;

    /** Whether predictions and compiling take each other's time. */
    private final boolean oneProcessor = Runtime.getRuntime().availableProcessors() == 1;
    /** Callers of a backend with few threads leave processors to C2 without turns. */
    private final boolean turns;
    private final BlockLoops loops;
    /** Weak, because this thread would keep the threads of a forgotten backend alive until it ends. */
    private final WeakReference<Workers> workers;
    private final CountDownLatch vectors = new CountDownLatch(1);
    /** Counted down when a caller waits for the vectors. */
    private final CountDownLatch wanted = new CountDownLatch(1);

    /** An exception in this thread, such as lack of memory, only costs time: its cause reappears in a prediction. */
    private final Thread thread = new Thread(this::compile, "thaw-warm-up");

    QuickStart(BlockLoops loops, Workers workers) {
        this.loops = loops;
        this.workers = new WeakReference<>(workers);
        this.turns = Runtime.getRuntime().availableProcessors() < 2 * workers.threads();
    }

    void begin() {
        loops.useScalars();
        takeTurns(turns);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((failed, cause) -> {});
        thread.start();
    }

    private void takeTurns(boolean whether) {
        Workers used = workers.get();
        if (used != null) {
            used.takeTurns(whether);
        }
    }

    private void compile() {
        try {
            Compilation all = new Compilation();
            TapCompilation taps = new TapCompilation(all, loops);
            if (!oneProcessor) {
                taps.scalar();
                wanted.await(DELAY_MS, TimeUnit.MILLISECONDS);
            }
            taps.narrow();
            rest(all, taps);
            loops.useVectorLoops();
            vectors.countDown();
            taps.wide();
            all.await();
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } finally {
            try {
                loops.useVectors();
            } finally {
                takeTurns(false);
                vectors.countDown();
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

    /** Whether vector loops are in use; wide tiles may still be compiled. */
    boolean isDone() {
        return vectors.getCount() == 0;
    }

    /** Returns when vector loops are in use, or the caller is interrupted. */
    void await() {
        wanted.countDown();
        try {
            vectors.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * {@link #await}, if there is only one processor: scalar loops would have to be compiled too, and would take the time in which
     * vectors would be ready.
     */
    void awaitOnOneProcessor() {
        if (oneProcessor && !isDone()) {
            await();
        }
    }

    /** Interrupts the thread, which may take some tenths of a second to end; it computes nothing on the backend. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
