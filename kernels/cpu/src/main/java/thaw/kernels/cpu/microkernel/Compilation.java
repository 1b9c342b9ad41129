package thaw.kernels.cpu.microkernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * Has Java's C2 compiler compile loops of the Vector API, by calling them on small arrays until it has. Until then each vector is
 * an object, and a call takes a hundred times as long: a compiled loop is one that no longer allocates.
 */
public final class Compilation {

    /**
     * The number of calls after which C2 compiles a method whose loops have had 15,000 iterations by then: 1024 that Java counts after
     * the first, interpreted ones.
     */
    public static final int CALLS = 1200;

    /** The number of calls after which it compiles any method. */
    public static final int MANY_CALLS = 5500;

    /** Bytes that a call allocates without vectors. */
    private static final long FEW_BYTES = 400;

    /** The calls that show whether a loop is compiled; more than one, because asking for allocations allocates too. */
    private static final int FEW_CALLS = 4;

    /**
     * Loops that wait for C2 while the next one is called. C2 raises the number of calls that it demands with the length of its queue,
     * and a loop called in vain leaves only garbage.
     */
    private static final int WAITING = 2;

    /**
     * The part of its calls that a loop repeats each time the wait for it has grown by a quarter. Java looks at a method's counter every
     * 1024 calls. While many methods wait for C2 it first compiles a method without counters for C2, looks again to add these, and again
     * to hand it to C2.
     */
    private static final int PART = 2;
    private static final long LEAST_PAUSE = TimeUnit.MILLISECONDS.toNanos(4);

    /** The wait after which a loop counts as one that C2 does not compile. */
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(20);

    /** Looks at a loop where Java does not report a thread's allocations. */
    private static final int UNSEEN = 60;
    private static final boolean SEES = ModuleLayer.boot().findModule("jdk.management").isPresent();

    private record Loop(int calls, long fewBytes, Runnable loop, Runnable compiled) {
    }

    /** In the order in which they were called, which is C2's. */
    private final Deque<Loop> loops = new ArrayDeque<>();

    /** Whether a loop was not compiled in time; then there is no wait for others. */
    private boolean failed;

    /**
     * Calls a loop, so that C2 begins to compile it, and waits for earlier ones if these are many.
     *
     * @param calls {@link #CALLS}, or another number that suffices
     */
    public void call(int calls, Runnable loop) {
        call(calls, FEW_BYTES, loop);
    }

    /**
     * Like {@link #call(int, Runnable)}, for a loop that allocates some vectors even when it is compiled.
     *
     * @param fewBytes more than a compiled call allocates, and less than one of which a part is not compiled
     */
    public void call(int calls, long fewBytes, Runnable loop) {
        call(new Loop(calls, fewBytes, loop, () -> {}));
    }

    /**
     * Like {@link #call(int, Runnable)}, with an action.
     *
     * @param compiled runs once the loop is compiled, in a later call or in {@link #await}
     */
    public void call(int calls, Runnable loop, Runnable compiled) {
        call(new Loop(calls, FEW_BYTES, loop, compiled));
    }

    private void call(Loop next) {
        while (loops.size() > WAITING) {
            awaitFirst();
        }
        loops.add(next);
        for (int i = 0; i < next.calls && !Thread.currentThread().isInterrupted(); i++) {
            next.loop.run();
        }
    }

    /** Returns when all loops are compiled, or this thread is interrupted. */
    public void await() {
        while (!loops.isEmpty()) {
            awaitFirst();
        }
    }

    private void awaitFirst() {
        Loop first = loops.remove();
        long began = System.nanoTime();
        long next = 2 * LEAST_PAUSE;
        boolean compiled = false;
        for (int looks = 1; !compiled && !failed && pause(); looks++) {
            long waited = System.nanoTime() - began;
            int calls = FEW_CALLS;
            if (waited > next) {
                calls = first.calls / PART;
                next = waited + waited / 4;
            }
            compiled = isCompiled(first, calls) && (SEES || looks == UNSEEN);
            failed = !compiled && waited > LONGEST;
        }
        if (compiled) {
            first.compiled.run();
        }
    }

    private static boolean isCompiled(Loop one, int calls) {
        long before = allocated();
        for (int i = 0; i < calls; i++) {
            one.loop.run();
        }
        return allocated() - before < calls * one.fewBytes;
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
    private static boolean pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(LEAST_PAUSE);
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
