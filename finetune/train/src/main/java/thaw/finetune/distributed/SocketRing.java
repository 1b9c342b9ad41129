package thaw.finetune.distributed;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Workers in a ring, each connected to the next (Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce algorithms"). A vector is cut into
 * as many parts as there are workers. Part i is passed around from worker i on and summed on the way,
 *
 * <pre>
 * ((x[i] + x[i + 1]) + x[i + 2]) + … ,
 * </pre>
 *
 * then the sum is passed around. The order depends on ranks alone, and every worker gets the same bits. Each one sends and receives 2
 * (N − 1)/N of the vector, in 2 (N − 1) messages.
 */
public final class SocketRing implements ProcessGroup, AutoCloseable {

    /** The number of silent connections for which a worker can wait before the right one, within its patience. */
    private static final int STRANGERS = 3;
    private static final int HEARTBEAT_SECONDS = 5;

    private final int rank;
    private final int size;
    private final PeerSocket next;
    private final PeerSocket previous;
    private final ScheduledThreadPoolExecutor sender;

    private SocketRing(int rank, int size, PeerSocket next, PeerSocket previous) {
        this.rank = rank;
        this.size = size;
        this.next = next;
        this.previous = previous;
        this.sender = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "thaw-sum");
            thread.setDaemon(true);
            return thread;
        });
        // A heartbeat that fails ends the heartbeats; the next sum then reports what is wrong with the connection.
        sender.scheduleWithFixedDelay(() -> {
            try {
                next.beat();
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
        }, HEARTBEAT_SECONDS, HEARTBEAT_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Connects this worker with the one before and the one after it. Connections from others, without the secret, are closed.
     *
     * @param server    accepts connections at this worker's address; the caller closes it, and may do so afterwards
     * @param addresses of all workers by rank, at least two
     * @param secret    known to the workers alone
     * @param tls       of all workers; null if what they send needs no encryption
     * @param patience  the time to wait for each of the two
     * @throws IOException if one of them does not come or refuses the connection; the message says which
     */
    public static SocketRing join(ServerSocket server, int rank, List<InetSocketAddress> addresses, byte[] secret, @Nullable Tls tls,
            Duration patience) throws IOException {
        if (addresses.size() < 2) {
            throw new IllegalArgumentException("a ring needs at least two workers, got " + addresses.size());
        }
        PeerSocket next = null;
        PeerSocket previous = null;
        try {
            // Worker 0 calls first; each of the others calls once it has been called.
            if (rank == 0) {
                next = call(rank, addresses, secret, tls, patience);
                previous = answer(server, rank, addresses.size(), secret, tls, patience);
            } else {
                previous = answer(server, rank, addresses.size(), secret, tls, patience);
                next = call(rank, addresses, secret, tls, patience);
            }
            return new SocketRing(rank, addresses.size(), next, previous);
        } catch (IOException | RuntimeException failed) {
            close(next);
            close(previous);
            throw failed;
        }
    }

    private static PeerSocket call(int rank, List<InetSocketAddress> addresses, byte[] secret, @Nullable Tls tls, Duration patience)
            throws IOException {
        int peer = (rank + 1) % addresses.size();
        Socket socket = new Socket();
        CompletableFuture<Void> late = closeAfter(patience, socket);
        try {
            socket.connect(addresses.get(peer));
            return new PeerSocket(socket, PeerSocket.Side.CALLER, rank, peer, secret, tls);
        } catch (IOException failed) {
            socket.close();
            throw new IOException("worker " + rank + " cannot join worker " + peer + " at " + addresses.get(peer) + ": "
                    + reason(late.isDone() ? new SocketTimeoutException() : failed), failed);
        } finally {
            late.cancel(false);
        }
    }

    private static PeerSocket answer(ServerSocket server, int rank, int size, byte[] secret, @Nullable Tls tls, Duration patience)
            throws IOException {
        int peer = (rank + size - 1) % size;
        long end = System.nanoTime() + patience.toNanos();
        String refused = "";
        for (long left = patience.toMillis(); left > 0; left = (end - System.nanoTime()) / 1_000_000) {
            server.setSoTimeout((int) left);
            Socket caller;
            try {
                caller = server.accept();
            } catch (SocketTimeoutException none) {
                break;
            }
            CompletableFuture<Void> late = closeAfter(patience.dividedBy(STRANGERS + 1), caller);
            try {
                return new PeerSocket(caller, PeerSocket.Side.CALLED, rank, peer, secret, tls);
            } catch (IOException stranger) {
                refused = "; a connection from " + caller.getRemoteSocketAddress() + " was refused: "
                        + reason(late.isDone() ? new SocketTimeoutException() : stranger);
            } finally {
                late.cancel(false);
            }
        }
        throw new IOException("worker " + peer + " did not join worker " + rank + " within " + patience.toSeconds() + " s" + refused);
    }

    /** Closes a socket after a time, unless the result is cancelled: a side that sends a byte now and then would never be silent. */
    private static CompletableFuture<Void> closeAfter(Duration time, Socket socket) {
        CompletableFuture<Void> late = new CompletableFuture<Void>().completeOnTimeout(null, time.toMillis(), TimeUnit.MILLISECONDS);
        late.thenRun(() -> close(socket));
        return late;
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public void allReduce(float[] values) {
        List<Future<?>> sent = new ArrayList<>();
        PeerSocket at = previous;
        try {
            for (int i = 0; i < size - 1; i++) {
                send(values, rank - i, sent);
                previous.add(values, start(values, rank - i - 1), end(values, rank - i - 1));
            }
            for (int i = 0; i < size - 1; i++) {
                send(values, rank - i + 1, sent);
                previous.receive(values, start(values, rank - i), end(values, rank - i));
            }
            at = next;
            for (Future<?> one : sent) {
                one.get(PeerSocket.SILENCE.toSeconds(), TimeUnit.SECONDS);
            }
        } catch (IOException gone) {
            throw lost(at, gone);
        } catch (ExecutionException gone) {
            throw lost(at, gone.getCause() instanceof IOException io ? io : new IOException(gone.getCause()));
        } catch (TimeoutException stalled) {
            throw lost(at, new SocketTimeoutException());
        } catch (InterruptedException interrupted) {
            close();
            Thread.currentThread().interrupt();
            throw new CancellationException("the thread was interrupted while it summed with other workers");
        }
    }

    private void send(float[] values, int part, List<Future<?>> sent) {
        sent.add(sender.submit(() -> {
            next.send(values, start(values, part), end(values, part));
            return null;
        }));
    }

    private int start(float[] values, int part) {
        return (int) ((long) values.length * Math.floorMod(part, size) / size);
    }

    private int end(float[] values, int part) {
        return (int) ((long) values.length * (Math.floorMod(part, size) + 1) / size);
    }

    private LostWorkerException lost(PeerSocket at, IOException cause) {
        close();
        return new LostWorkerException("worker " + rank + " lost worker " + at.peer() + " while they summed: " + reason(cause), cause);
    }

    private static String reason(IOException failed) {
        if (failed instanceof SSLException) {
            return "TLS: " + failed.getMessage() + "; each worker needs TLS and a certificate that the others trust";
        }
        return failed instanceof EOFException ? "it closed the connection"
                : failed instanceof SocketTimeoutException ? "it is silent" : failed.getMessage();
    }

    /** Closes both connections; the other workers then fail in their next sum. */
    @Override
    public void close() {
        sender.shutdownNow();
        close(next);
        close(previous);
    }

    private static void close(@Nullable Closeable one) {
        try {
            if (one != null) {
                one.close();
            }
        } catch (IOException ignored) {
            // closed is closed
        }
    }
}
