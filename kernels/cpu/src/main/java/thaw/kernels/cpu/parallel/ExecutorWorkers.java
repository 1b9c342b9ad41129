package thaw.kernels.cpu.parallel;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Workers whose helpers are tasks of an application's executor. The caller waits for no task to begin: it does the items that
 * no task has taken, so that an executor that is busy, full or shut down only costs time. Jobs never take turns.
 */
public final class ExecutorWorkers extends Workers {

    private final int threads;
    private final Executor executor;

    /** @param threads the number of threads that work on a job, the caller included */
    public ExecutorWorkers(int threads, Executor executor) {
        super(1);
        this.threads = threads;
        this.executor = executor;
    }

    @Override
    public int threads() {
        return threads;
    }

    @Override
    public void run(int items, Task task) {
        if (items <= 0) {
            return;
        }
        Job job = new Job(task, items, threads);
        try {
            for (int i = 1; i < Math.min(threads, items); i++) {
                int own = i;
                executor.execute(() -> job.work(own));
            }
        } catch (RejectedExecutionException full) {
            // The caller does the items that no task takes.
        }
        job.work(0);
        job.await();
        job.rethrow();
    }
}
