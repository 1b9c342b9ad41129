package thaw.finetune.distributed;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Workers in threads of this process, connected through sockets as those of several processes are. */
public final class Ring {
    static final byte[] SECRET = {1, 2, 3};

    private Ring() {
    }

    /** The work of one worker. */
    @FunctionalInterface
    public interface Worker<T> {
        T run(SocketRing workers) throws Exception;
    }

    /** The results by rank. */
    public static <T> List<T> of(int size, Worker<T> worker) throws Exception {
        return of(size, null, worker);
    }

    static <T> List<T> of(int size, Tls tls, Worker<T> worker) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> one : started(size, tls, worker)) {
            results.add(one.get());
        }
        return results;
    }

    /** The failures by rank; the result, if a worker does not fail. */
    public static List<Object> failures(int size, Worker<?> worker) throws Exception {
        List<Object> failures = new ArrayList<>();
        for (Future<?> one : started(size, null, worker::run)) {
            try {
                failures.add(String.valueOf(one.get(30, TimeUnit.SECONDS)));
            } catch (ExecutionException failed) {
                failures.add(failed.getCause());
            }
        }
        return failures;
    }

    private static <T> List<Future<T>> started(int size, Tls tls, Worker<T> worker) throws Exception {
        List<ServerSocket> servers = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            servers.add(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        }
        List<InetSocketAddress> addresses = servers.stream().map(s -> (InetSocketAddress) s.getLocalSocketAddress()).toList();
        ExecutorService threads = Executors.newFixedThreadPool(size);
        List<Future<T>> all = IntStream.range(0, size).mapToObj(rank -> threads.submit(() -> {
            try (ServerSocket server = servers.get(rank);
                    SocketRing ring = SocketRing.join(server, rank, addresses, SECRET, tls, Duration.ofSeconds(10))) {
                return worker.run(ring);
            }
        })).toList();
        threads.shutdown();
        return all;
    }
}
