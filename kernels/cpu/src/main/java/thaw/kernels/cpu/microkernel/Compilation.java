package thaw.kernels.cpu.microkernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Has Java's C2 compiler compile loops of the Vector API, by calling them on small arrays until it has. Until then each vector is
 * an object, and a call takes a hundred times as long: a compiled loop is one that no longer allocates.
 */
public final class Compilation {

    /** The number of calls after which C2 compiles a method whose loops have had 15,000 iterations by then. */
    public static final int CALLS = 1100;

    /** The number of calls after which it compiles any method. */
    public static final int MANY_CALLS = 5500;

    /** Bytes that a call allocates without vectors. */
    private static final long FEW_BYTES = 400;

    /** The part of a loop's calls that shows whether it is compiled; more than one call, in case those before were too few. */
    private static final int PART = 20;
    private static final long LEAST_PAUSE = TimeUnit.MILLISECONDS.toNanos(4);
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(20);

    /** Looks at a loop where Java does not report a thread's allocations. */
    private static final int UNSEEN = 250;
    private static final boolean SEES = ModuleLayer.boot().findModule("jdk.management").isPresent();

    private record Loop(int calls, Runnable loop) {
    }

    private final int idle;
    private final List<Loop> loops = new ArrayList<>();
    private long resumed = System.nanoTime();

    /**
     * @param idle how much longer the thread pauses than it calls, so that others get their share of few processors; 0 for calls
     *     without pauses
     */
    public Compilation(int idle) {
        this.idle = idle;
    }

    /**
     * Calls a loop, so that C2 begins to compile it.
     *
     * @param calls {@link #CALLS}, or another number that suffices
     */
    public void call(int calls, Runnable loop) {
        loops.add(new Loop((calls + PART - 1) / PART, loop));
        for (int i = 0; i < calls && !Thread.currentThread().isInterrupted(); i++) {
            loop.run();
            if (idle > 0 && System.nanoTime() - resumed > LEAST_PAUSE) {
                pause();
            }
        }
    }

    /** Returns when all loops are compiled, or this thread is interrupted. */
    public void await() {
        long began = System.nanoTime();
        for (int looks = 1; !loops.isEmpty() && System.nanoTime() - began < LONGEST && pause(); looks++) {
            boolean last = looks == UNSEEN;
            loops.removeIf(loop -> isCompiled(loop) && (SEES || last));
        }
        loops.clear();
    }

    private static boolean isCompiled(Loop loop) {
        long before = allocated();
        for (int i = 0; i < loop.calls; i++) {
            loop.loop.run();
        }
        return allocated() - before < loop.calls * FEW_BYTES;
    }

    /** The bytes that this thread has allocated so far; 0 where Java does not tell. */
    public static long allocated() {
        return SEES ? Allocated.bytes() : 0;
    }

    /**
     * Whether C2 inlines the vectors of the widest tiles. It makes each operation depend on assumptions ("traps"); in a method with
     * more of them than {@code -XX:PerMethodTrapLimit}, 100 by default, it calls methods instead, and each vector is an object.
     */
    static boolean inlinesManyVectors() {
        return !SEES || Traps.MANY;
    }

    /** A class of its own, because it takes time to initialize. */
    private static final class Traps {

        private static final int TRAPS = 300;
        private static final boolean MANY = areMany();

        private static boolean areMany() {
            try {
                return Integer.parseInt(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                        .getVMOption("PerMethodTrapLimit").getValue()) >= TRAPS;
            } catch (IllegalArgumentException absent) {
                return true;
            }
        }
    }

    /** Whether the thread may go on. */
    private boolean pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(Math.max(LEAST_PAUSE, idle * (System.nanoTime() - resumed)));
            resumed = System.nanoTime();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A class of its own, because small runtimes lack the module that it links to. */
    private static final class Allocated {
        private static long bytes() {
            return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getThreadAllocatedBytes(Thread.currentThread().getId());
        }
    }
}
