package thaw.kernels.cpu.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs that take turns do so, and end. */
@Timeout(60)
class WorkersTest {

    private static final int CALLERS = 4;
    private static final int JOBS = 200;
    private static final int ITEMS = 6;

    private final Workers workers = new Workers(2);
    private final int[] inside = new int[CALLERS];
    private final AtomicInteger done = new AtomicInteger();
    private int overlaps;

    @BeforeEach
    void takeTurns() {
        workers.takeTurns(true);
    }

    @AfterEach
    void close() {
        workers.close();
    }

    @Test
    void oneJobRunsAtATime() throws InterruptedException {
        call(caller -> workers.run(ITEMS, item -> {
            enter(caller);
            Thread.yield();
            leave(caller);
        }));
        assertEquals(CALLERS * JOBS * ITEMS, done.get());
        assertEquals(0, overlaps);
    }

    /** A helper's item that starts a job would otherwise wait for the job that it belongs to. */
    @Test
    void itemsMayStartJobs() throws InterruptedException {
        call(caller -> workers.run(ITEMS, item -> workers.run(2, inner -> done.incrementAndGet())));
        assertEquals(CALLERS * JOBS * ITEMS * 2, done.get());
    }

    @Test
    void withoutTurnsCallersDoNotWait() throws InterruptedException {
        workers.takeTurns(false);
        CountDownLatch both = new CountDownLatch(2);
        Thread other = new Thread(() -> workers.run(2, item -> meet(item, both)));
        other.start();
        workers.run(2, item -> meet(item, both));
        other.join();
        assertEquals(0, both.getCount());
    }

    private static void meet(int item, CountDownLatch both) {
        if (item > 0) {
            return;
        }
        both.countDown();
        try {
            both.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void call(Workers.Task job) throws InterruptedException {
        Thread[] threads = IntStream.range(0, CALLERS).mapToObj(caller -> new Thread(() -> {
            for (int i = 0; i < JOBS; i++) {
                job.run(caller);
            }
        })).toArray(Thread[]::new);
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private synchronized void enter(int caller) {
        inside[caller]++;
        if (IntStream.of(inside).sum() > inside[caller]) {
            overlaps++;
        }
    }

    private synchronized void leave(int caller) {
        inside[caller]--;
        done.incrementAndGet();
    }
}
