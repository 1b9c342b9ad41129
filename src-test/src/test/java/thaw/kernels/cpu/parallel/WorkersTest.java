package thaw.kernels.cpu.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs of several callers end. */
@Timeout(60)
class WorkersTest {

    private static final int CALLERS = 4;
    private static final int JOBS = 200;
    private static final int ITEMS = 6;

    private final Workers workers = new Workers(2);
    private final AtomicInteger done = new AtomicInteger();

    @AfterEach
    void close() {
        workers.close();
    }

    /** A helper's item that starts a job would otherwise wait for the job that it belongs to. */
    @Test
    void itemsMayStartJobs() throws InterruptedException {
        call(caller -> workers.run(ITEMS, item -> workers.run(2, inner -> done.incrementAndGet())));
        assertEquals(CALLERS * JOBS * ITEMS * 2, done.get());
    }

    @Test
    void callersDoNotWaitForEachOther() throws InterruptedException {
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
}
