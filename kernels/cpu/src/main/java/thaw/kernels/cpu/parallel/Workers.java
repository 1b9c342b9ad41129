package thaw.kernels.cpu.parallel;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads of a backend. A job is a number of items that can be done in any order and by any thread. The division of a
 * job into items must not depend on the number of threads; then the results do not depend on it either.
 *
 * <p>The calling thread takes part in its job. Helpers spin for a while after a job, since the next one comes soon, then
 * park. A caller that finds the helpers busy with another caller's job does its own job alone. Thread-safe.
 *
 * <p>The helpers end when the workers are closed, or are garbage-collected without having been closed.
 */
public class Workers implements AutoCloseable {

    /** One item of a job. */
    @FunctionalInterface
    public interface Task {
        void run(int item);
    }

    /**
     * A job. Each thread begins with its own range of items, in their order, and then takes the rest of the others'
     * ranges. The first items of a job mostly read the output of the first items of the previous job, which the ranges
     * keep in the same core's cache. On two threads whose cores share no cache, ResNet-18 takes 14.9 ms for an image this
     * way, and 17.0 with one counter for all items; 150 and 160 for 16 images.
     */
    static final class Job {

        /** Integers between two ranges' counters, so that each is in its own cache line. */
        private static final int LINE = 16;

        final Task task;
        final int items;
        final int ranges;
        final AtomicIntegerArray next;
        final AtomicInteger done = new AtomicInteger();
        volatile Throwable failure;

        Job(Task task, int items, int ranges) {
            this.task = task;
            this.items = items;
            this.ranges = ranges;
            this.next = new AtomicIntegerArray(ranges * LINE);
            for (int r = 1; r < ranges; r++) {
                next.setPlain(r * LINE, begin(r));
            }
        }

        private int begin(int range) {
            return (int) ((long) items * range / ranges);
        }

        /** @param own the range to begin with */
        void work(int own) {
            int finished = 0;
            for (int r = own; r < own + ranges; r++) {
                finished += range(r % ranges);
            }
            if (finished > 0) {
                done.addAndGet(finished);
            }
        }

        /** Waits until all items are done. */
        void await() {
            for (int spins = 0; done.get() < items; spins++) {
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    Thread.yield();
                }
            }
        }

        /** Rethrows the exception of an item, if there is one. */
        void rethrow() {
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            if (failure instanceof Error e) {
                throw e;
            }
        }

        /** Does the rest of a range, and returns the number of items done. */
        private int range(int range) {
            int finished = 0;
            int end = begin(range + 1);
            for (int i = next.getAndIncrement(range * LINE); i < end; i = next.getAndIncrement(range * LINE)) {
                try {
                    if (failure == null) {
                        task.run(i);
                    }
                } catch (Throwable t) {
                    failure = t;
                }
                finished++;
            }
            return finished;
        }
    }

    /** About a millisecond: longer than the gap between two operators of a network. */
    private static final int SPINS = 40_000;

    /**
     * The helper threads with all that they share with callers. It does not refer to the workers, which can therefore be
     * collected while the threads run.
     */
    private static final class Helpers {

        private final Thread[] threads;
        private volatile Job job;
        private volatile boolean closed;

        Helpers(int count) {
            threads = new Thread[count];
            for (int i = 0; i < count; i++) {
                int own = i + 1;
                threads[i] = new Thread(() -> help(own), "thaw-cpu-" + own);
                threads[i].setDaemon(true);
                threads[i].start();
            }
        }

        private void help(int own) {
            Job last = null;
            int spins = 0;
            while (!closed) {
                Job current = job;
                if (current != null && current != last) {
                    current.work(own);
                    last = current;
                    spins = 0;
                } else if (spins++ < SPINS) {
                    Thread.onSpinWait();
                } else {
                    last = null;
                    LockSupport.park(this);
                    spins = 0;
                }
            }
        }

        void end() {
            closed = true;
            for (Thread thread : threads) {
                LockSupport.unpark(thread);
            }
        }
    }

    private static final Cleaner CLEANER = Cleaner.create();

    private final Helpers helpers;
    private final Cleaner.Cleanable end;
    private final ReentrantLock busy = new ReentrantLock();

    /** @param threads the number of threads that work on a job, the caller included */
    public Workers(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: " + threads + "; must be at least 1, the calling thread");
        }
        helpers = new Helpers(threads - 1);
        end = CLEANER.register(this, helpers::end);
    }

    public int threads() {
        return helpers.threads.length + 1;
    }

    /** Whether this many items of the same length leave threads idle for at most 15 % of the time. */
    public boolean shareEvenly(int items) {
        int most = (items + threads() - 1) / threads();
        return 17L * most * threads() <= 20L * items;
    }

    /** Runs all items and returns when they are done; rethrows the exception of an item. */
    public void run(int items, Task task) {
        if (items <= 0) {
            return;
        }
        if (items == 1 || helpers.closed || helpers.threads.length == 0 || !busy.tryLock()) {
            for (int i = 0; i < items; i++) {
                task.run(i);
            }
            return;
        }
        try {
            if (busy.getHoldCount() > 1) {
                // A task that starts a job of its own: the outer job has the helpers.
                for (int i = 0; i < items; i++) {
                    task.run(i);
                }
                return;
            }
            Job mine = new Job(task, items, threads());
            helpers.job = mine;
            for (int i = 0; i < Math.min(helpers.threads.length, items - 1); i++) {
                LockSupport.unpark(helpers.threads[i]);
            }
            mine.work(0);
            mine.await();
            helpers.job = null;
            mine.rethrow();
        } finally {
            busy.unlock();
        }
    }

    @Override
    public void close() {
        end.clean();
        boolean interrupted = false;
        for (Thread helper : helpers.threads) {
            try {
                helper.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
