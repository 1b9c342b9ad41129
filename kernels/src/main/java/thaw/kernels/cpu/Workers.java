package thaw.kernels.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads of a backend. A job is a number of items that may be done in any order and by any thread: how a job is cut
 * into items must not depend on how many threads there are, and then neither do the results.
 *
 * <p>The caller works along. Helpers spin for a while after a job, since the next one comes soon, then park.
 * A caller who finds the helpers busy with another caller's job does its own job alone.
 */
class Workers implements AutoCloseable {

    /** One item of a job. */
    @FunctionalInterface
    interface Task {
        void run(int item);
    }

    private static final class Job {
        final Task task;
        final int items;
        final AtomicInteger next = new AtomicInteger();
        final AtomicInteger done = new AtomicInteger();
        volatile Throwable failure;

        Job(Task task, int items) {
            this.task = task;
            this.items = items;
        }

        void work() {
            int finished = 0;
            for (int i = next.getAndIncrement(); i < items; i = next.getAndIncrement()) {
                try {
                    if (failure == null) {
                        task.run(i);
                    }
                } catch (Throwable t) {
                    failure = t;
                }
                finished++;
            }
            if (finished > 0) {
                done.addAndGet(finished);
            }
        }
    }

    /** About a millisecond: longer than what lies between two operators of a network. */
    private static final int SPINS = 40_000;

    private final Thread[] helpers;
    private final ReentrantLock busy = new ReentrantLock();
    private volatile Job job;
    private volatile boolean closed;

    /** @param threads how many work on a job, the caller included */
    Workers(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: " + threads + "; at least 1 is needed, the caller's own");
        }
        helpers = new Thread[threads - 1];
        for (int i = 0; i < helpers.length; i++) {
            helpers[i] = new Thread(this::help, "thaw-cpu-" + (i + 1));
            helpers[i].setDaemon(true);
            helpers[i].start();
        }
    }

    int threads() {
        return helpers.length + 1;
    }

    /** Runs all items and returns when they are done; the first exception of an item comes out here. */
    void run(int items, Task task) {
        if (items <= 0) {
            return;
        }
        if (items == 1 || helpers.length == 0 || closed || !busy.tryLock()) {
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
            Job mine = new Job(task, items);
            job = mine;
            for (int i = 0; i < Math.min(helpers.length, items - 1); i++) {
                LockSupport.unpark(helpers[i]);
            }
            mine.work();
            for (int spins = 0; mine.done.get() < items; spins++) {
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    Thread.yield();
                }
            }
            job = null;
            Throwable failure = mine.failure;
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            if (failure instanceof Error e) {
                throw e;
            }
        } finally {
            busy.unlock();
        }
    }

    private void help() {
        Job last = null;
        int spins = 0;
        while (!closed) {
            Job current = job;
            if (current != null && current != last) {
                current.work();
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

    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Thread helper : helpers) {
            LockSupport.unpark(helper);
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
