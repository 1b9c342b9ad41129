package thaw.finetune.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sums over workers: in one order, to the bit, and between those that know the secret alone. */
@Timeout(60)
class SocketRingTest {
    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(20);

    private static float[] values(int rank, int length, long seed) {
        SplittableRandom random = new SplittableRandom(seed + rank);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) Math.scalb(random.nextDouble() - 0.5, random.nextInt(20));
        }
        return values;
    }

    @Test
    void everyWorkerHasTheSumInTheOrderOfRanks() throws Exception {
        SplittableRandom random = new SplittableRandom(7);
        for (int size = 2; size <= 5; size++) {
            int n = size;
            int[] lengths = {0, 1, n - 1, n, 1000 + random.nextInt(1000), 100_000 + random.nextInt(1000)};
            List<float[][]> results = Ring.of(n, workers -> {
                assertEquals(n, workers.size());
                float[][] sums = new float[lengths.length][];
                for (int i = 0; i < lengths.length; i++) {
                    sums[i] = values(workers.rank(), lengths[i], i);
                    workers.allReduce(sums[i]);
                }
                return sums;
            });
            for (int i = 0; i < lengths.length; i++) {
                float[] expected = inOrder(n, lengths[i], i);
                for (float[][] ofWorker : results) {
                    assertArrayEquals(expected, ofWorker[i], n + " workers, " + lengths[i] + " values");
                }
            }
        }
    }

    /** The sum from worker i on in the i-th of n parts, as equal as they can be. */
    private static float[] inOrder(int n, int length, long seed) {
        float[] sum = new float[length];
        for (int part = 0; part < n; part++) {
            int from = (int) ((long) length * part / n);
            int to = (int) ((long) length * (part + 1) / n);
            for (int k = 0; k < n; k++) {
                float[] next = values((part + k) % n, length, seed);
                for (int i = from; i < to; i++) {
                    sum[i] = k == 0 ? next[i] : sum[i] + next[i];
                }
            }
        }
        return sum;
    }

    @Test
    void aWorkerThatGoesAwayFailsTheOthers() throws Exception {
        List<Object> failures = Ring.failures(3, workers -> {
            workers.allReduce(new float[10]);
            if (workers.rank() == 1) {
                return "gone";
            }
            workers.allReduce(new float[1_000_000]);
            return "summed";
        });
        assertEquals("gone", failures.get(1));
        assertTrue(assertInstanceOf(LostWorkerException.class, failures.get(0)).getMessage().startsWith("worker 0 lost worker "));
        assertTrue(assertInstanceOf(LostWorkerException.class, failures.get(2)).getMessage().startsWith("worker 2 lost worker 1"));
    }

    @Test
    void vectorsOfDifferentLengthsAreRefused() throws Exception {
        List<Object> failures = Ring.failures(2, workers -> {
            workers.allReduce(new float[10 + 2 * workers.rank()]);
            return "summed";
        });
        assertTrue(failures.toString().contains("all workers need the same network and settings"), failures.toString());
    }

    /** Both of two workers, each with its secret. */
    private static List<String> join(byte[] first, byte[] second, Duration patience) throws Exception {
        try (ServerSocket one = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerSocket two = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            List<InetSocketAddress> addresses = List.of((InetSocketAddress) one.getLocalSocketAddress(),
                    (InetSocketAddress) two.getLocalSocketAddress());
            CompletableFuture<String> other = CompletableFuture.supplyAsync(() -> joined(two, 1, addresses, second, patience));
            return List.of(joined(one, 0, addresses, first, patience), other.get());
        }
    }

    private static String joined(ServerSocket server, int rank, List<InetSocketAddress> addresses, byte[] secret, Duration patience) {
        try (SocketRing ring = SocketRing.join(server, rank, addresses, secret, null, patience)) {
            float[] values = {1};
            ring.allReduce(values);
            return "sum " + values[0];
        } catch (IOException refused) {
            return refused.getMessage();
        }
    }

    @Test
    void aWorkerWithoutTheSecretIsRefused() throws Exception {
        assertEquals(List.of("sum 2.0", "sum 2.0"), join(new byte[] {1}, new byte[] {1}, LONG));
        List<String> messages = join(new byte[] {1}, new byte[] {2}, SHORT);
        assertTrue(messages.get(0).startsWith("worker 0 cannot join worker 1 at "), messages.get(0));
        assertTrue(messages.get(1).startsWith("worker 0 did not join worker 1 within 1 s; a connection from "), messages.get(1));
        assertTrue(messages.get(1).endsWith("does not know the group's secret"), messages.get(1));
    }

    @Test
    void aStrangerIsTurnedAwayAndTheWorkerStillJoins() throws Exception {
        try (ServerSocket one = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerSocket two = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            List<InetSocketAddress> addresses = List.of((InetSocketAddress) one.getLocalSocketAddress(),
                    (InetSocketAddress) two.getLocalSocketAddress());
            try (Socket stranger = new Socket(two.getInetAddress(), two.getLocalPort())) {
                OutputStream out = stranger.getOutputStream();
                out.write(
                        "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a scanner of ports\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                out.flush();
                CompletableFuture<String> other = CompletableFuture.supplyAsync(() -> joined(two, 1, addresses, Ring.SECRET, LONG));
                assertEquals("sum 2.0", joined(one, 0, addresses, Ring.SECRET, LONG));
                assertEquals("sum 2.0", other.get());
            }
        }
    }

    @Test
    void aServerThatSendsBackWhatItGetsIsNoWorker() throws Exception {
        try (ServerSocket own = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerSocket echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            CompletableFuture.runAsync(() -> {
                try (Socket caller = echo.accept()) {
                    caller.getInputStream().transferTo(caller.getOutputStream());
                } catch (IOException ended) {
                    // the caller has closed the connection
                }
            });
            List<InetSocketAddress> addresses = List.of((InetSocketAddress) own.getLocalSocketAddress(),
                    (InetSocketAddress) echo.getLocalSocketAddress());
            IOException refused = assertThrows(IOException.class,
                    () -> SocketRing.join(own, 0, addresses, Ring.SECRET, null, SHORT).close());
            assertTrue(refused.getMessage().endsWith("expected worker 1, got worker 0"), refused.getMessage());
        }
    }

    @Test
    void aServerThatSaysNothingIsGivenUp() throws Exception {
        try (ServerSocket own = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            List<InetSocketAddress> addresses = List.of((InetSocketAddress) own.getLocalSocketAddress(),
                    (InetSocketAddress) silent.getLocalSocketAddress());
            long start = System.nanoTime();
            assertTrue(joined(own, 0, addresses, Ring.SECRET, SHORT).endsWith("it is silent"));
            assertTrue(System.nanoTime() - start < 20e9);
        }
    }
}
