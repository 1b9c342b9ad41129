package thaw.peers;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A service under load from the moment at which its model is loaded: threads that each predict one image after another.
 *
 * @param callers threads
 * @param seconds of load
 */
record FirstSeconds(int callers, int seconds) {

    private static final double MEBIBYTE = 1 << 20;

    /** @param args two numbers: callers and seconds */
    static FirstSeconds of(String... args) {
        return new FirstSeconds(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
    }

    /** Prints the number of predictions in each second, and the memory after the last one. */
    void run(Callable<?> prediction) throws Exception {
        double loaded = (System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime()) / 1e3;
        AtomicIntegerArray predictions = new AtomicIntegerArray(seconds);
        AtomicLong first = new AtomicLong();
        AtomicLong longest = new AtomicLong();
        long began = System.nanoTime();
        long end = TimeUnit.SECONDS.toNanos(seconds);
        Thread[] threads = new Thread[callers];
        for (int i = 0; i < callers; i++) {
            threads[i] = new Thread(() -> {
                try {
                    for (long at = System.nanoTime() - began; at < end;) {
                        prediction.call();
                        long now = System.nanoTime() - began;
                        first.compareAndSet(0, now);
                        longest.accumulateAndGet(now - at, Math::max);
                        if (now < end) {
                            predictions.incrementAndGet((int) TimeUnit.NANOSECONDS.toSeconds(now));
                        }
                        at = now;
                    }
                } catch (Exception failed) {
                    throw new IllegalStateException(failed);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        StringJoiner line = new StringJoiner(" ");
        for (int second = 0; second < seconds; second++) {
            line.add(Integer.toString(predictions.get(second)));
        }
        Runtime java = Runtime.getRuntime();
        System.out.printf("%s | loaded after %.2f s, first prediction %.2f s later, longest %.2f s | RSS %.0f MiB, at most %.0f;"
                + " heap %.0f MiB, %.0f in use%n", line, loaded, first.get() / 1e9, longest.get() / 1e9,
                status("VmRSS"), status("VmHWM"), java.totalMemory() / MEBIBYTE,
                (java.totalMemory() - java.freeMemory()) / MEBIBYTE);
    }

    /** A number of this process, in MiB; Linux alone tells it. */
    private static double status(String name) throws IOException {
        String[] lines = Files.readString(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1).split("\n");
        return Arrays.stream(lines).filter(line -> line.startsWith(name + ":"))
                .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0).findFirst().orElseThrow();
    }
}
